"""What the ledger tells Prometheus, counted after the commit from what was changed."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from services.credit.accounts import Account, EntryKind, Grant, Hold
from services.credit.batch import Changes, Outcome

_holds = Counter("parlour_credit_holds_total", "Holds by what became of them", ["event"])
_refusals = Counter("parlour_credit_refusals_total", "Requests refused, by method and reason", ["method", "reason"])
_replays = Counter("parlour_credit_replays_total", "Requests answered with the result of their first time", ["method"])
_charged = Counter("parlour_credit_charged_microcredits_total", "Microcredits charged", ["model"])
_granted = Counter("parlour_credit_granted_microcredits_total", "Microcredits granted", ["source"])
_refunded = Counter("parlour_credit_refunded_microcredits_total", "Microcredits given back")
_written_off = Counter("parlour_credit_written_off_microcredits_total", "Microcredits that were used and could not be paid")
_expired = Counter("parlour_credit_expired_microcredits_total", "Microcredits that expired unspent")
_opened = Counter("parlour_credit_accounts_opened_total", "Accounts opened", ["kind"])
findings_open = Gauge("parlour_credit_findings_open", "Discrepancies found and not resolved", ["kind"])
reconciled_at = Gauge("parlour_credit_reconciled_timestamp_seconds", "When the books were last compared with themselves", ["extent"])

_SUMMED = {
    EntryKind.REFUND: _refunded,
    EntryKind.WRITE_OFF: _written_off,
    EntryKind.EXPIRY: _expired,
    EntryKind.BREAKAGE: _expired,
}


def count(outcomes: Iterable[Outcome], changes: Changes) -> None:
    """Count a batch that was committed, before its accounts forget what was touched."""
    for outcome in outcomes:
        if outcome.replayed:
            _replays.labels(outcome.operation.method).inc()
        if outcome.error is not None:
            _refusals.labels(outcome.operation.method, outcome.error.reason).inc()
    events: dict[str, int] = {}
    for account in changes.accounts.values():
        if not account.stored:
            _opened.labels(account.kind).inc()
        for item in account.touched:
            if isinstance(item, Hold):
                _count_hold(account, item, events)
            elif isinstance(item, Grant) and not item.stored:
                _granted.labels(item.source).inc(item.amount)
    for event, number in events.items():
        _holds.labels(event).inc(number)
    for entry in changes.tape.journal:
        if entry.amount > 0 and (counter := _SUMMED.get(entry.kind)) is not None:
            counter.inc(entry.amount)


def _count_hold(account: Account, hold: Hold, events: dict[str, int]) -> None:
    """What happened since the account was stored has a later number."""
    if not hold.stored:
        events["placed"] = events.get("placed", 0) + 1
    if hold.ended_seq > account.stored_seq:
        events[hold.state] = events.get(hold.state, 0) + 1
    if hold.captured and hold.charged_seq > account.stored_seq:
        _charged.labels(hold.model or "unpriced").inc(hold.captured)

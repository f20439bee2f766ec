"""What the ledger tells Prometheus, counted after the commit from what was changed."""

from collections.abc import Iterable

from prometheus_client import Counter

from services.credit.accounts import HoldState
from services.credit.batch import Outcome
from services.credit.store import Changes

_holds = Counter("parlour_credit_holds_total", "Holds by what became of them", ["event"])
_refusals = Counter("parlour_credit_refusals_total", "Requests refused, by method and reason", ["method", "reason"])
_replays = Counter("parlour_credit_replays_total", "Requests answered with the result of their first time", ["method"])
_charged = Counter("parlour_credit_charged_microcredits_total", "Microcredits charged", ["model"])
_granted = Counter("parlour_credit_granted_microcredits_total", "Microcredits granted", ["source"])
_opened = Counter("parlour_credit_accounts_opened_total", "Accounts opened", ["kind"])


def count(outcomes: Iterable[Outcome], changes: Changes) -> None:
    """Count a batch that was committed."""
    for outcome in outcomes:
        method = outcome.operation.method
        if outcome.replayed:
            _replays.labels(method).inc()
        if outcome.error is not None:
            _refusals.labels(method, outcome.error.reason).inc()
    _count_holds(changes)
    for key in changes.opened:
        _opened.labels(changes.after[key].kind).inc()
    for _, grant in changes.grants()[0]:
        _granted.labels(grant.source).inc(grant.amount)


def _count_holds(changes: Changes) -> None:
    new, changed = changes.holds()
    _holds.labels("placed").inc(len(new))
    for key, hold in [*new, *changed]:
        account = changes.before.get(key)
        earlier = account.holds.get(hold.seq) if account is not None else None
        if hold.state is not HoldState.ACTIVE and (earlier is None or earlier.state is HoldState.ACTIVE):
            _holds.labels(hold.state.value).inc()
        if hold.charged_seq and (earlier is None or not earlier.charged_seq):
            _charged.labels(hold.model or "unpriced").inc(hold.captured)

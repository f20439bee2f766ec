"""What the ledger tells Prometheus, counted after the commit from what was changed."""

from collections.abc import Iterable
from functools import lru_cache

from prometheus_client import Counter, Gauge

from services.credit.accounts import Account, EntryKind, Grant, Hold, Lease, LeasedTurn
from services.credit.batch import Changes, Outcome
from services.credit.decisions import UsageRecord

_holds = Counter("parlour_credit_holds_total", "Holds by what became of them", ["event"])
_holds_by_event = {event: _holds.labels(event) for event in ("placed", "captured", "released", "expired")}
_refusals = Counter("parlour_credit_refusals_total", "Requests refused, by method and reason", ["method", "reason"])
_replays = Counter("parlour_credit_replays_total", "Requests answered with the result of their first time", ["method"])
_FOR_WHAT = ["model", "tier", "guild_class", "feature"]
_charged = Counter("parlour_credit_charged_microcredits_total", "Microcredits charged, by what for", _FOR_WHAT)
_tokens = Counter("parlour_credit_used_tokens_total", "Tokens that answers used, as they were recorded", [*_FOR_WHAT, "kind"])
_granted = Counter("parlour_credit_granted_microcredits_total", "Microcredits granted", ["source"])
_refunded = Counter("parlour_credit_refunded_microcredits_total", "Microcredits given back")
_written_off = Counter("parlour_credit_written_off_microcredits_total", "Microcredits that were used and could not be paid")
_expired = Counter("parlour_credit_expired_microcredits_total", "Microcredits that expired unspent")
_opened = Counter("parlour_credit_accounts_opened_total", "Accounts opened", ["kind"])
_leases = Counter("parlour_credit_leases_total", "Leases by what became of them", ["event"])
_settled = Counter("parlour_credit_leased_turns_charged_microcredits_total", "Microcredits charged for turns taken on leases", ["payer"])
_settled_turns = Counter("parlour_credit_leased_turns_total", "Turns taken on leases that were settled", ["payer"])
leases_open = Gauge("parlour_credit_leases_open", "Leases that can be settled")
leased = Gauge("parlour_credit_leased_microcredits", "Microcredits of the open leases: the most that outages can cost")
findings_open = Gauge("parlour_credit_findings_open", "Discrepancies found and not resolved", ["kind"])
reconciled_at = Gauge("parlour_credit_reconciled_timestamp_seconds", "When the books were last compared with themselves", ["extent"])

FEATURES = frozenset({"reply"})
"""What the services themselves place holds for. Callers may name anything: everything else is "other", so that nobody makes series at will."""

_SUMMED = {
    EntryKind.REFUND: _refunded,
    EntryKind.WRITE_OFF: _written_off,
    EntryKind.EXPIRY: _expired,
    EntryKind.BREAKAGE: _expired,
}


# Looking for a counter by its labels takes as long as deciding on a hold.
@lru_cache(maxsize=1_024)
def _charged_by(*labels: str) -> Counter:
    return _charged.labels(*labels)


@lru_cache(maxsize=4_096)
def _tokens_by(*labels: str) -> Counter:
    return _tokens.labels(*labels)


def _for_what(model: str, tier: str, guild_id: str, feature: str, *, pool: bool) -> tuple[str, str, str, str]:
    """Return the labels: `guild_class` is who pays where, a person in direct messages (none), a person in a guild (guild), a guild's pool (pool)."""
    guild_class = "pool" if pool else "guild" if guild_id else "none"
    return model or "unpriced", tier, guild_class, feature if feature in FEATURES else "other"


type Tally = dict[Counter, float]


def tally(outcomes: Iterable[Outcome], changes: Changes) -> Tally:
    """What a batch adds to each counter: told before its accounts forget what was touched, published once it is committed."""
    counted: Tally = {}
    for outcome in outcomes:
        if outcome.replayed:
            _add(counted, _replays.labels(outcome.operation.method))
        if outcome.error is not None:
            _add(counted, _refusals.labels(outcome.operation.method, outcome.error.reason))
    for account in changes.accounts.values():
        _tally_account(account, counted)
    for used in changes.tape.usage:
        _tally_use(used, counted)
    for entry in changes.tape.journal:
        if entry.amount > 0 and (counter := _SUMMED.get(entry.kind)) is not None:
            _add(counted, counter, entry.amount)
    return counted


def publish(counted: Tally) -> None:
    """Add a tally to the counters."""
    for counter, amount in counted.items():
        counter.inc(amount)


def _tally_account(account: Account, counted: Tally) -> None:
    if not account.stored:
        _add(counted, _opened.labels(account.kind))
    if account.kind == "lease":
        _tally_leases(account, counted)
        return
    for item in account.touched:
        if isinstance(item, Hold):
            _tally_hold(account, item, counted)
        elif isinstance(item, Grant) and not item.stored:
            _add(counted, _granted.labels(item.source), item.amount)


def _tally_hold(account: Account, hold: Hold, counted: Tally) -> None:
    """What happened since the account was stored has a later number."""
    if not hold.stored:
        _add(counted, _holds_by_event["placed"])
    if hold.ended_seq > account.stored_seq:
        _add(counted, _holds_by_event[hold.state])
    if hold.captured and hold.charged_seq > account.stored_seq:
        guild_id, feature = hold.metadata.get("guild_id", ""), hold.metadata.get("feature", "")
        _add(counted, _charged_by(*_for_what(hold.model, account.tier, guild_id, feature, pool=bool(hold.member_key))), hold.captured)


def _tally_use(used: UsageRecord, counted: Tally) -> None:
    labels = _for_what(used.model, used.tier, used.guild_id, used.feature, pool=bool(used.member_key))
    kinds = {
        "prompt": used.use.prompt_tokens - used.use.cached_prompt_tokens,
        "cached_prompt": used.use.cached_prompt_tokens,
        "completion": used.use.completion_tokens,
    }
    for kind, tokens in kinds.items():
        if tokens:
            _add(counted, _tokens_by(*labels, kind), tokens)


def _tally_leases(account: Account, counted: Tally) -> None:
    for item in account.touched:
        if isinstance(item, Lease):
            if not item.stored:
                _add(counted, _leases.labels("acquired"))
            elif item.state is not item.stored_state:
                _add(counted, _leases.labels(item.state))
        elif isinstance(item, LeasedTurn) and item.finished:
            payer = "person" if item.charged_to_person else "lease"
            _add(counted, _settled_turns.labels(payer))
            _add(counted, _settled.labels(payer), item.charged_to_person or item.charged_to_lease)


def _add(counted: Tally, counter: Counter, amount: float = 1) -> None:
    counted[counter] = counted.get(counter, 0) + amount

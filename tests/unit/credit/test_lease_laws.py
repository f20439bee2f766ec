"""What holds for leases whatever is done to them, in any order: outages never cost more than was leased, and nobody pays twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.credit import leases, ledger
from services.credit.accounts import Account, AccountState, Entry, EntryKind, LeasedTurn, LeaseState, SystemAccount
from services.credit.forms import outage_terms
from services.credit.posting import Limits
from services.credit.pricing import Price, PriceList, TokenUse, dearest
from services.credit.tiers import Tier
from services.runtime.errors import LimitReached, NotFound, Overloaded

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LIMITS = Limits(open_holds_max=6, lease_microcredits_max=400, leases_microcredits_max=900, lease_ttl_max_s=1_000)
TIER = Tier(models=("small",), allowance_microcredits=150)
OVERDRAWING = Tier(models=("small",), allowance_microcredits=20, overdraft_microcredits=60)


DATA: st.SearchStrategy[Any] = st.nothing()
"""Stands for hypothesis's own source of what is drawn."""
CHANCES: list[str] = []
HAPPENINGS: dict[str, dict[str, st.SearchStrategy[Any]]] = {}


def happens[F: Callable[..., None]](times: int, **drawn: st.SearchStrategy[Any]) -> Callable[[F], F]:
    """Mark what can happen, with its weight and what is drawn. Rules of hypothesis have no weights."""

    def mark(what: F) -> F:
        CHANCES.extend([what.__name__] * times)
        HAPPENINGS[what.__name__] = drawn
        return what

    return mark


class Outages(RuleBasedStateMachine):
    """All leases and three people, one of whom may overdraw; settlements are begun, asked and finished in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[Entry] = []
        self.now = NOW
        self.leased = ledger.open_account(1, "lease", "free", TIER, NOW, self.journal)
        self.people = {key: ledger.open_account(key, "user", "free", TIER, NOW, self.journal) for key in (2, 3)}
        self.people[4] = ledger.open_account(4, "user", "overdrawing", OVERDRAWING, NOW, self.journal)
        self.turns: dict[str, LeasedTurn] = {}
        self.ever: dict[int, Any] = {}

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        what = data.draw(st.sampled_from(CHANCES if self.ever else ["acquire"]), label="what")
        getattr(self, what)(**{name: data if strategy is DATA else data.draw(strategy, label=name) for name, strategy in HAPPENINGS[what].items()})

    def tier(self, key: int) -> Tier:
        return OVERDRAWING if key == 4 else TIER

    @happens(3, instance=st.sampled_from("abcd"), amount=st.integers(1, 450), ttl_s=st.integers(1, 1_100))
    def acquire(self, instance: str, amount: int, ttl_s: int) -> None:
        has = [lease for lease in self.leased.leases.values() if lease.instance_id == instance and lease.state is LeaseState.OPEN]
        try:
            lease = leases.acquire(self.leased, instance, amount, ttl_s, self.now, LIMITS, self.journal)
        except LimitReached:
            others = sum(one.amount for one in self.leased.leases.values() if one.state is LeaseState.OPEN)
            assert ttl_s > 1_000 or (not has and (amount > 400 or others + amount > 900))
        else:
            self.ever[lease.seq] = lease
            assert not has or lease is has[0]
            assert lease.expires_at >= self.now + timedelta(seconds=ttl_s)

    @happens(8, data=DATA, person=st.sampled_from([0, 2, 3, 4]), bound=st.integers(0, 120), cost=st.none() | st.integers(0, 150))
    def take_in(self, data: st.DataObject, person: int, bound: int, cost: int | None) -> None:
        lease = self.ever[data.draw(st.sampled_from(sorted(self.ever)))]
        try:
            leases.require_open(lease)
            leases.require_room(self.leased, 1, LIMITS)
        except NotFound:
            assert lease.state is not LeaseState.OPEN
            return
        except Overloaded:
            assert self.leased.open_holds >= 6
            return
        name = f"turn-{len(self.turns)}"
        known = cost is not None
        turn = LeasedTurn(0, name, lease.seq, person, bound, bound if cost is None else cost, "1" if known else "", None)
        turn.charged_to_person = None if known and person and turn.due else 0
        leases.set_aside(self.leased, turn, self.now)
        self.turns[name] = turn

    def chosen(self, data: st.DataObject, *, asked: bool) -> LeasedTurn | None:
        some = [turn for turn in self.turns.values() if (turn.charged_to_person is not None) is asked and not turn.finished]
        return data.draw(st.sampled_from(some)) if some else None

    @happens(8, data=DATA)
    def ask(self, data: st.DataObject) -> None:
        turn = self.chosen(data, asked=False)
        if turn is not None:
            person = self.people[turn.person_key]
            available = person.available(self.now, self.tier(person.key).overdraft_microcredits)
            pays = person.state is AccountState.OPEN and turn.due <= available
            turn.charged_to_person = leases.charge_person(person, turn.due, self.tier(person.key), self.now, self.journal)
            assert turn.charged_to_person == (turn.due if pays else 0)

    @happens(8, data=DATA)
    def finish(self, data: st.DataObject) -> None:
        turn = self.chosen(data, asked=True)
        if turn is not None:
            self.leased.leases.setdefault(turn.lease_seq, self.ever[turn.lease_seq])
            leases.finish(self.leased, turn, TIER, self.now, self.journal)

    @happens(2, data=DATA)
    def close(self, data: st.DataObject) -> None:
        leases.close(self.leased, self.ever[data.draw(st.sampled_from(sorted(self.ever)))], LeaseState.CLOSED, self.journal)

    @happens(1)
    def lose(self) -> None:
        leases.close_lost(self.leased, self.now - timedelta(seconds=2_000), self.journal)
        assert all(lease.expires_at > self.now - timedelta(seconds=2_000) for lease in self.ever.values() if lease.state is LeaseState.OPEN)

    @happens(2, seconds=st.sampled_from([10, 1_500]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @happens(2, key=st.sampled_from([2, 3]), what=st.sampled_from(["freeze", "thaw", "close"]))
    def change(self, key: int, what: str) -> None:
        person = self.people[key]
        if what == "close" and len(self.turns) > 8:
            ledger.close(person, self.now, self.journal)
        elif person.state is not AccountState.CLOSED:
            ledger.freeze(person, what == "freeze")

    @happens(3)
    def written(self) -> None:
        """What a batch leaves in memory is enough for the next."""
        for account in (self.leased, *self.people.values()):
            account.written()

    @invariant()
    def outages_cost_no_more_than_was_leased(self) -> None:
        of_leases = sum(lease.amount for lease in self.ever.values())
        paid = sum(turn.charged_to_lease for turn in self.turns.values())
        overhead = -sum(entry.amount for entry in self.journal if entry.system_account is SystemAccount.OVERHEAD)
        left = self.leased.posted
        assert paid <= overhead <= of_leases
        assert overhead == paid + left
        assert sum(lease.amount for lease in self.ever.values() if lease.state is LeaseState.OPEN) <= 900

    @invariant()
    def every_lease_adds_up(self) -> None:
        for lease in self.ever.values():
            grant = self.leased.grants.get(lease.seq)
            assert lease.remaining == (grant.remaining if grant is not None else 0)
            assert lease.charged == sum(turn.charged_to_lease for turn in self.turns.values() if turn.lease_seq == lease.seq)
            held = sum(self.leased.holds[turn.seq].amount for turn in self.turns.values() if turn.lease_seq == lease.seq and not turn.finished)
            assert lease.state is LeaseState.OPEN or lease.remaining == held

    @invariant()
    def every_turn_is_paid_at_most_once_and_within_its_bound(self) -> None:
        for turn in self.turns.values():
            person = turn.charged_to_person or 0
            assert person in (0, turn.due)
            assert not (person and turn.charged_to_lease)
            assert person + turn.charged_to_lease <= turn.bound
            assert not person or (turn.price_version and turn.person_key)

    @invariant()
    def every_operation_sums_to_zero(self) -> None:
        sums: dict[tuple[int, int], int] = {}
        for entry in self.journal:
            sums[entry.account_key, entry.operation_seq] = sums.get((entry.account_key, entry.operation_seq), 0) + entry.amount
        assert not any(sums.values())
        for account in (self.leased, *self.people.values()):
            entries = sum(entry.amount for entry in self.journal if entry.account_key == account.key and entry.system_account is None)
            assert account.posted == entries == sum(grant.remaining for grant in account.grants.values()) - account.overdrawn
            charged = -sum(
                e.amount for e in self.journal if e.kind is EntryKind.LEASED_TURN and e.account_key == account.key and not e.system_account
            )
            assert charged == sum(turn.charged_to_person or 0 for turn in self.turns.values() if turn.person_key == account.key)


TestOutages = Outages.TestCase
TestOutages.settings = settings(max_examples=40, stateful_step_count=50)

PRICES = st.builds(
    lambda prompt, cached, completion, image: Price(
        prompt_microcredits_per_million_tokens=prompt,
        cached_prompt_microcredits_per_million_tokens=cached,
        completion_microcredits_per_million_tokens=completion,
        image_microcredits=image,
    ),
    *(st.integers(0, 10**12) | st.integers(0, 3_000_000) for _ in range(3)),
    st.integers(0, 10**6),
)
TOKENS = st.integers(0, 10_000_000) | st.integers(0, 5)


@given(st.lists(PRICES, min_size=1, max_size=5), st.data(), TOKENS, TOKENS, st.integers(0, 1_000))
def test_no_use_within_the_sizes_costs_more_than_the_terms_say(prices, data, prompt, completion, images):
    listed = PriceList.model_validate(
        {
            "price_version": "1",
            "default_tier": "free",
            "models": {f"m{number}": {"price": price} for number, price in enumerate(prices)},
            "tiers": {"free": {"models": [f"m{number}" for number in range(len(prices))]}},
        }
    )
    (terms,) = outage_terms(listed).tiers
    tokens = prompt * terms.prompt_microcredits_per_million_tokens + completion * terms.completion_microcredits_per_million_tokens
    bound = -(-tokens // 1_000_000) + images * terms.image_microcredits
    used = TokenUse(
        data.draw(st.integers(0, prompt)),
        data.draw(st.integers(0, completion)),
        images=data.draw(st.integers(0, images)),
    )
    used = TokenUse(used.prompt_tokens, used.completion_tokens, data.draw(st.integers(0, used.prompt_tokens)), used.images)
    for price in prices:
        assert price.cost(used) <= bound
        assert price.upper_bound(prompt, completion, images) <= bound
    assert dearest(prices).cost(TokenUse(prompt, completion, images=images)) == bound


@pytest.mark.parametrize(("written", "turns"), [({}, 3), ({"outage_turns": 0}, 0), ({"outage_turns": 9}, 9)])
def test_a_tier_says_how_many_turns_a_person_may_take_in_an_outage(written, turns):
    price = Price(
        prompt_microcredits_per_million_tokens=1, cached_prompt_microcredits_per_million_tokens=1, completion_microcredits_per_million_tokens=1
    )
    listed = PriceList.model_validate(
        {"price_version": "1", "default_tier": "free", "models": {"m": {"price": price}}, "tiers": {"free": {"models": ["m"], **written}}}
    )
    (terms,) = outage_terms(listed).tiers
    assert (terms.tier, terms.turns_max, list(terms.models)) == ("free", turns, ["m"])


def test_the_account_of_leases_is_given_no_allowance():
    journal: list[Entry] = []
    assert ledger.open_account(1, "lease", "free", TIER, NOW, journal) == Account(1, "lease", "free")
    assert journal == []

"""A batch is decided in order, each operation on the books as the ones before left them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations
from services.credit.accounts import Account, AccountState, HoldState, SystemAccount
from services.credit.batch import Books, Changes, Outcome, decide_batch
from services.credit.decisions import Terms, Transfer
from services.credit.identifiers import grant_id, hold_id
from services.credit.operations import Operation
from services.credit.pricing import PriceList
from services.credit.refusals import STORED_REFUSALS, refusal_bytes, refusal_from
from services.runtime.errors import (
    AccountClosed,
    AccountFrozen,
    CaptureExceedsHold,
    HoldExpired,
    HoldNotActive,
    InsufficientCredit,
    InvalidField,
    LimitReached,
    NotFound,
    RateLimited,
    RefundExceedsCapture,
    RequestIdReused,
    UnknownModel,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PRICE = {
    "prompt_microcredits_per_million_tokens": 1_000_000,
    "cached_prompt_microcredits_per_million_tokens": 1_000_000,
    "completion_microcredits_per_million_tokens": 1_000_000,
}
PRICES = PriceList.model_validate(
    {
        "price_version": "1",
        "default_tier": "free",
        "models": {"small": {"price": PRICE}},
        "tiers": {
            "free": {"models": ["small"], "allowance_microcredits": 100},
            "strict": {"models": ["small"], "capture_policy": "strict", "allowance_microcredits": 150, "allowance_period": "day"},
        },
    }
)
KEYS = {"user:1": 1, "user:2": 2, "user:424242": 3, "guild:1": 4}


class Desk:
    """Accounts, and batches decided on them one after the other."""

    def __init__(self) -> None:
        self.now = NOW
        self.books = Books({})

    def decide(self, *batch: Operation) -> tuple[list[Outcome], Changes]:
        keyed = [(KEYS[one.account] if isinstance(one.account, str) else one.account, one) for one in batch]
        outcomes, changes = decide_batch(keyed, self.books, Terms(PRICES, self.now))
        for account in changes.accounts.values():
            account.written()
        return outcomes, changes

    def one(self, operation: Operation) -> Outcome:
        (outcome,), _ = self.decide(operation)
        return outcome

    def account(self, account_id: str = "user:1") -> Account:
        return self.books.accounts[KEYS[account_id]]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def hold(request_id: str, amount: int, account: str = "user:1", **fields):
    return operations.place_hold(pb.PlaceHoldRequest(request_id=request_id, account_id=account, amount_microcredits=amount, **fields))


def capture(request_id: str, amount: int, seq: int, key: int = 1):
    request = pb.CaptureHoldRequest(request_id=request_id, account_id="user:1", hold_id=hold_id(key, seq), amount_microcredits=amount)
    return operations.capture_hold(request)


def test_an_operation_sees_what_the_one_before_it_did(desk):
    outcomes, changes = desk.decide(hold("a", 60), hold("b", 60), hold("c", 40))
    assert isinstance(outcomes[1].error, InsufficientCredit)
    assert outcomes[0].error is outcomes[2].error is None
    assert changes.accounts[1].held == 100
    assert len(changes.records) == 3


def test_a_refusal_does_not_concern_its_neighbours(desk):
    unknown = operations.place_hold(pb.PlaceHoldRequest(request_id="q", account_id="user:1", quote=pb.Quote(model="x", prompt_tokens=1)))
    missing = capture("r", 1, 99)
    outcomes, changes = desk.decide(unknown, hold("a", 60), missing, hold("b", 40))
    assert [type(outcome.error) for outcome in outcomes] == [UnknownModel, type(None), NotFound, type(None)]
    assert changes.opened == {1: "user:1"}
    assert [record.request_key for record in changes.records] == ["request a", "request b"]


def test_an_account_is_not_opened_for_a_request_that_is_not_even_kept(desk):
    unknown = operations.place_hold(pb.PlaceHoldRequest(request_id="q", account_id="user:1", quote=pb.Quote(model="x", prompt_tokens=1)))
    _, changes = desk.decide(unknown)
    assert changes.empty
    assert not changes.opened
    assert not desk.books.accounts


def test_an_account_is_opened_for_a_refusal_that_is_kept(desk):
    outcomes, changes = desk.decide(hold("a", 101))
    assert isinstance(outcomes[0].error, InsufficientCredit)
    assert changes.opened == {1: "user:1"}
    assert [record.refusal for record in changes.records] == ["INSUFFICIENT_CREDIT"]


def test_what_cannot_open_an_account_is_sent_to_look_for_it_again(desk):
    outcome = desk.one(capture("c", 1, 1))
    assert outcome.moved
    assert not desk.books.accounts


def test_the_ledgers_own_work_on_an_account_that_is_not_there_is_not_found(desk):
    assert isinstance(desk.one(operations.settle_due(1)).error, NotFound)


def test_two_first_requests_of_one_person_open_one_account(desk):
    _, changes = desk.decide(hold("a", 10), hold("b", 10))
    assert changes.opened == {1: "user:1"}
    assert [entry.amount for entry in changes.tape.journal if entry.system_account is SystemAccount.ISSUED] == [-100]


def test_a_repetition_within_a_batch_is_a_repetition(desk):
    outcomes, _ = desk.decide(hold("a", 10), hold("a", 10), hold("a", 11))
    assert outcomes[0].response == outcomes[1].response
    assert outcomes[1].replayed
    assert isinstance(outcomes[2].error, RequestIdReused)
    assert len(desk.account().holds) == 1


def test_a_repetition_writes_nothing(desk):
    first = desk.one(hold("a", 10))
    (again,), changes = desk.decide(hold("a", 10))
    assert (again.response, again.replayed) == (first.response, True)
    assert changes.empty


def test_a_repeated_refusal_is_refused_in_the_same_words_though_things_have_changed(desk):
    first = desk.one(hold("a", 101)).error
    desk.one(operations.create_grant(pb.CreateGrantRequest(request_id="g", account_id="user:1", amount_microcredits=500, source="gift")))
    again = desk.one(hold("a", 101))
    assert again.replayed
    assert (type(again.error), again.error.message, again.error.metadata) == (type(first), first.message, first.metadata)


def test_a_hold_placed_in_a_batch_can_be_captured_in_it(desk):
    outcomes, changes = desk.decide(hold("a", 10), capture("c", 4, 2))
    assert pb.CaptureHoldResponse.FromString(outcomes[1].response).charged_microcredits == 4
    assert changes.accounts[1].posted == 96
    assert [item.state for item in desk.account().holds.values()] == [HoldState.CAPTURED]


def test_what_was_due_is_settled_and_written_though_the_request_is_not_kept(desk):
    desk.one(hold("a", 10, ttl_s=5))
    desk.now += timedelta(seconds=5)
    outcomes, changes = desk.decide(capture("c", 1, 99))
    assert isinstance(outcomes[0].error, NotFound)
    assert [(record.method, record.operation_seq) for record in changes.records] == [("SettleDue", 3)]
    assert desk.account().holds[2].state is HoldState.EXPIRED


def test_settling_what_is_not_due_is_not_kept(desk):
    desk.one(hold("a", 10))
    _, changes = desk.decide(operations.settle_due(1), operations.open_account("user:1"))
    assert changes.empty


def test_what_the_ledger_asks_for_itself_is_not_kept_where_it_is_refused_and_changes_nothing(desk):
    desk.one(operations.open_account("user:1"))
    desk.one(operations.close_account(pb.CloseAccountRequest(request_id="c", account_id="user:1")))
    for _ in range(2):
        outcomes, changes = desk.decide(operations.prepare_receive("user:1"))
        assert isinstance(outcomes[0].error, AccountClosed)
        assert changes.empty


def test_responses_carry_no_account_id(desk):
    assert b"424242" not in desk.one(hold("a", 10, "user:424242")).response


def test_a_strict_refusal_is_kept_with_what_the_work_cost(desk):
    desk.decide(hold("a", 10), operations.set_tier(pb.SetTierRequest(request_id="t", account_id="user:1", tier="strict")))
    outcomes, changes = desk.decide(capture("c", 11, 2))
    assert isinstance(outcomes[0].error, CaptureExceedsHold)
    assert desk.account().holds[2].used == 11
    assert not changes.empty
    assert not changes.tape.journal


def test_usage_beyond_a_strict_hold_is_recorded_and_not_charged(desk):
    desk.decide(hold("a", 10), operations.set_tier(pb.SetTierRequest(request_id="t", account_id="user:1", tier="strict")))
    usage = pb.Usage(model="small", prompt_tokens=11)
    outcomes, changes = desk.decide(
        operations.record_usage(pb.RecordUsageRequest(turn_id="1", account_id="user:1", hold_id=hold_id(1, 2), usage=usage))
    )
    assert pb.RecordUsageResponse.FromString(outcomes[0].response) == pb.RecordUsageResponse()
    assert [(record.cost, record.charged, record.captured_now) for record in changes.tape.usage] == [(11, 0, False)]


def test_moving_to_a_tier_with_a_daily_allowance_gives_it_at_once_and_once(desk):
    for number in range(2):
        answer = desk.one(operations.set_tier(pb.SetTierRequest(request_id=str(number), account_id="user:1", tier="strict")))
        assert pb.SetTierResponse.FromString(answer.response).balance.posted_microcredits == 250


def test_a_tier_that_nobody_knows_is_refused(desk):
    answer = desk.one(operations.set_tier(pb.SetTierRequest(request_id="t", account_id="user:1", tier="gold")))
    assert isinstance(answer.error, InvalidField)


def test_a_grant_ends_after_it_begins(desk):
    request = pb.CreateGrantRequest(request_id="g", account_id="user:1", amount_microcredits=5, source="gift")
    request.effective_time.FromDatetime(NOW + timedelta(seconds=20))
    request.expire_time.FromDatetime(NOW + timedelta(seconds=20))
    assert isinstance(desk.one(operations.create_grant(request)).error, InvalidField)
    request.expire_time.FromDatetime(NOW + timedelta(seconds=21))
    assert desk.one(operations.create_grant(request)).error is None


def test_a_grant_is_revoked_once(desk):
    desk.one(hold("a", 30))
    request = pb.RevokeGrantRequest(request_id="r", account_id="user:1", grant_id=grant_id(1, 1))
    answer = desk.one(operations.revoke_grant(request))
    assert pb.RevokeGrantResponse.FromString(answer.response).revoked_microcredits == 70
    desk.one(capture("c", 30, 2))
    request.request_id = "again"
    assert isinstance(desk.one(operations.revoke_grant(request)).error, NotFound)


def test_credits_on_their_way_arrive_once(desk):
    desk.one(operations.open_account("user:2"))
    sent = Transfer(1, 9, 2, ((None, 30), (NOW + timedelta(days=1), 20)), "for you")
    outcomes, changes = desk.decide(operations.receive(sent), operations.receive(sent))
    assert [outcome.replayed for outcome in outcomes] == [False, True]
    assert desk.account("user:2").posted == 150
    assert {note.text for note in changes.tape.notes} == {"for you"}


def test_a_closed_account_refuses_what_is_on_its_way_and_the_sender_takes_it_back(desk):
    desk.decide(operations.open_account("user:1"), operations.open_account("user:2"))
    desk.one(operations.close_account(pb.CloseAccountRequest(request_id="c", account_id="user:2")))
    sent = Transfer(1, 9, 2, ((None, 30),))
    assert isinstance(desk.one(operations.receive(sent)).error, AccountClosed)
    desk.one(operations.receive(sent, returned=True))
    assert desk.account("user:1").posted == 130


def test_an_erased_account_is_not_what_its_id_leads_to(desk):
    outcomes, changes = desk.decide(hold("a", 60), operations.erase("user:1"), hold("b", 1))
    assert [outcome.moved for outcome in outcomes] == [False, False, True]
    account = desk.account()
    assert (account.state, account.posted, account.held, account.open_holds) == (AccountState.CLOSED, 0, 0, 0)
    assert changes.tape.erased == [1]


def test_what_returns_to_a_sender_who_was_erased_expires(desk):
    desk.one(operations.open_account("user:1"))
    desk.one(operations.erase("user:1"))
    outcomes, changes = desk.decide(operations.receive(Transfer(1, 1, 2, ((None, 30),)), returned=True))
    assert outcomes[0].error is None
    assert not outcomes[0].moved
    assert [entry.amount for entry in changes.tape.journal if entry.system_account is SystemAccount.BREAKAGE] == [30]


@pytest.mark.parametrize("change", [{"amount_microcredits": 11}, {"ttl_s": 5}, {"metadata": {"guild_id": "7"}}, {"sponsor_account_id": "guild:1"}])
def test_another_payload_has_another_hash(change):
    fields = {"request_id": "a", "account_id": "user:1", "amount_microcredits": 10}
    first, second = (operations.place_hold(pb.PlaceHoldRequest(**(fields | more))) for more in ({}, change))
    assert first.payload_hash != second.payload_hash


def test_the_same_fields_in_another_request_have_another_hash():
    release = operations.release_hold(pb.ReleaseHoldRequest(request_id="a", account_id="user:1", hold_id="h"))
    revoke = operations.revoke_grant(pb.RevokeGrantRequest(request_id="a", account_id="user:1", grant_id="h"))
    assert release.request.SerializeToString() == revoke.request.SerializeToString()
    assert release.payload_hash != revoke.payload_hash


REFUSALS = [
    InsufficientCredit(available_microcredits=3, required_microcredits=5),
    AccountFrozen("the account is frozen"),
    AccountClosed("the account is closed"),
    HoldNotActive("released"),
    HoldExpired("too late"),
    CaptureExceedsHold(used_microcredits=7, held_microcredits=5),
    RefundExceedsCapture(amount_microcredits=7, left_microcredits=5),
    LimitReached("open holds", 3, left=0),
    RateLimited("2 holds a minute", retry_after_s=12.5),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason)
def test_a_kept_refusal_reads_back_as_it_was(refusal):
    again = refusal_from(refusal_bytes(refusal))
    assert type(again) is type(refusal)
    assert (again.message, again.metadata, again.retry_after_s) == (refusal.message, refusal.metadata, refusal.retry_after_s)
    assert refusal_bytes(again) == refusal_bytes(refusal)


def test_every_kept_refusal_is_read_back_in_a_test():
    assert {type(refusal) for refusal in REFUSALS} == set(STORED_REFUSALS)


@given(st.lists(st.tuples(st.sampled_from(["user:1", "user:2", "guild:1"]), st.integers(1, 70)), max_size=12), st.data())
def test_batches_decide_the_same_however_operations_are_gathered_into_them(asked, data):
    batch = [hold(f"r{number}", amount, account) for number, (account, amount) in enumerate(asked)]
    together, _ = Desk().decide(*batch)
    desk, apart = Desk(), []
    while len(apart) < len(batch):
        size = data.draw(st.integers(1, len(batch) - len(apart)))
        apart += desk.decide(*batch[len(apart) : len(apart) + size])[0]
    assert [(one.response, str(one.error)) for one in together] == [(one.response, str(one.error)) for one in apart]

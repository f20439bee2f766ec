"""A batch is decided in order, each operation on the books as the ones before left them."""

import itertools
from datetime import UTC, datetime

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations
from services.credit.accounts import SystemAccount
from services.credit.batch import decide_batch
from services.credit.decisions import Terms
from services.credit.pricing import PriceList
from services.credit.store import Loaded
from services.runtime.errors import InsufficientCredit, NotFound, RequestIdReused, UnknownModel

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
        "tiers": {"free": {"models": ["small"], "allowance_microcredits": 100}},
    }
)


def decide(*batch):
    keys = itertools.count(1)
    return decide_batch(batch, Loaded(NOW, {}), {}, Terms(PRICES, NOW), lambda: next(keys))


def hold(request_id: str, amount: int, account: str = "user:1"):
    return operations.place_hold(pb.PlaceHoldRequest(request_id=request_id, account_id=account, amount_microcredits=amount))


def test_an_operation_sees_what_the_one_before_it_did():
    outcomes, changes = decide(hold("a", 60), hold("b", 60), hold("c", 40))
    assert isinstance(outcomes[1].error, InsufficientCredit)
    assert outcomes[0].error is outcomes[2].error is None
    assert changes.after[1].held == 100
    assert len(changes.records) == 3


def test_a_refusal_does_not_concern_its_neighbours():
    unknown = operations.place_hold(pb.PlaceHoldRequest(request_id="q", account_id="user:1", quote=pb.Quote(model="x", prompt_tokens=1)))
    missing = operations.release_hold(pb.ReleaseHoldRequest(request_id="r", account_id="user:9", hold_id="hold_1_1"))
    outcomes, changes = decide(unknown, missing, hold("a", 60))
    assert [type(outcome.error) for outcome in outcomes] == [UnknownModel, NotFound, type(None)]
    assert changes.opened == {1: "user:1"}
    assert [record.request_key for record in changes.records] == ["request a"]


def test_an_account_opened_for_a_refused_request_alone_is_not_written():
    unknown = operations.place_hold(pb.PlaceHoldRequest(request_id="q", account_id="user:1", quote=pb.Quote(model="x", prompt_tokens=1)))
    _, changes = decide(unknown)
    assert not changes.opened
    assert not changes.after
    assert not changes.entries


def test_two_first_requests_of_one_person_open_one_account():
    _, changes = decide(hold("a", 10), hold("b", 10))
    assert changes.opened == {1: "user:1"}
    issued = [entry.amount for _, entry in changes.entries if entry.system_account is SystemAccount.ISSUED]
    assert issued == [-100]


def test_a_repetition_within_a_batch_is_a_repetition():
    outcomes, changes = decide(hold("a", 10), hold("a", 10), hold("a", 11))
    assert outcomes[0].response == outcomes[1].response
    assert outcomes[1].replayed
    assert isinstance(outcomes[2].error, RequestIdReused)
    assert len(changes.holds()[0]) == 1


def test_a_hold_placed_in_a_batch_can_be_captured_in_it():
    placed = pb.PlaceHoldResponse.FromString(decide(hold("a", 10))[0][0].response)
    capture = operations.capture_hold(pb.CaptureHoldRequest(request_id="c", account_id="user:1", hold_id=placed.hold.hold_id, amount_microcredits=4))
    outcomes, changes = decide(hold("a", 10), capture)
    assert pb.CaptureHoldResponse.FromString(outcomes[1].response).charged_microcredits == 4
    assert changes.after[1].posted == 96
    new, changed = changes.holds()
    assert [item.state for _, item in new] == ["captured"]
    assert changed == []


def test_responses_carry_no_account_id():
    outcomes, _ = decide(hold("a", 10, "user:424242"))
    assert b"424242" not in outcomes[0].response


@pytest.mark.parametrize("change", [{"amount_microcredits": 11}, {"ttl_s": 5}, {"metadata": {"guild_id": "7"}}])
def test_another_payload_has_another_hash(change):
    fields = {"request_id": "a", "account_id": "user:1", "amount_microcredits": 10}
    first, second = (operations.place_hold(pb.PlaceHoldRequest(**(fields | more))) for more in ({}, change))
    assert first.payload_hash != second.payload_hash

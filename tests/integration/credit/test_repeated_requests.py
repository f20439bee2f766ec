"""The same request id answers the same, and charges once."""

import asyncio

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import jobs
from services.runtime.errors import HoldNotActive, InsufficientCredit, RequestIdReused

ALLOWANCE = 1_000_000


def bytes_of(message) -> bytes:
    return message.SerializeToString(deterministic=True)


async def test_a_repeated_hold_is_answered_byte_for_byte_and_placed_once(credit):
    first = await credit.hold(amount=300, request_id="same", metadata={"guild_id": "7", "feature": "reply"})
    await credit.capture(first.hold, 300)
    again = await credit.hold(amount=300, request_id="same", metadata={"feature": "reply", "guild_id": "7"})
    assert bytes_of(again) == bytes_of(first)
    assert await credit.rows("SELECT count(*) FROM holds") == [(1,)]


async def test_a_repeated_capture_charges_once(credit):
    placed = await credit.hold(amount=300)
    first = await credit.capture(placed.hold, 100, request_id="same")
    await credit.hold(amount=5)
    assert bytes_of(await credit.capture(placed.hold, 100, request_id="same")) == bytes_of(first)
    assert (await credit.balance()).posted_microcredits == ALLOWANCE - 100


async def test_a_repeated_grant_release_and_transfer_happen_once(credit):
    placed = await credit.hold(amount=300)
    grant = pb.CreateGrantRequest(request_id="grant", account_id="user:1", amount_microcredits=10, source="purchase")
    release = pb.ReleaseHoldRequest(request_id="release", account_id="user:1", hold_id=placed.hold.hold_id)
    transfer = pb.TransferRequest(request_id="gift", from_account_id="user:1", to_account_id="user:2", amount_microcredits=5)
    for method, request in ((credit.admin.CreateGrant, grant), (credit.rpc.ReleaseHold, release), (credit.rpc.Transfer, transfer)):
        assert bytes_of(await method(request, None)) == bytes_of(await method(request, None))
    assert (await credit.balance("user:1")).available_microcredits == ALLOWANCE + 10 - 5
    assert (await credit.balance("user:2")).available_microcredits == ALLOWANCE + 5


async def test_a_repeated_refusal_is_refused_in_the_same_words_though_things_have_changed(credit):
    async def refusal() -> tuple[object, ...]:
        with pytest.raises(InsufficientCredit) as refused:
            await credit.hold(amount=ALLOWANCE + 5, request_id="same")
        return type(refused.value), refused.value.message, refused.value.metadata

    first = await refusal()
    await credit.grant(amount=ALLOWANCE)
    assert await refusal() == first


async def test_a_refused_capture_stays_refused(credit):
    placed = await credit.hold()
    await credit.release(placed.hold)
    for _ in range(2):
        with pytest.raises(HoldNotActive) as refused:
            await credit.capture(placed.hold, 1, request_id="same")
        assert refused.value.metadata == {"state": "released"}
    assert await credit.rows("SELECT refusal FROM operations WHERE refusal <> ''") == [("HOLD_NOT_ACTIVE",)]


async def test_another_payload_under_the_same_request_id_is_refused_and_changes_nothing(credit):
    placed = await credit.hold(amount=300, request_id="same")
    before = await credit.everything()
    for attempt in (
        credit.hold(amount=301, request_id="same"),
        credit.hold(amount=300, request_id="same", ttl_s=5),
        credit.hold(amount=300, request_id="same", metadata={"guild_id": "7"}),
        credit.capture(placed.hold, 300, request_id="same"),
        credit.release(placed.hold, request_id="same"),
    ):
        with pytest.raises(RequestIdReused) as refused:
            await attempt
        assert refused.value.metadata == {"request_id": "same"}
    assert await credit.everything() == before


async def test_another_payload_after_a_refusal_is_refused_as_reused(credit):
    with pytest.raises(InsufficientCredit):
        await credit.hold(amount=ALLOWANCE + 1, request_id="same")
    with pytest.raises(RequestIdReused):
        await credit.hold(amount=1, request_id="same")


async def test_a_request_id_belongs_to_its_account(credit):
    first = await credit.hold("user:1", request_id="same")
    second = await credit.hold("user:2", request_id="same")
    assert first.hold.hold_id != second.hold.hold_id


async def test_a_turn_is_recorded_once_and_keeps_apart_from_request_ids(credit):
    placed = await credit.hold(amount=300, request_id="turn-1")
    first = await credit.record(placed.hold, "turn-1", prompt_tokens=50)
    again = await credit.record(placed.hold, "turn-1", prompt_tokens=50)
    assert first.captured_now
    assert bytes_of(again) == bytes_of(first)
    with pytest.raises(RequestIdReused):
        await credit.record(placed.hold, "turn-1", prompt_tokens=51)
    assert (await credit.balance()).posted_microcredits == ALLOWANCE - 50


async def test_the_same_request_sent_many_times_at_once_is_carried_out_once(credit):
    answers = await asyncio.gather(*(credit.hold(amount=300, request_id="same") for _ in range(20)))
    assert len({bytes_of(answer) for answer in answers}) == 1
    assert await credit.rows("SELECT count(*) FROM holds") == [(1,)]


async def test_stored_results_hold_no_account_id(credit):
    await credit.hold("user:424242")
    stored = await credit.rows("SELECT result FROM operations")
    assert stored
    assert all(b"424242" not in result for (result,) in stored)


async def test_request_ids_are_forgotten_when_they_are_old(credit):
    credit.put_clock_ahead(-31 * 86_400)
    await credit.hold(request_id="old")
    credit.put_clock_ahead(31 * 86_400)
    await credit.hold(request_id="new")
    assert await jobs.forget_old_requests(credit.database, 30, 1) == 1
    assert await credit.rows("SELECT request_key FROM operations") == [("request new",)]

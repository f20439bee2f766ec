"""A transfer is two operations: whatever happens between them, what was sent arrives or returns."""

import asyncio
import time
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations
from services.runtime.errors import AccountClosed, DependencyUnavailable, InsufficientCredit, InvalidField, LimitReached

ALLOWANCE = 1_000_000
DAY_S = 86_400
_A_WHILE_AGO = "UPDATE transfers SET created_at = created_at - interval '1 minute'"


@pytest.fixture
def send_and_stop(credit):
    """Sends credits and ends before they arrive, as a process that is killed between the two operations."""

    async def send(amount: int, sender: str = "user:1", to: str = "user:2", request_id: str = "cut off", note: str = "") -> pb.TransferRequest:
        request = pb.TransferRequest(request_id=request_id, from_account_id=sender, to_account_id=to, amount_microcredits=amount, note=note)
        await credit.teller.execute(operations.prepare_receive(to))
        key = (await credit.rows(f"SELECT account_key FROM account_keys WHERE account_id = '{to}'"))[0][0]
        await credit.teller.execute(operations.transfer(request, key))
        return request

    return send


async def on_their_way(credit) -> list[tuple[Any, ...]]:
    return await credit.rows("SELECT finished_at IS NOT NULL, returned FROM transfers")


async def test_what_is_on_its_way_is_in_transit_and_arrives_with_the_job(credit, send_and_stop):
    await send_and_stop(400, note="for the cake")
    assert (await credit.balance("user:1")).posted_microcredits == ALLOWANCE - 400
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE
    assert (await credit.balance("system:transit")).posted_microcredits == 400
    assert await credit.teller.finish_transfers() == 0  # whoever began it may still be at it
    await credit.run(_A_WHILE_AGO)
    assert await credit.teller.finish_transfers() == 1
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE + 400
    assert (await credit.entries("user:2")).entries[0].note == "for the cake"
    assert await on_their_way(credit) == [(True, False)]
    assert await credit.teller.finish_transfers() == 0


async def test_the_repetition_of_a_transfer_that_was_cut_off_has_it_arrive(credit, send_and_stop):
    request = await send_and_stop(400)
    again = await credit.rpc.Transfer(request, None)
    assert again.balance.posted_microcredits == ALLOWANCE - 400
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE + 400


async def test_many_who_finish_the_same_transfer_have_it_arrive_once(credit, make_credit, send_and_stop):
    other = await make_credit()
    request = await send_and_stop(400)
    await credit.run(_A_WHILE_AGO)
    attempts = [call for one in (credit, other) for call in (one.teller.finish_transfers(), one.rpc.Transfer(request, None)) for _ in range(1)]
    await asyncio.gather(*attempts)
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE + 400


async def test_what_was_on_its_way_to_an_account_that_was_closed_returns(credit, send_and_stop):
    await send_and_stop(400)
    await credit.close("user:2")
    await credit.run(_A_WHILE_AGO)
    assert await credit.teller.finish_transfers() == 1
    assert (await credit.balance("user:1")).posted_microcredits == ALLOWANCE
    assert await on_their_way(credit) == [(True, True)]


async def test_what_was_on_its_way_to_a_person_who_was_erased_returns(credit, send_and_stop):
    await send_and_stop(400)
    await credit.teller.erase("2")
    await credit.run(_A_WHILE_AGO)
    assert await credit.teller.finish_transfers() == 1
    assert (await credit.balance("user:1")).posted_microcredits == ALLOWANCE


async def test_what_returns_to_a_person_who_was_erased_expires_and_keeps_nobody_waiting(credit, send_and_stop):
    await send_and_stop(400)
    await send_and_stop(50, "user:3", "user:4")
    await credit.close("user:2")
    await credit.teller.erase("1")
    await credit.run(_A_WHILE_AGO)
    assert await credit.teller.finish_transfers() == 2
    assert (await credit.balance("system:transit")).posted_microcredits == 0
    assert (await credit.balance("system:breakage")).posted_microcredits == 2 * ALLOWANCE
    assert (await credit.balance("user:4")).posted_microcredits == ALLOWANCE + 50


async def test_a_transfer_to_a_closed_account_is_refused_and_nothing_leaves(credit):
    await credit.balance("user:2")
    await credit.close("user:2")
    request = pb.TransferRequest(request_id="same", from_account_id="user:1", to_account_id="user:2", amount_microcredits=5)
    for _ in range(2):
        with pytest.raises(AccountClosed):
            await credit.rpc.Transfer(request, None)
    assert (await credit.balance("user:1")).posted_microcredits == ALLOWANCE


async def test_a_refused_transfer_stays_refused_though_the_recipient_could_take_it_now(make_credit):
    from services.credit.posting import Limits

    credit = await make_credit(limits=Limits(grants_max=1))
    await credit.balance("user:2")
    request = pb.TransferRequest(request_id="same", from_account_id="user:1", to_account_id="user:2", amount_microcredits=5)
    with pytest.raises(LimitReached):
        await credit.rpc.Transfer(request, None)
    await credit.capture((await credit.hold("user:2", amount=ALLOWANCE)).hold, ALLOWANCE)
    with pytest.raises(LimitReached):
        await credit.rpc.Transfer(request, None)
    assert (await credit.transfer(5)).balance.posted_microcredits == ALLOWANCE - 5
    assert await credit.discrepancies() == []


async def test_a_sender_who_has_too_little_is_refused_and_the_recipients_account_is_there(credit):
    with pytest.raises(InsufficientCredit):
        await credit.transfer(ALLOWANCE + 1)
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE


async def test_a_transfer_that_is_cut_off_by_the_database_is_told_so_and_arrives_when_it_is_repeated(credit, monkeypatch):
    async def cut_off(sender_key: int | None = None, limit: int = 1) -> int:
        raise DependencyUnavailable("database", "gone")

    request = pb.TransferRequest(request_id="same", from_account_id="user:1", to_account_id="user:2", amount_microcredits=5)
    with monkeypatch.context() as patched:
        patched.setattr(credit.teller, "finish_transfers", cut_off)
        with pytest.raises(DependencyUnavailable):
            await credit.rpc.Transfer(request, None)
    await credit.rpc.Transfer(request, None)
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE + 5
    assert (await credit.balance("system:transit")).posted_microcredits == 0


def until(seconds: float) -> Timestamp:
    return Timestamp(seconds=int(time.time() + seconds))


async def test_what_is_given_for_a_time_ends_then_and_what_would_end_before_ends_as_it_would(credit):
    await credit.grant("guild:1", 100, expire_time=until(DAY_S))
    await credit.grant("guild:1", 300)
    request = pb.TransferRequest(
        request_id="r", from_account_id="guild:1", to_account_id="user:2", amount_microcredits=250, expire_time=until(3 * DAY_S)
    )
    await credit.rpc.Transfer(request, None)
    given = sorted((grant.expire_time.seconds, grant.amount_microcredits) for grant in await credit.grants("user:2") if grant.source == "gift")
    assert [amount for _, amount in given] == [100, 150]
    assert [round((ends - time.time()) / DAY_S) for ends, _ in given] == [1, 3]
    for days, left in ((2, 150), (2, 0)):
        credit.put_clock_ahead(days * DAY_S)
        assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE + left
    assert (await credit.balance("guild:1")).posted_microcredits == 150


async def test_credits_cannot_be_given_for_a_time_that_is_over(credit):
    request = pb.TransferRequest(request_id="r", from_account_id="user:1", to_account_id="user:2", amount_microcredits=250, expire_time=until(-60))
    with pytest.raises(InvalidField) as refused:
        await credit.rpc.Transfer(request, None)
    assert refused.value.field == "expire_time"
    assert (await credit.balance("user:1")).posted_microcredits == ALLOWANCE
    assert await on_their_way(credit) == []

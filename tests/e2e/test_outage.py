"""An outage of the real credit service: people are answered, told so once, and pay once when it is back; the books balance."""

import asyncio
import uuid

import grpc
import psycopg
import pytest

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.local.postgres import Postgres
from tests.e2e.test_failures import answered, books_balance, first_delta, query
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer
from tests.running_stack import Person, RunningStack, eventually

Final = gateway_pb2.Final
START = 100_000_000
SLOW = Scripted(delta_delay_s=0.1)


async def outage(gateway: grpc.aio.Channel) -> gateway_pb2.OutageStatus:
    stub: gateway_pb2_grpc.AssistantServiceAsyncStub = gateway_pb2_grpc.AssistantServiceStub(gateway)
    return (await stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=5)).outage


async def a_lease_is_there(gateway: grpc.aio.Channel) -> None:
    async def acquired() -> bool:
        return (await outage(gateway)).remaining_microcredits > 0

    await eventually(acquired, "the gateway has a lease", 60)


async def everything_is_settled(gateway: grpc.aio.Channel) -> None:
    async def settled() -> bool:
        try:
            return (await outage(gateway)).turns_unsettled == 0
        except grpc.aio.AioRpcError:
            return False

    await eventually(settled, "no turn is left to settle", 60)


async def balance(stack: RunningStack, person: Person) -> int:
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
        request = credit_pb2.GetBalanceRequest(account_id=person.account_id)
        return (await stub.GetBalance(request, timeout=20, wait_for_ready=True)).balance.posted_microcredits


async def paid_for(stack: RunningStack, person: Person) -> list[int]:
    """What the person's entries say of turns that were taken without a hold, one amount for each turn."""
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
        entries = (await stub.ListEntries(credit_pb2.ListEntriesRequest(account_id=person.account_id), timeout=20)).entries
    amounts: dict[str, int] = {}
    for entry in entries:
        if entry.kind == "leased_turn":
            amounts[entry.operation_id] = amounts.get(entry.operation_id, 0) - entry.amount_microcredits
    return list(amounts.values())


async def test_while_credit_hangs_people_are_answered_and_pay_once_when_it_is_back(
    stack: RunningStack, model: ModelServer, person: Person, gateway: grpc.aio.Channel
) -> None:
    await person.ask("Hello")
    await a_lease_is_there(gateway)
    before = await balance(stack, person)
    victim = stack.process_of("credit")
    victim.suspend()
    try:
        answers = [await person.ask("And now?") for _ in range(4)]
        told = await outage(gateway)
    finally:
        victim.resume()
    assert [answer.final.outcome for answer in answers] == [Final.OUTCOME_ANSWERED] * 3 + [Final.OUTCOME_REFUSED]
    assert [answer.notices for answer in answers] == [["outage"], [], [], []]
    assert (told.active, told.turns_unsettled) == (True, 3)
    await everything_is_settled(gateway)
    charged = await paid_for(stack, person)
    assert len(charged) == 3
    assert before - await balance(stack, person) == sum(charged) > 0
    await eventually(lambda: answered(person), "credit works again")
    assert (await outage(gateway)).remaining_microcredits == told.lease_microcredits
    assert await books_balance(stack) == []


async def test_while_credits_database_is_away_people_are_answered(
    stack: RunningStack, model: ModelServer, person: Person, gateway: grpc.aio.Channel
) -> None:
    await person.ask("Hello")
    await a_lease_is_there(gateway)
    admin = Postgres(stack.data_dir / "postgres").url("postgres", user="postgres")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute("ALTER DATABASE credit ALLOW_CONNECTIONS false")
        try:
            await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'credit'")
            answer = await person.ask("And now?")
        finally:
            await connection.execute("ALTER DATABASE credit ALLOW_CONNECTIONS true")
    assert (answer.final.outcome, answer.notices) == (Final.OUTCOME_ANSWERED, ["outage"])
    await everything_is_settled(gateway)
    assert len(await paid_for(stack, person)) == 1
    assert await books_balance(stack) == []


async def test_who_has_no_credits_left_is_paid_for_by_the_lease(
    stack: RunningStack, model: ModelServer, person: Person, gateway: grpc.aio.Channel
) -> None:
    await person.ask("Hello")
    await a_lease_is_there(gateway)
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
        left = (await stub.GetBalance(credit_pb2.GetBalanceRequest(account_id=person.account_id), timeout=5)).balance.available_microcredits
        gift = credit_pb2.TransferRequest(
            request_id=uuid.uuid4().hex, from_account_id=person.account_id, to_account_id="user:somebody", amount_microcredits=left
        )
        await stub.Transfer(gift, timeout=5)
    lease = await outage(gateway)
    victim = stack.process_of("credit")
    victim.suspend()
    try:
        assert (await person.ask("And now?")).final.outcome == Final.OUTCOME_ANSWERED
    finally:
        victim.resume()
    await everything_is_settled(gateway)
    assert await paid_for(stack, person) == []
    assert await balance(stack, person) == 0
    after = await outage(gateway)
    assert after.remaining_microcredits < lease.remaining_microcredits
    assert await books_balance(stack) == []


@pytest.mark.parametrize("killed", ["gateway", "credit"])
async def test_killed_while_a_turn_is_on_the_lease_and_while_it_is_settled_it_is_settled_once(
    stack: RunningStack, model: ModelServer, person: Person, gateway: grpc.aio.Channel, killed: str
) -> None:
    await eventually(lambda: answered(person), "the stack works")
    await a_lease_is_there(gateway)
    victim = stack.process_of("credit")
    victim.suspend()
    model.default = SLOW
    message_id = uuid.uuid4().hex
    task, _, _ = await first_delta(person, "Tell me a story", message_id)
    if killed == "gateway":
        stack.kill("gateway")
        await asyncio.gather(task, return_exceptions=True)
        victim.resume()
    else:
        await task
        # The restarted service may be killed in the middle of the settlement, or before it, or after.
        for pause_s in (0.0, 1.0):
            await asyncio.sleep(pause_s)
            try:
                stack.kill("credit")
            except ProcessLookupError:
                await eventually(lambda: _runs(stack, "credit"), "credit is started again", 60)
    model.default = Scripted()
    await everything_is_settled(gateway)
    turn = await query(
        stack.database_url("credit"),
        "SELECT bound_microcredits, charged_to_person_microcredits, charged_to_lease_microcredits FROM leased_turns WHERE turn_id = %s",
        f"{message_id}:0",
    )
    assert len(turn) == 1
    bound, by_person, by_lease = (int(str(amount)) for amount in turn[0])
    assert 0 < by_person + by_lease <= bound
    assert (by_person > 0) is (killed == "credit")
    await eventually(lambda: answered(person), "the stack works again", 60)
    assert await books_balance(stack) == []


def _runs(stack: RunningStack, service: str) -> bool:
    try:
        return stack.process_of(service).is_running()
    except (ProcessLookupError, psycopg.Error):
        return False

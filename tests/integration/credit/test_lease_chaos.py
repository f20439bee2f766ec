"""The service is killed (kill -9) between the steps of a settlement, each time at another, and whoever asked asks again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.reconcile import check_books
from services.local.watchdog import Watchdog
from services.runtime.database import Database
from services.runtime.errors import ParlourError
from tests.chaos.bank.world import DatabaseServer, World, opened, undecided, until

PEOPLE = 3
TURNS = [
    pb.LeasedTurn(
        turn_id=f"turn-{number}",
        account_id=f"user:{number}",
        upper_bound_microcredits=500,
        usage=pb.Usage(model="small", prompt_tokens=100 + number),
    )
    for number in range(PEOPLE)
] + [
    pb.LeasedTurn(turn_id="turn-new", account_id="user:nobody", upper_bound_microcredits=60, usage=pb.Usage(model="small", prompt_tokens=50)),
    pb.LeasedTurn(turn_id="turn-unknown", account_id="user:0", upper_bound_microcredits=40),
]
SETTLED = {"turn-0": (100, 0), "turn-1": (101, 0), "turn-2": (102, 0), "turn-new": (0, 50), "turn-unknown": (0, 40)}
LEASED = 10_000


@pytest.fixture(scope="module")
def server(engine_folder: Path, watchdog: Watchdog) -> Iterator[DatabaseServer]:
    folder = engine_folder / "lease-chaos"
    folder.mkdir(mode=0o755)
    server = DatabaseServer(folder, watchdog)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def world(engine_folder: Path, server: DatabaseServer, watchdog: Watchdog, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    name = f"leases_{abs(hash(request.node.name))}"
    folder = engine_folder / name
    folder.mkdir(mode=0o755)
    async with opened(folder, server, watchdog, name) as world:
        yield world


async def ask(world: World, method: str, request: pb.SettleLeaseRequest | pb.AcquireLeaseRequest | pb.GetBalanceRequest):
    """Ask whichever instance is there, until somebody answers."""
    for tries in range(200):
        try:
            return await world.call(tries, method, request)
        except ParlourError as error:
            if not undecided(error):
                raise
            await asyncio.sleep(0.05)
    raise AssertionError(f"{method} was never answered")


async def prepared(world: World) -> pb.SettleLeaseRequest:
    """People with credit, and a settlement of a lease."""
    for number in range(PEOPLE):
        await ask(world, "GetBalance", pb.GetBalanceRequest(account_id=f"user:{number}"))
    request = pb.AcquireLeaseRequest(request_id="acquire", instance_id="gateway-0", amount_microcredits=LEASED, ttl_s=600)
    lease = (await ask(world, "AcquireLease", request)).lease
    return pb.SettleLeaseRequest(request_id="settle", lease_id=lease.lease_id, turns=TURNS, close=True)


async def prove(world: World, answer: pb.SettleLeaseResponse) -> None:
    told = {turn.turn_id: (turn.charged_to_person_microcredits, turn.charged_to_lease_microcredits) for turn in answer.turns}
    assert told == SETTLED
    for number in range(PEOPLE):
        balance = (await ask(world, "GetBalance", pb.GetBalanceRequest(account_id=f"user:{number}"))).balance
        assert balance.available_microcredits == 1_000_000 - (100 + number)
    database = Database(world.url, pool_size=1)
    try:
        assert await check_books(database, world.prices) == []
        async with database.connection() as connection:
            row = await (await connection.execute("SELECT sum(amount_microcredits) FROM entries WHERE system_account = 'overhead'")).fetchone()
        assert row == (-90,)
    finally:
        await database.close()


# Where a row is locked by somebody else, the service stops before the step that would write it.
STEPS = {
    "before anything": "SELECT 1 FROM shards FOR UPDATE",
    "before a person is charged": "SELECT 1 FROM accounts JOIN account_keys USING (account_key) WHERE account_id = 'user:1' FOR UPDATE OF accounts",
    "before the lease is charged": "SELECT 1 FROM leases FOR UPDATE",
}


@pytest.mark.parametrize("step", STEPS)
async def test_killed_between_two_steps_a_settlement_charges_each_turn_once(world: World, step: str) -> None:
    request = await prepared(world)
    async with await psycopg.AsyncConnection.connect(world.superuser_url) as holder:
        await holder.execute(STEPS[step].encode())
        settling = asyncio.create_task(world.call(0, "SettleLease", request))

        async def waits() -> bool:
            async with await psycopg.AsyncConnection.connect(world.superuser_url, autocommit=True) as looking:
                row = await (await looking.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")).fetchone()
                return row is not None and row[0] > 0

        await until(waits, "the service waits for the row")
        killing = asyncio.create_task(world.instances[0].kill())
        with contextlib.suppress(ParlourError):
            await settling
    await killing
    await prove(world, await ask(world, "SettleLease", request))


async def test_killed_again_and_again_settlements_charge_each_turn_once(world: World) -> None:
    request = await prepared(world)
    done = asyncio.Event()

    async def kill() -> None:
        for number in range(4):
            if done.is_set():
                return
            await world.instances[number % 2].kill()

    async def settle(number: int) -> pb.SettleLeaseResponse:
        """Each caller tells every turn, in requests of its own."""
        for turn in TURNS:
            one = pb.SettleLeaseRequest(request_id=f"{number}-{turn.turn_id}", lease_id=request.lease_id, turns=[turn])
            await ask(world, "SettleLease", one)
        return await ask(world, "SettleLease", pb.SettleLeaseRequest(request_id=f"{number}", lease_id=request.lease_id, turns=TURNS))

    killing = asyncio.create_task(kill())
    answers = await asyncio.gather(*(settle(number) for number in range(6)))
    done.set()
    await killing
    assert {answer.SerializeToString(deterministic=True) for answer in answers} == {answers[0].SerializeToString(deterministic=True)}
    await prove(world, await ask(world, "SettleLease", request))

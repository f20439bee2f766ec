"""The short form of `make chaos`: customers of a bank whose service is killed, whose database stops, whose connections are cut at the commit."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.credit.servicer import CreditServicer
from services.credit.shard import ShardLimits
from services.local.watchdog import Watchdog
from tests.chaos.bank.customers import Bank, open_for_business, serve
from tests.chaos.bank.faults import FAULTS
from tests.chaos.bank.proof import prove
from tests.chaos.bank.run import run
from tests.chaos.bank.world import DatabaseServer, opened
from tests.fakes.database_proxy import Cut

OPERATIONS = 1_000
TAMPERED = {
    "acknowledged": "DELETE FROM operations WHERE method = 'CaptureHold' AND refusal = ''",
    "decided again": "UPDATE operations SET result = result || '\\x00' WHERE method = 'ReleaseHold' AND refusal = ''",
    "the books": "UPDATE accounts SET posted_microcredits = posted_microcredits + 1 WHERE kind = 'user'",
    "other entries": "UPDATE entries SET kind = 'refund' WHERE kind = 'capture'",
    "the rows": "UPDATE accounts SET allowance_period = 7",
}


@pytest.fixture(scope="module")
def server(engine_folder: Path, watchdog: Watchdog) -> Iterator[DatabaseServer]:
    """A durable server of one's own, because it will be stopped."""
    folder = engine_folder / "chaos"
    folder.mkdir(mode=0o755)
    server = DatabaseServer(folder, watchdog)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_is_lost_and_nothing_done_twice(engine_folder, server, watchdog, fault):
    folder = engine_folder / "chaos" / fault
    folder.mkdir(mode=0o755)
    times = len(Cut) if fault == "commit_cut" else 2
    async with opened(folder, server, watchdog, fault) as world:
        report = await run(world, fault, OPERATIONS, times, seed=1)
    assert report.faults.total() == times
    assert report.surprises == []
    assert report.proof.problems == []
    assert report.proof.acknowledged_lost == report.proof.books_off_microcredits == 0
    assert report.proof.operations > OPERATIONS // 2


async def test_the_proof_notices_what_was_tampered_with(credit_database_url, shared_database, make_credit):
    credit = await make_credit(shard_limits=ShardLimits(batch_max=70))

    async def call(_door, method, request):
        return await getattr(credit.rpc if method in vars(CreditServicer) else credit.admin, method)(request, None)

    bank = Bank(call, seed=5)
    await open_for_business(bank)
    await serve(bank, 4 * OPERATIONS, customers=500)  # so many that batches are decided while the ones before are written
    urls, prices = (credit_database_url, shared_database[1]), credit.prices
    assert bank.surprises == []
    assert (await prove(*urls, prices, bank.told)).problems == []
    for noticed, tampering in TAMPERED.items():
        async with await psycopg.AsyncConnection.connect(urls[1]) as connection:
            await connection.execute("SET session_replication_role = replica")
            assert (await connection.execute(tampering)).rowcount > 0
            await connection.commit()
        problems = (await prove(*urls, prices, bank.told)).problems
        assert [problem for problem in problems if noticed in problem], (noticed, problems[:5])

"""The `parlour` command against a credit service, as a process of its own."""

import asyncio
import csv
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest

from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.runtime.health import Health
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings


class Ended(NamedTuple):
    """How a command ended."""

    status: int | None
    out: str
    err: str


type Parlour = Callable[..., Awaitable[Ended]]


@pytest.fixture
async def parlour(credit) -> AsyncIterator[Parlour]:
    server = Server("credit", ServiceSettings(listen="127.0.0.1:0"), Health())
    server.add(pb_grpc.add_CreditServiceServicer_to_server, credit.rpc, "parlour.credit.v1.CreditService")
    server.add(pb_grpc.add_CreditAdminServiceServicer_to_server, credit.admin, "parlour.credit.v1.CreditAdminService")
    await server.start()
    environment = {**os.environ, "PARLOUR_CREDIT_ADDRESS": f"127.0.0.1:{server.port}", "COLUMNS": "200"}

    async def run(*words: object) -> Ended:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.console", *map(str, words)),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Ended(process.returncode, out.decode(), err.decode())

    yield run
    await server.stop(0)


async def test_an_operator_looks_after_an_account(credit, parlour):
    assert "Granted 5.00 credits" in (await parlour("credit", "grant", "user:1", "5", "--source", "purchase", "--note", "order 7")).out
    hold = (await credit.hold("user:1", amount=100)).hold
    await credit.capture(hold, 60)
    assert "Gave back 0.00004 credits." in (await parlour("credit", "refund", "user:1", hold.hold_id, "0.00004")).out
    assert "Moved 0.50 credits to user:2." in (await parlour("credit", "transfer", "user:1", "user:2", "0.5")).out
    grants = (await parlour("credit", "grants", "user:1")).out
    assert "purchase" in grants
    entries = (await parlour("credit", "entries", "user:1")).out
    assert hold.hold_id in entries
    assert "order 7" in entries
    assert "is frozen" in (await parlour("credit", "freeze", "user:1", "--reason", "abuse")).out
    refused = await parlour("credit", "transfer", "user:1", "user:2", "0.5")
    assert (refused.status, refused.err) == (1, "parlour: That account is frozen: thaw it first.\n")
    assert "is open again" in (await parlour("credit", "thaw", "user:1")).out
    assert "is closed" in (await parlour("credit", "close", "user:1", "--yes")).out
    assert "closed" in (await parlour("credit", "balance", "user:1")).out
    assert "pays 1.00 credits a day" in (await parlour("credit", "pool", "guild:7", "1")).out


async def test_mistakes_are_told_in_sentences(credit, parlour):
    for words, said in {
        ("credit", "balance", "robot:1"): "That cannot be: account_id must be user:<id> or guild:<id>.",
        ("credit", "grants", "user:404"): "There is no such account.",
        ("credit", "tier", "user:1", "gold"): f"That cannot be: tier must be one of {', '.join(sorted(credit.prices.tiers))}.",
        ("credit", "transfer", "user:1", "user:2", "9"): "That account has 1.00 credits available and 9.00 are required.",
        ("credit", "resolve", "finding_9", "--note", "x"): "There is no such finding.",
        ("credit", "verify", "--export", "/nowhere/journal"): "/nowhere/journal cannot be used: no such file or directory.",
    }.items():
        ended = await parlour(*words)
        assert (ended.status, ended.err) == (1, f"parlour: {said}\n"), words


async def test_a_report_is_read_by_a_program(credit, parlour):
    hold = (await credit.hold("user:1", amount=100, metadata={"guild_id": "7"})).hold
    await credit.record(hold, prompt_tokens=30)
    (row,) = csv.DictReader(io.StringIO((await parlour("credit", "report", "--by", "guild,user", "--format", "csv")).out))
    assert (row["guild"], row["user"], row["charged_credits"]) == ("7", "user:1", "0.000030")


async def test_the_books_are_exported_verified_and_tampered_with(credit, parlour, tmp_path):
    for number in range(5):
        await credit.capture((await credit.hold(f"user:{number}", amount=100)).hold, 60)
    path = tmp_path / "journal.jsonl"
    assert (await parlour("credit", "export", "--out", path)).out.startswith("10 batches with 20 entries are in")
    sound = await parlour("credit", "verify", "--export", path)
    assert (sound.status, sound.out.splitlines()[0]) == (0, "10 batches with 20 entries were checked.")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1]["entries"][0][5] += 1
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    tampered = await parlour("credit", "verify", "--export", path)
    assert tampered.status == 1
    assert f"batch_is_not_its_entries: shard {lines[1]['shard']} batch {lines[1]['batch_seq']}" in tampered.out
    assert "operation_does_not_sum_to_zero" in tampered.out


async def test_findings_end_with_status_1_until_they_are_resolved_and_gone(credit, parlour):
    await credit.balance("user:1")
    assert (await parlour("reconcile", "--full")).status == 0
    await credit.run("UPDATE accounts SET held_microcredits = 3")
    found = await parlour("reconcile", "--full")
    assert found.status == 1
    assert "held_is_not_the_sum_of_open_holds" in found.out
    await credit.run("UPDATE accounts SET held_microcredits = 0")
    (finding,) = (row[0] for row in await credit.rows("SELECT finding_id FROM findings"))
    assert f"finding_{finding}" in (await parlour("credit", "findings")).out
    assert (await parlour("credit", "resolve", f"finding_{finding}", "--note", "put right by hand")).status == 0
    assert (await parlour("reconcile", "--full")).status == 0
    assert "put right by hand" in (await parlour("credit", "findings", "--state", "resolved")).out

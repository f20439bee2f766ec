"""What people may ask of us with what is stored of them, through all services and every store there is."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import psycopg
import pytest
import redis

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from services.local.data_folder import DataFolder
from services.local.postgres import Postgres
from services.local.valkey import Valkey
from tests.running_stack import Person, RunningStack, eventually

DATABASES = ("credit", "memory", "conversation")
SENTINEL = "Xylophonquartz"
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def somebody(gateway: grpc.aio.Channel, guild_id: str = "") -> Person:
    """Somebody whose id is in nothing else."""
    return Person(gateway, str(random.randrange(10**17, 10**18)), guild_id)


@pytest.fixture
async def conversation(stack: RunningStack) -> "AsyncIterator[conversation_pb2_grpc.ConversationServiceAsyncStub]":
    async with grpc.aio.insecure_channel(stack.address("conversation"), options=[("grpc.max_reconnect_backoff_ms", 200)]) as channel:
        stub: conversation_pb2_grpc.ConversationServiceAsyncStub = conversation_pb2_grpc.ConversationServiceStub(channel)

        async def reaches_credit() -> bool:
            try:
                return len([each async for each in stub.ExportSubject(pb.ExportSubjectRequest(user_id="nobody"), timeout=20)]) > 0
            except grpc.aio.AioRpcError:
                return False

        # The stack is shared: a test before may have killed credit, and conversation gives it time to recover.
        await eventually(reaches_credit, "conversation reaches credit again", 60)
        yield stub


async def patiently[A](call: Callable[[], Awaitable[A]], timeout_s: float = 60) -> A:
    """Call until the service is back."""
    async with asyncio.timeout(timeout_s):
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() not in AGAIN:
                    raise
                await asyncio.sleep(0.1)


async def receipt(conversation, erasure_id: str, timeout_s: float = 60) -> pb.GetErasureResponse:
    async def told() -> pb.GetErasureResponse:
        return await conversation.GetErasure(pb.GetErasureRequest(erasure_id=erasure_id), timeout=5)

    async with asyncio.timeout(timeout_s):
        while not (progress := await patiently(told)).complete:
            await asyncio.sleep(0.1)
    return progress


def found(stack: RunningStack, *needles: str) -> set[str]:
    """Every database.table.column, Redis key, log and file of a stack in which one of the needles is found."""
    places = set()
    server = Postgres(DataFolder(stack.data_dir).database)
    for name in DATABASES:
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            columns = connection.execute(
                "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns JOIN information_schema.tables"
                " USING (table_schema, table_name) WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            assert len(columns) > 50
            for schema, table, column, kind in columns:
                text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
                query = f'SELECT 1 FROM "{schema}"."{table}" WHERE {text} ILIKE ANY(%s) LIMIT 1'
                if connection.execute(query.encode(), [[f"%{needle}%" for needle in needles]]).fetchone():
                    places.add(f"{name}.{table}.{column}")
    valkey = Valkey(DataFolder(stack.data_dir).valkey, server.socket_folder)
    with redis.Redis.from_url(valkey.url) as client:
        for key in client.keys("*"):
            entry = key + b" " + (client.dump(key) or b"")
            if any(needle.encode() in entry for needle in needles):
                places.add(f"redis {key!r}")
    for path in (*(stack.data_dir / "logs").iterdir(), stack.data_dir / "tombstones.jsonl"):
        if path.is_file() and any(needle in path.read_text(errors="replace") for needle in needles):
            places.add(path.name)
    return places


async def test_an_export_has_what_all_services_know(stack, model, gateway, conversation):
    person = somebody(gateway, "guild-of-exports")
    await person.ask("remember that my cat is called Miso")
    answer = await person.ask("What is a good name for a dog?")
    person.guild_id = ""
    await person.ask("remember that I live in Oslo")
    person.guild_id = "guild-of-commands-alone"
    await person.ask("remember that I play the cello")
    answers = conversation.ExportSubject(pb.ExportSubjectRequest(user_id=person.user_id), timeout=60)
    lines = [json.loads(line) for line in "".join([each.json_lines async for each in answers]).splitlines()]
    assert lines[-1] == {"end_of": "parlour.subject_export", "lines": len(lines) - 2}
    rows: dict[str, list[dict]] = {}
    for line in lines[1:-1]:
        rows.setdefault(line["part"], []).append(line["row"])
    assert sorted(memory["text"] for memory in rows["memory.memories"]) == ["I live in Oslo", "I play the cello", "my cat is called Miso"]
    [said] = rows["conversation.messages"]
    assert (said["text"], [reply["text"] for reply in said["replies"]]) == ("What is a good name for a dog?", [answer.final.text])
    assert {entry["kind"] for entry in rows["credit.entries"]} >= {"grant", "capture"}
    assert int(rows["credit.balance"][0]["available_microcredits"]) == answer.final.available_microcredits
    assert len(rows["conversation.turns"]) == 1


async def test_exporting_somebody_unknown_opens_no_account(stack, gateway, conversation):
    person = somebody(gateway)
    answers = conversation.ExportSubject(pb.ExportSubjectRequest(user_id=person.user_id), timeout=60)
    assert len([each async for each in answers]) > 0
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        credit = credit_pb2_grpc.CreditServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await credit.ListEntries(credit_pb2.ListEntriesRequest(account_id=person.account_id), timeout=5)
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND


async def test_an_erasure_leaves_nothing_in_any_store_or_log(stack, model, gateway, conversation):
    person = somebody(gateway, "guild-of-erasures")
    await person.ask(f"remember that my cat is called {SENTINEL}")
    await person.ask(f"My sister is called {SENTINEL}, by the way.")
    person.guild_id = ""
    await person.ask(f"What rhymes with {SENTINEL}?")
    other = somebody(gateway, "guild-of-erasures")
    await other.ask("the harbour is closed")
    before = found(stack, SENTINEL, person.user_id)
    assert {"conversation.messages.text", "memory.memories.text", "credit.account_keys.account_id"} <= before
    begun = await conversation.EraseSubject(pb.EraseSubjectRequest(request_id=f"erase-{person.user_id}", user_id=person.user_id), timeout=5)
    done = await receipt(conversation, begun.erasure_id)
    for table in ("conversation.messages", "conversation.turns", "memory.memories", "credit.account_keys"):
        assert done.erased_by_table[table] > 0, table
    # A lease of the gateway's outlives its turn by seconds; jobs that go over a channel once more name it, and here the person's id is in its name.
    late = ("redis", "conversation.procrastinate_jobs.args")
    await eventually(lambda: not any(place.startswith(late) for place in found(stack, SENTINEL, person.user_id)), "leases and jobs are gone")
    assert found(stack, SENTINEL, person.user_id) == set()
    assert found(stack, other.user_id) != set()
    assert (await person.ask("Hello again")).final.available_microcredits > 0


async def test_an_erasure_goes_on_after_its_service_was_killed_in_the_middle_of_it(stack, model, gateway, conversation):
    person = somebody(gateway)
    await person.ask(f"remember that my cat is called {SENTINEL}")
    await person.ask(f"What rhymes with {SENTINEL}?")
    memory = stack.process_of("memory")
    memory.suspend()
    try:
        begun = await conversation.EraseSubject(pb.EraseSubjectRequest(request_id=f"kill-{person.user_id}", user_id=person.user_id), timeout=5)
        await eventually(lambda: not found(stack, person.user_id) & {"conversation.messages.author_id"}, "the texts are gone")
        progress = await conversation.GetErasure(pb.GetErasureRequest(erasure_id=begun.erasure_id), timeout=5)
        assert not progress.complete
        stack.kill("conversation")
    finally:
        memory.resume()
    done = await receipt(conversation, begun.erasure_id, timeout_s=90)
    assert done.erased_by_table["conversation.messages"] == progress.erased_by_table["conversation.messages"] == 2
    assert done.erased_by_table["memory.memories"] == 1
    await eventually(lambda: found(stack, person.user_id) == set(), "nothing is left")

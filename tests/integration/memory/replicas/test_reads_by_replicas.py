"""The service's reads over gRPC with a streaming replica: who served them, and what they show when the replica lags or is gone."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc
from services.memory.__main__ import wire
from services.memory.client import QUERY_SERVICE, RETRIED, SERVICE, MemoryClient
from services.memory.last_writes import Position, last_writes
from services.memory.settings import MemorySettings
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.health import Health
from services.runtime.server import Server

PATIENT = {"replica_wait_s": 5.0, "replica_lag_max_s": 600.0, "replica_rest_s": 600.0}
QUERY = "what is my cat called"


@asynccontextmanager
async def serving(url, model, *replicas, **changed):
    settings = MemorySettings(database_url=url, **{**PATIENT, **changed})
    database = Database(url)
    databases = [Database(replica.server.url("memory", user="memory"), wait_while_refused=False) for replica in replicas]
    memory = wire(settings, database, model, replicas=databases)
    server = Server("memory", settings, Health())
    server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, memory.writes, SERVICE)
    server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, memory.reads, QUERY_SERVICE)
    await server.start()
    remote = Remote("memory", f"127.0.0.1:{server.port}", retried=RETRIED)
    try:
        yield SimpleNamespace(
            client=MemoryClient(remote), reads=memory_pb2_grpc.MemoryQueryServiceStub(remote.channel), memory=memory, database=database
        )
    finally:
        await remote.close()
        await server.stop(1.0)
        await memory.replicas.close()
        for each in (*databases, database):
            await each.close()


def by_replica():
    return REGISTRY.get_sample_value("parlour_memory_reads_total", {"served_by": "replica-1", "reason": "fit"}) or 0


async def add(service, scopes, user, text="my cat is called Miso"):
    memory = pb.NewMemory(scope=scopes.private(user), text=text)
    return await service.client.add_memory(pb.AddMemoryRequest(request_id=scopes.request_id(), memory=memory), timeout_s=20)


async def search(service, scopes, user, **fields):
    request = pb.SearchMemoriesRequest(viewer=scopes.private_viewer(user), query=QUERY, **fields)
    response = await service.client.search_memories(request, timeout_s=20)
    return [result.memory.text for result in response.results], response.served_by


async def listed(service, scopes, user, **fields):
    request = pb.ListMemoriesRequest(viewer=scopes.private_viewer(user), **fields)
    return [memory.text for memory in (await service.client.list_memories(request, timeout_s=20)).memories]


async def get(service, scopes, user, memory_id, **fields):
    request = pb.GetMemoryRequest(viewer=scopes.private_viewer(user), memory_id=memory_id, **fields)
    return (await service.client.get_memory(request, timeout_s=20)).memory.text


async def exported(service, scopes, user, **fields):
    responses = service.reads.ExportMemories(pb.ExportMemoriesRequest(viewer=scopes.private_viewer(user), **fields), timeout=20)
    return [memory.text async for response in responses for memory in response.memories]


@pytest.mark.parametrize("kind", ["search", "list", "get", "export"])
async def test_every_read_is_served_by_the_replica(url, replica, model, scopes, kind):
    user = f"reader-of-{kind}"
    async with serving(url, model, replica) as service:
        added = await add(service, scopes, user)
        before = by_replica()
        calls = {
            "search": lambda: search(service, scopes, user),
            "list": lambda: listed(service, scopes, user),
            "get": lambda: get(service, scopes, user, added.memory.memory_id),
            "export": lambda: exported(service, scopes, user),
        }
        found = await calls[kind]()
        text = "my cat is called Miso"
        assert found == {"search": ([text], "replica-1"), "list": [text], "get": text, "export": [text]}[kind]
        assert by_replica() > before


async def test_while_the_replica_lags_the_primary_shows_what_was_written(url, replica, model, scopes):
    user = "writer"
    async with serving(url, model, replica, replica_wait_s=0.1, replica_failures_max=100) as service:
        first = await add(service, scopes, user)
        assert await search(service, scopes, user) == (["my cat is called Miso"], "replica-1")
        replica.run("SELECT pg_wal_replay_pause()")
        second = await add(service, scopes, user, "my cat likes salmon")
        texts, served_by = await search(service, scopes, user)
        assert (set(texts), served_by) == ({"my cat is called Miso", "my cat likes salmon"}, "primary")
        assert len(await listed(service, scopes, user)) == 2
        assert await get(service, scopes, user, second.memory.memory_id) == "my cat likes salmon"
        assert len(await exported(service, scopes, user)) == 2
        delete = pb.DeleteMemoryRequest(request_id=scopes.request_id(), viewer=scopes.private_viewer(user), memory_id=first.memory.memory_id)
        await service.client.delete_memory(delete, timeout_s=20)
        assert await search(service, scopes, user) == (["my cat likes salmon"], "primary")
        # Others are served by the replica meanwhile.
        assert (await search(service, scopes, "somebody-else"))[1] == "replica-1"


async def test_what_was_forgotten_and_brought_back_follows_its_token_to_another_instance(url, replica, model, scopes):
    user = "forgetful"
    brief = {"replica_wait_s": 0.1, "replica_failures_max": 100}
    async with serving(url, model) as writer, serving(url, model, replica, **brief) as reader:
        token = (await add(writer, scopes, user)).consistency_token
        assert (await listed(reader, scopes, user, consistency_token=token)) == ["my cat is called Miso"]
        replica.run("SELECT pg_wal_replay_pause()")
        viewer = scopes.private_viewer(user)
        plan = await writer.client.plan_forget(
            pb.PlanForgetRequest(request_id=scopes.request_id(), viewer=viewer, text="forget what my cat is called"), timeout_s=20
        )
        commit = pb.CommitForgetRequest(request_id=scopes.request_id(), viewer=viewer, plan_id=plan.plan_id)
        forgotten = await writer.client.commit_forget(commit, timeout_s=20)
        assert await search(reader, scopes, user, consistency_token=forgotten.consistency_token) == ([], "primary")
        assert await listed(reader, scopes, user, consistency_token=forgotten.consistency_token) == []
        undo = pb.UndoForgetRequest(request_id=scopes.request_id(), viewer=viewer, plan_id=plan.plan_id)
        restored = await writer.client.undo_forget(undo, timeout_s=20)
        assert Position.parse(restored.consistency_token) > Position.parse(forgotten.consistency_token)
        replica.run("SELECT pg_wal_replay_resume()")
        found = await search(reader, scopes, user, consistency_token=restored.consistency_token)
        assert found[0] == ["my cat is called Miso"]


@pytest.mark.parametrize("kind", ["search", "list", "get", "export"])
async def test_every_read_takes_a_token_of_another_instance(url, replica, model, scopes, kind):
    user = f"traveller-of-{kind}"
    brief = {"replica_wait_s": 0.1, "replica_failures_max": 100}
    async with serving(url, model) as writer, serving(url, model, replica, **brief) as reader:
        await search(reader, scopes, "somebody-else")
        replica.run("SELECT pg_wal_replay_pause()")
        added = await add(writer, scopes, user)
        token = {"consistency_token": added.consistency_token}
        text = "my cat is called Miso"
        calls = {
            "search": (lambda: search(reader, scopes, user, **token), ([text], "primary")),
            "list": (lambda: listed(reader, scopes, user, **token), [text]),
            "get": (lambda: get(reader, scopes, user, added.memory.memory_id, **token), text),
            "export": (lambda: exported(reader, scopes, user, **token), [text]),
        }
        call, expected = calls[kind]
        assert await call() == expected


async def test_without_the_replica_every_read_is_answered(url, replica, model, scopes):
    user = "survivor"
    async with serving(url, model, replica) as service:
        added = await add(service, scopes, user)
        assert (await search(service, scopes, user))[1] == "replica-1"
        replica.kill()
        assert await search(service, scopes, user) == (["my cat is called Miso"], "primary")
        assert await listed(service, scopes, user) == ["my cat is called Miso"]
        assert await get(service, scopes, user, added.memory.memory_id) == "my cat is called Miso"
        assert await exported(service, scopes, user) == ["my cat is called Miso"]


async def test_a_write_by_the_login_that_works_across_scopes_is_remembered_like_any_other(url, model):
    """It has connections of its own to the same primary."""
    maintenance, database = Database(url), Database(url)
    memory = wire(MemorySettings(database_url=url), database, model, maintenance=maintenance)
    try:
        assert last_writes(maintenance) is last_writes(database)
    finally:
        await memory.replicas.close()
        await maintenance.close()
        await database.close()


async def test_answers_name_no_address(url, replica, model, scopes):
    async with serving(url, model, replica) as service:
        await add(service, scopes, "curious")
        _, served_by = await search(service, scopes, "curious")
        names = {sample.labels.get("served_by") for metric in REGISTRY.collect() for sample in metric.samples} - {None}
    assert served_by == "replica-1"
    assert names <= {"primary", "replica-1", "replica-2"}

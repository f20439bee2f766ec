"""A memory service on a real database, called over real gRPC."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import psycopg
import pytest

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc
from services.local.postgres import Postgres
from services.memory.__main__ import Memory, wire
from services.memory.client import QUERY_SERVICE, RETRIED, SERVICE, MemoryClient
from services.memory.settings import MemorySettings
from services.retrieval.embedding import EmbeddingModel
from services.retrieval.text_embedding import TextEmbedding
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.guarded_redis import connect
from services.runtime.health import Health
from services.runtime.server import Server

TABLES = (
    "memories",
    "memory_versions",
    "memory_embeddings",
    "memory_terms",
    "memory_traits",
    "observed_messages",
    "operations",
    "embedded_scopes",
    "embedding_models",
    "forget_plan_items",
    "forget_plans",
    "scopes",
    "erased_memories",
    "erasures",
    "procrastinate_jobs",
)

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def model() -> Iterator[EmbeddingModel]:
    model = EmbeddingModel()
    yield model
    model.close()


@pytest.fixture(scope="session")
def shared_database(postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The url of one clone for all tests of memory, and its superuser's."""
    name, url = cloned_database("memory")
    yield url, postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def superuser_url(shared_database: tuple[str, str]) -> str:
    return shared_database[1]


@pytest.fixture
def memory_database_url(shared_database: tuple[str, str], superuser_url: str) -> str:
    """An empty database: emptying one takes a tenth of the time that cloning one takes."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(";".join(f"DELETE FROM {table}" for table in TABLES).encode())
    return shared_database[0]


class Service:
    """The service as others see it, and its insides where a test has to wait for them."""

    def __init__(self, client: MemoryClient, channel: grpc.aio.Channel, parts: Memory, database: Database) -> None:
        self.client = client
        self.writes = memory_pb2_grpc.MemoryServiceStub(channel)
        self.reads = memory_pb2_grpc.MemoryQueryServiceStub(channel)
        self.parts = parts
        self.database = database

    async def add(self, text: str, scope: pb.Scope | None = None, **fields: Any) -> pb.AddMemoryResponse:
        memory = pb.NewMemory(scope=scope or guild_scope(), text=text, **fields)
        return await self.client.add_memory(pb.AddMemoryRequest(request_id=new_id(), memory=memory), timeout_s=20)

    async def search(self, query: str, viewer: pb.Viewer | None = None, **fields: Any) -> list[str]:
        return [result.memory.text for result in await self.results(query, viewer, **fields)]

    async def results(self, query: str, viewer: pb.Viewer | None = None, **fields: Any) -> list[pb.SearchResult]:
        request = pb.SearchMemoriesRequest(viewer=viewer or guild_viewer(), query=query, **fields)
        return list((await self.client.search_memories(request, timeout_s=20)).results)

    async def list(self, viewer: pb.Viewer | None = None, **fields: Any) -> list[str]:
        request = pb.ListMemoriesRequest(viewer=viewer or guild_viewer(), **fields)
        return [memory.text for memory in (await self.client.list_memories(request, timeout_s=20)).memories]

    async def plan(self, sentence: str, viewer: pb.Viewer | None = None) -> pb.PlanForgetResponse:
        request = pb.PlanForgetRequest(request_id=new_id(), viewer=viewer or guild_viewer(), text=sentence)
        return await self.client.plan_forget(request, timeout_s=20)

    async def commit(self, plan_id: str, viewer: pb.Viewer | None = None) -> pb.CommitForgetResponse:
        request = pb.CommitForgetRequest(request_id=new_id(), viewer=viewer or guild_viewer(), plan_id=plan_id)
        return await self.client.commit_forget(request, timeout_s=20)

    async def undo(self, plan_id: str, viewer: pb.Viewer | None = None) -> pb.UndoForgetResponse:
        request = pb.UndoForgetRequest(request_id=new_id(), viewer=viewer or guild_viewer(), plan_id=plan_id)
        return await self.client.undo_forget(request, timeout_s=20)


def new_id() -> str:
    return f"request-{next(_numbers)}"


def guild_scope(user: str = "ada", guild: str = "g1", channel: str = "") -> pb.Scope:
    return pb.Scope(guild_id=guild, channel_id=channel, user_id=user, visibility=pb.VISIBILITY_GUILD)


def shared_scope(user: str = "ada", guild: str = "g1", channel: str = "") -> pb.Scope:
    return pb.Scope(guild_id=guild, channel_id=channel, user_id=user, visibility=pb.VISIBILITY_SHARED)


def private_scope(user: str = "ada") -> pb.Scope:
    return pb.Scope(user_id=user, visibility=pb.VISIBILITY_PRIVATE)


def guild_viewer(user: str = "ada", guild: str = "g1", channel: str = "c1") -> pb.Viewer:
    return pb.Viewer(guild_id=guild, channel_id=channel, user_id=user)


def private_viewer(user: str = "ada") -> pb.Viewer:
    return pb.Viewer(user_id=user)


@pytest.fixture
async def start_service(memory_database_url: str, model: EmbeddingModel) -> AsyncIterator[Callable[..., Any]]:
    """Starts an instance with settings of its own: `await start_service(forget_undo_s=0)`."""
    async with AsyncExitStack() as stack:

        async def start(*, embedding: TextEmbedding = model, earlier: Sequence[TextEmbedding] = (), **changed: Any) -> Service:
            return await stack.enter_async_context(_running(memory_database_url, embedding, earlier, changed))

        yield start


@pytest.fixture(scope="session")
def running_service(model: EmbeddingModel) -> Callable[..., Any]:
    """Runs an instance on a database of the test's own: `async with running_service(url, forget_undo_s=0) as service`."""
    return lambda url, **changed: _running(url, model, (), changed)


@asynccontextmanager
async def _running(url: str, model: TextEmbedding, earlier: Sequence[TextEmbedding], changed: dict[str, Any]) -> AsyncIterator[Service]:
    settings = MemorySettings(database_url=url, **changed)
    database = Database(url)
    conversation = Remote("conversation", settings.conversation_address) if settings.conversation_address else None
    redis_client = None
    if settings.redis_url:
        redis_client = connect(settings.redis_url, timeout_s=settings.result_cache_timeout_s, connections_max=settings.redis_connections_max)
    memory = wire(settings, database, model, earlier, conversation=conversation, redis_client=redis_client)
    server = Server("memory", settings, Health())
    server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, memory.writes, SERVICE)
    server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, memory.reads, QUERY_SERVICE)
    await server.start()
    remote = Remote("memory", f"127.0.0.1:{server.port}", retried=RETRIED)
    try:
        yield Service(MemoryClient(remote), remote.channel, memory, database)
    finally:
        await remote.close()
        if conversation is not None:
            await conversation.close()
        await server.stop(1.0)
        await database.close()
        if redis_client is not None:
            await redis_client.aclose()


@pytest.fixture
async def memory(start_service: Callable[..., Any]) -> Service:
    service: Service = await start_service()
    return service


# Test modules are imported by path (importmode=importlib): what they share reaches them as fixtures.
@pytest.fixture
def scopes() -> Any:
    """Makers of scopes, viewers and request ids."""

    class Makers:
        guild = staticmethod(guild_scope)
        shared = staticmethod(shared_scope)
        private = staticmethod(private_scope)
        viewer = staticmethod(guild_viewer)
        private_viewer = staticmethod(private_viewer)
        request_id = staticmethod(new_id)

    return Makers

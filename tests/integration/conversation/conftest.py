"""The conversation service in this process: real PostgreSQL, real gRPC, a scripted model, and neighbours that write down what they are told."""

import asyncio
import functools
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import psycopg
import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.conversation.__main__ import start
from services.conversation.client import RETRIED, ConversationClient
from services.conversation.settings import ConversationSettings
from services.local.postgres import Postgres
from services.retrieval.embedding import EmbeddingModel
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.entrypoint import Parts
from services.runtime.errors import NotFound
from services.runtime.health import Health
from services.runtime.jobs import Jobs
from services.runtime.schema import TABLES
from services.runtime.server import Server
from services.runtime.status import status_details
from tests.fakes.model_server import ModelServer

MODELS = """
[models.first.endpoint]
base_url = "{url}"
provider_model = "first"
context_window_tokens = 2048
max_completion_tokens = 400
capabilities = ["json_schema"]

[models.second.endpoint]
base_url = "{url}"
provider_model = "second"
api_key_env = ""
context_window_tokens = 4096
max_completion_tokens = 400

[models.nowhere.endpoint]
base_url = "http://127.0.0.1:9/v1"
provider_model = "nowhere"
context_window_tokens = 4096
max_completion_tokens = 400
"""


class Credit(credit_pb2_grpc.CreditServiceServicer):
    """Writes down usage; `error` is raised instead when set."""

    def __init__(self) -> None:
        self.recorded: list[credit_pb2.RecordUsageRequest] = []
        self.error: Exception | None = None

    async def RecordUsage(self, request, context):
        self.recorded.append(request)
        if self.error is not None:
            await context.abort(*status_details(self.error, "credit"))
        return credit_pb2.RecordUsageResponse(charged_microcredits=1, captured_now=True)

    async def ListEntries(self, request, context):
        await context.abort(*status_details(NotFound("account"), "credit"))


class CreditAdmin(credit_pb2_grpc.CreditAdminServiceServicer):
    """Writes down whom it was told to erase; fails the first `failures` times."""

    def __init__(self) -> None:
        self.erased: list[credit_pb2.EraseSubjectRequest] = []
        self.failures = 0

    async def EraseSubject(self, request, context):
        if self.failures:
            self.failures -= 1
            await context.abort(grpc.StatusCode.INTERNAL, "not now")
        self.erased.append(request)
        return credit_pb2.EraseSubjectResponse(erased_by_table={"account_keys": 1})


class Memory(memory_pb2_grpc.MemoryServiceServicer):
    """Writes down observed messages; fails the first `failures` times."""

    def __init__(self) -> None:
        self.observed: list[memory_pb2.ObserveMessagesRequest] = []
        self.erased: list[memory_pb2.EraseSubjectRequest] = []
        self.failures = 0

    async def ObserveMessages(self, request, context):
        if self.failures:
            self.failures -= 1
            await context.abort(grpc.StatusCode.INTERNAL, "not now")
        self.observed.append(request)
        return memory_pb2.ObserveMessagesResponse(accepted=len(request.messages))

    async def EraseSubject(self, request, context):
        if self.failures:
            self.failures -= 1
            await context.abort(grpc.StatusCode.INTERNAL, "not now")
        self.erased.append(request)
        return memory_pb2.EraseSubjectResponse(erased_by_table={"memories": 3})


class MemoryQuery(memory_pb2_grpc.MemoryQueryServiceServicer):
    """Remembers nothing."""

    async def ExportMemories(self, request, context):
        yield memory_pb2.ExportMemoriesResponse(format_version=1)


@pytest.fixture(scope="session")
def shared_database(postgres: Postgres, cloned_database: Callable[[str], tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The url of one clone for all tests of conversation, and its superuser's."""
    name, url = cloned_database("conversation")
    yield url, postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def conversation_database_url(shared_database: tuple[str, str]) -> str:
    """An empty database, and nobody of an earlier test in it: emptying one takes a tenth of the time that cloning one takes."""
    url, superuser_url = shared_database
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")  # the order of the tables does not matter then
        connection.execute("ALTER TABLE procrastinate_jobs DROP CONSTRAINT IF EXISTS no_jobs")
        ours = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)"
        tables = connection.execute(ours, [list(TABLES)]).fetchall()
        connection.execute(";".join(f"DELETE FROM {table}" for (table,) in tables).encode())
    return url


@dataclass
class Neighbours:
    """Credit and memory, as far as conversation calls them."""

    credit: Credit = field(default_factory=Credit)
    memory: Memory = field(default_factory=Memory)
    credit_admin: CreditAdmin = field(default_factory=CreditAdmin)
    address: str = ""


@pytest.fixture
async def neighbours() -> AsyncIterator[Neighbours]:
    found = Neighbours()
    server = grpc.aio.server()
    credit_pb2_grpc.add_CreditServiceServicer_to_server(found.credit, server)
    credit_pb2_grpc.add_CreditAdminServiceServicer_to_server(found.credit_admin, server)
    memory_pb2_grpc.add_MemoryServiceServicer_to_server(found.memory, server)
    memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server(MemoryQuery(), server)
    found.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield found
    await server.stop(None)


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


@functools.cache
def embedding_model() -> EmbeddingModel:
    """The model, loaded once: it holds nothing of a test's."""
    return EmbeddingModel()


class Service:
    """One instance of the conversation service."""

    def __init__(self, settings: ConversationSettings) -> None:
        self.settings = settings
        self.stack = AsyncExitStack()
        self.client: ConversationClient

    async def start(self) -> "Service":
        health = Health()
        server = Server("conversation", self.settings, health)
        parts = Parts(server, health, self.stack, None, asyncio.get_running_loop().create_future())
        await start(self.settings, parts, embedding_model())
        await server.start()
        self.stack.push_async_callback(server.stop, 0)
        self.address = f"127.0.0.1:{server.port}"
        self.remote = Remote("conversation", self.address, retried=RETRIED)
        self.stack.push_async_callback(self.remote.close)
        self.client = ConversationClient(self.remote)
        self.stub = conversation_pb2_grpc.ConversationServiceStub(self.remote.channel)
        return self

    async def stop(self) -> None:
        await self.stack.aclose()


@pytest.fixture
def settings(conversation_database_url: str, neighbours: Neighbours, model: ModelServer, tmp_path: Path) -> ConversationSettings:
    models_file = tmp_path / "models.toml"
    models_file.write_text(MODELS.format(url=model.base_url))
    return ConversationSettings(
        database_url=conversation_database_url,
        # Patient enough for a machine that stalls for a second or two.
        pool_wait_s=3.0,
        first_token_s=3.0,
        idle_s=3.0,
        end_before_s=0.5,
        model_failures_max=12,
        index_wait_messages=1,
        PARLOUR_CREDIT_ADDRESS=neighbours.address,
        PARLOUR_MEMORY_ADDRESS=neighbours.address,
        PARLOUR_MODELS_FILE=str(models_file),
    )


@pytest.fixture
async def service(settings: ConversationSettings) -> AsyncIterator[Service]:
    running = await Service(settings).start()
    yield running
    await running.stop()


@pytest.fixture
def client(service: Service) -> ConversationClient:
    return service.client


@pytest.fixture
async def database(conversation_database_url: str) -> AsyncIterator[Database]:
    """Looks into the service's database beside it."""
    beside = Database(conversation_database_url, pool_size=2)
    yield beside
    await beside.close()


async def rows(database: Database, query: str, *arguments: object) -> list[tuple]:
    async with database.connection() as connection:
        return await (await connection.execute(query, arguments)).fetchall()


async def drained(database: Database, timeout_s: float = 40) -> None:
    """Wait until every job has run."""
    async with asyncio.timeout(timeout_s):
        await Jobs(database).drained()


_numbers = itertools.count(1)


def message(text: str = "what is a good name for a dog?", **changes) -> pb.BeginTurnRequest:
    """A message nobody has sent before, by ann in the lounge."""
    given = {
        "message_id": f"m{next(_numbers)}",
        "guild_id": "guild",
        "channel_id": "lounge",
        "user_id": "ann",
        "user_name": "Ann",
        "origin": "api",
    }
    return pb.BeginTurnRequest(**{**given, "text": text, **changes})


def wanted(begun: pb.BeginTurnResponse, said: pb.BeginTurnRequest, **changes) -> pb.ReplyRequest:
    """The request for a turn's reply, on a hold."""
    given = {
        "turn_id": begun.turn_id,
        "fence": begun.fence,
        "message": said,
        "models": ["first", "second"],
        "account_id": f"user:{said.user_id}",
        "hold_id": f"hold-{said.message_id}",
    }
    return pb.ReplyRequest(**{**given, **changes})


@dataclass
class Reply:
    """What a reply's stream held."""

    started: list[pb.ReplyStarted] = field(default_factory=list)
    deltas: list[pb.ReplyDelta] = field(default_factory=list)
    generated: list[pb.ReplyGenerated] = field(default_factory=list)
    finished: pb.ReplyFinished | None = None

    @property
    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas)


async def read_reply(client: ConversationClient, request: pb.ReplyRequest, into: Reply | None = None, *, timeout_s: float = 10) -> Reply:
    """Read a whole reply; what came before an error is left in `into`."""
    reply = into or Reply()
    async for response in client.reply(request, timeout_s=timeout_s):
        match response.WhichOneof("event"):
            case "started":
                reply.started.append(response.started)
            case "delta":
                reply.deltas.append(response.delta)
            case "generated":
                assert reply.finished is None
                reply.generated.append(response.generated)
            case "finished":
                reply.finished = response.finished
    return reply


async def answered(client: ConversationClient, said: pb.BeginTurnRequest, **changes) -> tuple[pb.BeginTurnResponse, Reply]:
    """Begin a turn and read its reply."""
    begun = await client.begin_turn(said)
    return begun, await read_reply(client, wanted(begun, said, **changes))

"""Searches and batches over gRPC, each beside the least that it could be made of."""

import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import grpc
import psycopg
import uvloop

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc as pb_grpc
from services.memory.scopes import Scope, Visibility
from services.retrieval.embedding import EmbeddingModel, Vectors
from services.retrieval.text_embedding import vector_literal
from services.runtime.entrypoint import set_up_collector
from tests.bench.memory.sentences import sentences
from tests.bench.peers import ECHO
from tests.bench.turn import channel_to

BATCH_TEXTS = 100
ADDING_CALLERS = 4
"""So many batches are under way at once: while one is written, the next one's vectors are made."""
_WARM_UP = 10
_READY_WAIT_S = 60
_TIMEOUT_S = 60
_COSINE = (
    "SELECT memory_id, version, 1 - (embedding <=> %(query)s::vector) AS similarity FROM memory_embeddings"
    " WHERE scope_id = %(scope_id)s AND model = %(model)s AND live ORDER BY embedding <=> %(query)s::vector LIMIT 10"
)


@dataclass(frozen=True)
class Addresses:
    """Where the service and the echo answer, and the database for the bare query, as a role that no row level security binds."""

    service: str
    echo: str
    superuser_url: str


@dataclass
class Searches:
    """What searches of one shape took, and each part of their floor, milliseconds."""

    search_ms: list[float] = field(default_factory=list)
    embedding_ms: list[float] = field(default_factory=list)
    cosine_ms: list[float] = field(default_factory=list)
    echo_ms: list[float] = field(default_factory=list)
    results: int = 0

    @property
    def floor_ms(self) -> float:
        """The medians of the three parts, together."""
        return sum(statistics.median(part) for part in (self.embedding_ms, self.cosine_ms, self.echo_ms))

    @property
    def ratio(self) -> float:
        return statistics.median(self.search_ms) / self.floor_ms


@dataclass
class Adds:
    """Texts a second: of batches over gRPC, of one batch after the other, and of embedding alone."""

    added: list[float] = field(default_factory=list)
    added_alone: list[float] = field(default_factory=list)
    embedded: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(self.added) / statistics.median(self.embedded)

    @property
    def ratio_alone(self) -> float:
        return statistics.median(self.added_alone) / statistics.median(self.embedded)


@dataclass
class Calls:
    """Everything that was measured."""

    small: Searches = field(default_factory=Searches)
    large: Searches = field(default_factory=Searches)
    adds: Adds = field(default_factory=Adds)


def vectors_of(count: int) -> Vectors:
    """The vectors of so many sentences."""

    async def embedded() -> Vectors:
        model = EmbeddingModel()
        try:
            return await model.embed(list(itertools.islice(sentences(3), count)))
        finally:
            model.close()

    return uvloop.run(embedded())


def measure(addresses: Addresses, small: list[Scope], large: Scope, rounds: int, seconds: float) -> Calls:
    """Alternate searches of many scopes, of a large one, and batches, each for `seconds` a round."""
    return uvloop.run(_measure(addresses, small, large, rounds, seconds))


async def _measure(addresses: Addresses, small: list[Scope], large: Scope, rounds: int, seconds: float) -> Calls:
    calls = Calls()
    async with _bench(addresses) as bench:
        await bench.warm_up([*small[-_WARM_UP:], large])
        set_up_collector()
        # No scope is searched twice while there are others.
        others = itertools.cycle(small[:-_WARM_UP])
        for _ in range(rounds):
            await bench.searches(calls.small, others, seconds)
            await bench.searches(calls.large, itertools.repeat(large), seconds)
            calls.adds.embedded.append(await bench.embedded_per_second(seconds / 3))
            calls.adds.added.append(await bench.added_per_second(ADDING_CALLERS, seconds / 3))
            calls.adds.added_alone.append(await bench.added_per_second(1, seconds / 3))
    return calls


class _Bench:
    def __init__(self, service: grpc.aio.Channel, echo: Callable[[], Awaitable[object]], connection: psycopg.AsyncConnection) -> None:
        self._reads = pb_grpc.MemoryQueryServiceStub(service)
        self._writes = pb_grpc.MemoryServiceStub(service)
        self._echo = echo
        self._connection = connection
        self.model = EmbeddingModel()
        self._queries = sentences(time.time_ns(), clauses_max=1)  # people ask shorter than they tell
        self._texts = sentences(time.time_ns() + 1)
        self._numbers = itertools.count(1)

    async def warm_up(self, scopes: list[Scope]) -> None:
        for scope in scopes:
            await self.searches(Searches(), itertools.repeat(scope), 0)
        await self._add()

    async def searches(self, into: Searches, scopes: Iterator[Scope], seconds: float) -> None:
        """Search, and do the parts of the floor, by turns; once at least."""
        ends_s = time.perf_counter() + seconds
        while True:
            scope, query = next(scopes), next(self._queries)
            viewer = pb.Viewer(guild_id=scope.guild_id, channel_id="c1", user_id=scope.user_id)
            request = pb.SearchMemoriesRequest(viewer=viewer, query=query)
            with _timed(into.search_ms):
                found = await self._reads.SearchMemories(request, timeout=_TIMEOUT_S)
            into.results += len(found.results)
            with _timed(into.embedding_ms):
                vector = await self.model.embed_query(query)
            parameters = {"query": vector_literal(vector), "scope_id": scope.scope_id, "model": self.model.name}
            with _timed(into.cosine_ms):
                rows = await (await self._connection.execute(_COSINE, parameters, prepare=True)).fetchall()
            with _timed(into.echo_ms):
                await self._echo()
            assert len(rows) == 10, "the floor reads the scope that is searched"
            if time.perf_counter() >= ends_s:
                return

    async def embedded_per_second(self, seconds: float) -> float:
        return await _texts_per_second(1, seconds, lambda: self.model.embed(list(itertools.islice(self._texts, BATCH_TEXTS))))

    async def added_per_second(self, callers: int, seconds: float) -> float:
        return await _texts_per_second(callers, seconds, self._add)

    async def _add(self) -> None:
        """A batch of distinct texts into a scope of its own."""
        number = next(self._numbers)
        scope = pb.Scope(guild_id="added", user_id=f"added-{number}", visibility=pb.VISIBILITY_GUILD)
        texts = itertools.islice(self._texts, BATCH_TEXTS)
        request = pb.BatchAddMemoriesRequest(request_id=f"batch-{number}", memories=[pb.NewMemory(scope=scope, text=text) for text in texts])
        answer = await self._writes.BatchAddMemories(request, timeout=_TIMEOUT_S)
        assert len(answer.results) == BATCH_TEXTS


@contextlib.asynccontextmanager
async def _bench(addresses: Addresses) -> AsyncIterator[_Bench]:
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(_READY_WAIT_S):
            service = await stack.enter_async_context(channel_to(addresses.service))
            echo = (await stack.enter_async_context(channel_to(addresses.echo))).unary_unary(ECHO)
        connection = await psycopg.AsyncConnection.connect(addresses.superuser_url, autocommit=True)
        await stack.enter_async_context(connection)
        bench = _Bench(service, lambda: echo(b"x" * 100, timeout=_TIMEOUT_S), connection)
        stack.callback(bench.model.close)
        yield bench


@contextlib.contextmanager
def _timed(into: list[float]) -> Iterator[None]:
    started_s = time.perf_counter()
    yield
    into.append((time.perf_counter() - started_s) * 1000)


async def _texts_per_second(callers: int, seconds: float, batch: Callable[[], Awaitable[object]]) -> float:
    """Callers begin batches until the time is over; a batch that was begun is finished and counts."""
    done = 0
    started_s = time.perf_counter()

    async def caller() -> None:
        nonlocal done
        while True:
            await batch()
            done += 1
            if time.perf_counter() - started_s >= seconds:
                return

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done * BATCH_TEXTS / (time.perf_counter() - started_s)


def scope_of(number: int) -> Scope:
    """The scopes of a bench are numbered from 0, twenty of them in a guild."""
    return Scope(Visibility.GUILD, f"guild{number // 20}", "", f"user{number}")

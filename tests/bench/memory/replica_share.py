"""How many searches replicas serve when every twentieth call is a write, and whether any of them missed what was written before it.

`python -m tests.bench.memory.replica_share` runs it alone, on a server and one replica of its own.
"""

import argparse
import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.__main__ import Memory, wire
from services.memory.settings import MemorySettings
from services.retrieval.embedding import EmbeddingModel
from services.runtime import deadline
from services.runtime.database import Database
from services.runtime.entrypoint import set_up_collector
from tests.bench.credit.server import DurableServer, durable_server
from tests.bench.memory.sentences import sentences
from tests.bench.memory.server import create
from tests.streaming_replica import StreamingReplica

READS = 10_000
READS_A_WRITE = 19
CALLERS = 8
PEOPLE_A_CALLER = 25
DEADLINE_S = 1.5  # as the gateway gives a search
_SEED = 4
_DATABASE = "memory_replicas"
# Servicers of this service take nothing from the context.
_NO_CONTEXT: Any = None


@dataclass
class Counts:
    """What came of the searches."""

    searches: int = 0
    by_replicas: int = 0
    stale: int = 0


@dataclass
class Person:
    """Somebody with a scope of their own, and what is true of it: `present` is found, `gone` is not."""

    user_id: str
    present: pb.Memory | None = None
    gone: str = ""
    token: str = ""

    @property
    def scope(self) -> pb.Scope:
        return pb.Scope(user_id=self.user_id, visibility=pb.VISIBILITY_PRIVATE)

    @property
    def viewer(self) -> pb.Viewer:
        return pb.Viewer(user_id=self.user_id)


@dataclass
class Caller:
    """Writes and reads for its own people, one call after the other, so that it knows what each search has to find."""

    memory: Memory
    number: int
    texts: Iterator[str]
    counts: Counts
    people: list[Person] = field(default_factory=list)
    calls: int = 0

    def __post_init__(self) -> None:
        self._drawn = random.Random(_SEED + self.number)
        self.people = [Person(f"person-{self.number}-{each}") for each in range(PEOPLE_A_CALLER)]

    async def run(self, reads: int) -> None:
        """Do so many reads, with a write before each READS_A_WRITE of them; the first of those is of whom the write was for."""
        for person in self.people:
            await self._add(person)
        for count in range(reads):
            person = self._drawn.choice(self.people)
            if count % READS_A_WRITE == 0:
                await self._write(person)
            await self._read(person)

    def _request_id(self) -> str:
        self.calls += 1
        return f"{self.number}-{self.calls}"

    async def _write(self, person: Person) -> None:
        if person.present is None:
            await self._add(person)
        else:
            await self._drawn.choice((self._add, self._update, self._delete))(person)

    async def _add(self, person: Person) -> None:
        request = pb.AddMemoryRequest(request_id=self._request_id(), memory=pb.NewMemory(scope=person.scope, text=next(self.texts)))
        response = await self.memory.writes.AddMemory(request, _NO_CONTEXT)
        person.present, person.token = response.memory, response.consistency_token

    async def _update(self, person: Person) -> None:
        assert person.present is not None
        request = pb.UpdateMemoryRequest(
            request_id=self._request_id(),
            viewer=person.viewer,
            memory_id=person.present.memory_id,
            version=person.present.version,
            text=next(self.texts),
        )
        response = await self.memory.writes.UpdateMemory(request, _NO_CONTEXT)
        person.gone, person.present, person.token = person.present.text, response.memory, response.consistency_token

    async def _delete(self, person: Person) -> None:
        assert person.present is not None
        request = pb.DeleteMemoryRequest(request_id=self._request_id(), viewer=person.viewer, memory_id=person.present.memory_id)
        response = await self.memory.writes.DeleteMemory(request, _NO_CONTEXT)
        person.gone, person.present, person.token = person.present.text, None, response.consistency_token

    async def _read(self, person: Person) -> None:
        query = person.present.text if person.present is not None else person.gone
        # Every other search relies on what the service remembers of its own writes.
        token = person.token if self.counts.searches % 2 else ""
        request = pb.SearchMemoriesRequest(viewer=person.viewer, query=query, consistency_token=token)
        with deadline.limited(DEADLINE_S):
            response = await self.memory.reads.SearchMemories(request, _NO_CONTEXT)
        found = {result.memory.text for result in response.results}
        self.counts.searches += 1
        self.counts.by_replicas += response.served_by != "primary"
        self.counts.stale += person.gone in found or (person.present is not None and person.present.text not in found)


def replica_share(primary_url: str, replica_urls: Sequence[str], *, reads: int = READS) -> dict[str, float]:
    """Return which share of the searches replicas served, and how many of all, each of which is checked, missed a write before it."""
    return uvloop.run(_replica_share(primary_url, replica_urls, reads))


async def _replica_share(primary_url: str, replica_urls: Sequence[str], reads: int) -> dict[str, float]:
    counts = Counts()
    async with _service(primary_url, replica_urls) as memory:
        texts = sentences(_SEED)
        callers = [Caller(memory, number, texts, counts) for number in range(CALLERS)]
        set_up_collector()
        started_s = time.perf_counter()
        await asyncio.gather(*(caller.run(-(-reads // CALLERS)) for caller in callers))
        took_s = time.perf_counter() - started_s
    return {
        "replica_share": round(counts.by_replicas / counts.searches, 4),
        "stale_reads": counts.stale,
        "checked_reads": counts.searches,
        "searches_per_second": round(counts.searches / took_s, 1),
    }


@contextlib.asynccontextmanager
async def _service(primary_url: str, replica_urls: Sequence[str]) -> AsyncIterator[Memory]:
    model = EmbeddingModel()
    primary, *replicas = [Database(url, wait_while_refused=url == primary_url) for url in (primary_url, *replica_urls)]
    memory = wire(MemorySettings.model_validate({"database_url": primary_url}), primary, model, replicas=replicas)
    try:
        yield memory
    finally:
        await memory.replicas.close()
        for database in (*replicas, primary):
            await database.close()
        model.close()


def measure(server: DurableServer, *, reads: int = READS, apply_delay_ms: int = 0) -> dict[str, float]:
    """Measure on a database and a replica of their own; the replica replays each commit `apply_delay_ms` late."""
    url = create(server, _DATABASE)
    replica = StreamingReplica(server.postgres, server.folder / "replica", server.watchdog)
    replica.start()
    try:
        replica.run(f"ALTER SYSTEM SET recovery_min_apply_delay = {int(apply_delay_ms)}")
        replica.run("SELECT pg_reload_conf()")
        return replica_share(url, [replica.server.url(_DATABASE, user="memory")], reads=reads)
    finally:
        replica.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory.replica_share", description=__doc__)
    parser.add_argument("--reads", type=int, default=READS, help="searches, each of them checked")
    parser.add_argument("--apply-delay-ms", type=int, default=0, help="how late the replica replays")
    arguments = parser.parse_args()
    with durable_server() as server:
        print(json.dumps(measure(server, reads=arguments.reads, apply_delay_ms=arguments.apply_delay_ms)))


if __name__ == "__main__":
    main()

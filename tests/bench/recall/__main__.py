"""`make bench-recall DATA=folder`: how well SearchMemories finds what answers a question, on public dialogues; the last line is one JSON object.

Each dialogue is a guild of its own, each turn a shared memory, stored in order. Nothing but the question goes into a search.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.progress import track
from rich.table import Table

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc
from services.local.child import spawn, stop
from services.local.databases import EXTENSIONS
from services.local.postgres import NOT_DURABLE, Postgres
from services.local.watchdog import Watchdog
from services.memory.__main__ import wire
from services.memory.client import QUERY_SERVICE, RETRIED, SERVICE, MemoryClient
from services.memory.settings import MemorySettings
from services.retrieval.embedding import EmbeddingModel
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.health import Health
from services.runtime.migrations import migrate
from services.runtime.server import Server
from tests.bench.recall.dialogues import Dialogue, load
from tests.bench.recall.scores import Answered, mean_recall, mean_reciprocal_rank, scored, wrong_speaker

BOUNDS = {"recall_at_10": (0.80, 0.84), "mrr": (0.60, 0.66), "wrong_speaker_recall_at_10": (0.80, None)}
"""What each figure must reach, and what it aims at."""

OWNER = "memory"
RESULTS = 100
_BATCH = 200
_errors = Console(stderr=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.recall", description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with locomo_turns.jsonl and locomo_questions.jsonl")
    arguments = parser.parse_args()
    try:
        dialogues = load(arguments.data)
    except (OSError, ValueError, KeyError) as problem:
        print(f"{arguments.data} holds no dialogues that can be read: {problem}", file=sys.stderr)
        return 2
    with _database() as url:
        answered, seconds = asyncio.run(_answer(url, dialogues))
    figures = {
        "recall_at_10": round(mean_recall(scored(answered), 10), 4),
        "mrr": round(mean_reciprocal_rank(scored(answered)), 4),
        "wrong_speaker_recall_at_10": round(mean_recall(wrong_speaker(answered), 10), 4),
    }
    show(dialogues, answered, figures)
    counts = {"questions": len(scored(answered)), "wrong_speaker_questions": len(wrong_speaker(answered)), "search_ms_mean": round(seconds * 1000, 1)}
    print(json.dumps(figures | counts))
    return 0 if all(figures[name] >= bound for name, (bound, _) in BOUNDS.items()) else 1


def show(dialogues: list[Dialogue], answered: list[Answered], figures: dict[str, float]) -> None:
    """Print the figures, and how they are made up."""
    table = Table("questions", "number", "recall@5", "recall@10", "recall@20", "MRR", title="What answers a question, found by SearchMemories")
    groups = {"all scored": scored(answered)}
    groups |= {f"category {category}": [one for one in scored(answered) if one.question.category == category] for category in range(1, 5)}
    groups |= {"wrong speaker": wrong_speaker(answered)}
    groups |= {each.name: [one for one in scored(answered) if one.dialogue == each.name] for each in dialogues}
    for name, group in groups.items():
        numbers = (mean_recall(group, 5), mean_recall(group, 10), mean_recall(group, 20), mean_reciprocal_rank(group))
        table.add_row(name, str(len(group)), *(f"{number:.3f}" for number in numbers))
    kept = {name: "" if figures[name] >= bound else ", missed" for name, (bound, _) in BOUNDS.items()}
    table.caption = ", ".join(f"{name} {figures[name]:.3f} (>= {bound}{kept[name]})" for name, (bound, _) in BOUNDS.items())
    Console(width=max(100, Console().width)).print(table)


@contextlib.contextmanager
def _database():  # type: ignore[no-untyped-def]
    """A new PostgreSQL with memory's tables."""
    folder, watchdog = Path(tempfile.mkdtemp(prefix="parlour-bench-")), Watchdog()
    folder.chmod(0o755)
    watchdog.remove_folder(str(folder))
    postgres = Postgres(folder / "data", settings=NOT_DURABLE)
    postgres.prepare()
    process = spawn(postgres.command(), folder / "log", watchdog)
    try:
        postgres.wait_ready(process, folder / "log")
        postgres.create_database("memory", owner=OWNER, extensions=EXTENSIONS["memory"])
        migrate(postgres.url("memory", user=OWNER), "services.memory")
        yield postgres.url("memory", user=OWNER)
    finally:
        stop(process, postgres.command(), watchdog)
        shutil.rmtree(folder, ignore_errors=True)
        watchdog.close()


@contextlib.asynccontextmanager
async def _service(url: str) -> AsyncIterator[MemoryClient]:
    """The service as it ships, with the settings that it has unless it is told otherwise."""
    async with contextlib.AsyncExitStack() as stack:
        model = EmbeddingModel()
        stack.callback(model.close)
        settings = MemorySettings(listen="127.0.0.1:0", database_url=url)
        database = Database(url)
        stack.push_async_callback(database.close)
        parts = wire(settings, database, model)
        server = Server("memory", settings, Health())
        server.add(memory_pb2_grpc.add_MemoryServiceServicer_to_server, parts.writes, SERVICE)
        server.add(memory_pb2_grpc.add_MemoryQueryServiceServicer_to_server, parts.reads, QUERY_SERVICE)
        await server.start()
        stack.push_async_callback(server.stop, 1.0)
        remote = Remote("memory", f"127.0.0.1:{server.port}", retried=RETRIED)
        stack.push_async_callback(remote.close)
        yield MemoryClient(remote)


async def _answer(url: str, dialogues: list[Dialogue]) -> tuple[list[Answered], float]:
    """Store the dialogues and ask every question; return what was found, and the mean seconds of a search."""
    answered: list[Answered] = []
    taken_s = 0.0
    async with _service(url) as client:
        for dialogue in track(dialogues, "storing", console=_errors):
            await _store(client, dialogue)
        asked = [(dialogue, question) for dialogue in dialogues for question in dialogue.questions if question.evidence]
        for dialogue, question in track(asked, "searching", console=_errors):
            viewer = pb.Viewer(guild_id=dialogue.name, channel_id="general", user_id="reader")
            started_s = time.perf_counter()
            request = pb.SearchMemoriesRequest(viewer=viewer, query=question.text, limit=RESULTS)
            response = await client.search_memories(request, timeout_s=60)
            taken_s += time.perf_counter() - started_s
            answered.append(Answered(dialogue.name, question, [result.memory.provenance.message_ids[0] for result in response.results]))
    return answered, taken_s / max(1, len(answered))


async def _store(client: MemoryClient, dialogue: Dialogue) -> None:
    for first in range(0, len(dialogue.turns), _BATCH):
        memories = []
        for turn in dialogue.turns[first : first + _BATCH]:
            said_at = Timestamp()
            said_at.FromDatetime(turn.said_at)
            speaker = turn.speaker.casefold().replace(" ", "_")
            scope = pb.Scope(guild_id=dialogue.name, user_id=speaker, visibility=pb.VISIBILITY_SHARED)
            origin = pb.Provenance(message_ids=[turn.turn_id], author_id=speaker, author_name=turn.speaker)
            memories.append(pb.NewMemory(scope=scope, text=turn.text, provenance=origin, valid_from=said_at))
        request = pb.BatchAddMemoriesRequest(request_id=f"{dialogue.name}-{first}", memories=memories)
        await client.batch_add_memories(request, timeout_s=300)


if __name__ == "__main__":
    sys.exit(main())

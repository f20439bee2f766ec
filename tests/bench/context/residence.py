"""What stays in memory after a month of people: everything that the conversation service keeps per person, driven in process by 1,000,000 of them.

Each person talks in a guild of a hundred, once: a session, names, the persona and the guild's settings through their caches, the tokens of name and
message, the words and the vector of the message, a slot of the model gate; of every hundredth the reader goes away, and some replies wait for a
database that does not come. The month has evenings: half of a day's people come in one hour, more than there is room for. Time is injected where the
service takes a clock; the maps that take none (token counts, vectors) never see anybody as idle, and are held by their sizes alone. What would be
asked of Redis, the database and the embedding model is answered at once; what would be kept of the answer is kept.

`resident_growth_mb` is the resident size of a fresh child process at the end, less that after the first 20,000 people, when whatever is made once
(pools of the allocator, code, metrics) is there. Before each reading rings are collected (gc.collect) and free pages given back (malloc_trim), so
that it tells what is held, and not what the allocator is slow to return.
"""

import argparse
import asyncio
import contextlib
import ctypes
import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from prometheus_client import REGISTRY
from tokenizers import Tokenizer, models, pre_tokenizers

from services.conversation.abandoned import AbandonedReplies
from services.conversation.guilds.guild_settings import GuildSettings
from services.conversation.models.model_gate import ModelGate
from services.conversation.people.relationship import Person
from services.conversation.people.sessions import Sessions
from services.conversation.people.telling_words import telling_words
from services.conversation.personas.persona import DEFAULT, Persona
from services.conversation.settings import ConversationSettings
from services.conversation.turn import Ending, TurnState
from services.conversation.unstored import UnstoredEndings
from services.conversation.window.token_counting import ModelTokenizer
from services.retrieval.embedding import DIMENSIONS, RECENT_S, EmbeddingModel
from services.retrieval.text_embedding import Vectors
from services.runtime.bounded_map import BoundedMap, all_maps, sweep_all
from services.runtime.cache import Cache
from services.runtime.cache_generations import Generations
from services.runtime.cache_standing import Standing
from services.runtime.errors import DependencyUnavailable

PEOPLE = 1_000_000
DAYS = 30
WARM_UP = 20_000
GUILD_PEOPLE = 100
_DAY_S, _HOUR_S, _SWEEP_S = 86_400.0, 3_600.0, 600.0
_ROOT = Path(__file__).resolve().parents[3]


async def measure(people: int = PEOPLE) -> dict[str, float]:
    """Return the figures, measured in a fresh child process; `people` come at the same rate however many they are. Raises ChildFailed."""
    found = await observed(people)
    evicted = found["evicted"]
    return {
        "resident_growth_mb": round(found["growth_mb"], 1),
        "resident_people": float(people),
        "resident_evictions": float(sum(evicted.values())),
        "resident_items": float(sum(size for size, _ in found["items"].values())),
    }


class ChildFailed(Exception):
    """The child process ended with an error."""


async def observed(people: int) -> dict[str, Any]:
    """Return what a child process saw: growth_mb, evicted (by "map cause"), items (by map: most at once, limit), committed."""
    command = (sys.executable, "-m", "tests.bench.context.residence", "--people", str(people))
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}  # two short texts are not worth waking threads for
    child = await asyncio.create_subprocess_exec(*command, cwd=_ROOT, env=environment, stdout=asyncio.subprocess.PIPE)
    output, _ = await child.communicate()
    if child.returncode:
        raise ChildFailed(f"exit status {child.returncode}")
    seen: dict[str, Any] = json.loads(output.splitlines()[-1])
    return seen


class _Clock:
    """Injected time, in seconds."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class _AlwaysCurrent(Generations):
    """Redis that knows everything as current."""

    async def observe(self, keys: Sequence[str]) -> tuple[bytes, ...] | None:
        return (b"1",) * len(keys)


class _AtOnce:
    """A lane that embeds without a model."""

    async def run(self, embed: object, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), DIMENSIONS), dtype=np.float32)


class _Embedding(EmbeddingModel):
    """The embedding model without the model: what it keeps of queries is its own."""

    def __init__(self, recent_max: int) -> None:
        self._recent: BoundedMap[bytes, Vectors] = BoundedMap("recent_query_vectors", size_max=recent_max, ttl_s=RECENT_S)
        self._lanes = {"query": _AtOnce()}


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


class _Service:
    """What the conversation service keeps of people in process, with the limits that it is shipped with."""

    def __init__(self, settings: ConversationSettings) -> None:
        self.clock = _Clock()
        self.committed = 0
        self.sessions = Sessions(self._commit, size_max=settings.sessions_max, idle_s=settings.session_idle_s, clock=self.clock)
        generations = _AlwaysCurrent("redis://nowhere", "residence", timeout_s=1, ttl_s=_HOUR_S, edit_s=1)
        self._standing = Standing(_one, _nothing, lease_s=2 * _SWEEP_S, clock=self.clock)
        size_max, ttl_s = settings.cache_items_max, settings.cache_ttl_s
        self._guilds: Cache[GuildSettings] = Cache("guild_settings", generations, self._standing, size_max=size_max, ttl_s=ttl_s, clock=self.clock)
        self._personas: Cache[Persona] = Cache("personas", generations, self._standing, size_max=size_max, ttl_s=ttl_s, clock=self.clock)
        self._tokens = ModelTokenizer(_tokenizer(), counts_max=settings.token_counts_max)
        self._embedding = _Embedding(settings.embeddings_recent_max)
        self._gate = ModelGate(slots=settings.model_slots, waiting_max=settings.model_waiting_max)
        self._abandoned = AbandonedReplies(_nothing_of, size_max=settings.abandoned_max)
        self._unstored = UnstoredEndings(_away, size_max=settings.unstored_max, retry_s=settings.unstored_retry_s)
        self._unstored_max = settings.unstored_max
        self.most: dict[str, int] = {}

    async def _commit(self, people: Sequence[Person]) -> None:
        self.committed += len(people)

    async def comes(self, number: int) -> None:
        """Have a person talk once."""
        person = Person(f"{10**17 + number // GUILD_PEOPLE}", f"{2 * 10**17 + number}")
        name, text = f"person {number}", f"what do you know about {_word(number)}?"
        self.sessions.turn(person)
        session = self.sessions.get(person)
        if session is not None:
            session.names = (name, f"nick {number}")
        await self._guilds.get([f"guild_settings\0{person.guild_id}"], lambda: _value(GuildSettings()))
        await self._personas.get([f"persona\0{person.guild_id}\0{person.user_id}", "persona\0\0"], lambda: _value(DEFAULT))
        self._tokens.count_all([text, name])
        telling_words(text, frozenset())
        await self._embedding.embed_query(text)
        async with self._gate.slot(wait_s=1.0):
            pass
        if number % 100 == 0:
            with contextlib.suppress(asyncio.CancelledError), self._abandoned.noticed(f"{number}:0", 1):
                raise asyncio.CancelledError
        if number < self._unstored_max:
            self._unstored.keep(Ending(f"{number}:0", 1, TurnState.FINISHED, text, None))

    async def sweeps(self) -> None:
        """Do what the service does at intervals."""
        self.count()
        await self._standing.confirm()
        sweep_all()
        self.sessions.sweep()
        await self.sessions.commit_ended()
        await asyncio.sleep(0)

    def count(self) -> None:
        """Note the most that was in each map."""
        for bounded in all_maps():
            self.most[bounded.name] = max(self.most.get(bounded.name, 0), len(bounded))

    async def close(self) -> None:
        """End what is under way."""
        await self._abandoned.close()
        await self._unstored.close()


async def _one() -> int:
    return 1


async def _nothing() -> None:
    return None


async def _nothing_of(turn_id: str, fence: int) -> None:
    await asyncio.sleep(0)


async def _away(ending: Ending) -> None:
    raise DependencyUnavailable("database", "away")


async def _value[V](value: V) -> V:
    return value


def _word(number: int) -> str:
    """Return a word that no other person uses."""
    letters = []
    while number:
        number, digit = divmod(number, 20)
        letters.append("bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5])
    return "".join(letters) + "ing"


def _arrivals(people: int) -> Iterator[float]:
    """Yield when people come, in seconds of the month: half of a day's in one hour of its evening."""
    a_day = PEOPLE // DAYS
    for number in range(people):
        day, place = divmod(number, a_day)
        evening = place - a_day // 4
        if 0 <= evening < a_day // 2:
            yield day * _DAY_S + 19 * _HOUR_S + _HOUR_S * evening / (a_day // 2)
        elif evening < 0:
            yield day * _DAY_S + 19 * _HOUR_S * place / (a_day // 4)
        else:
            yield day * _DAY_S + 20 * _HOUR_S + 4 * _HOUR_S * (evening - a_day // 2) / (a_day // 4 + 2)


def resident_mb() -> float:
    """Return what of this process is in memory, once everything that is free has been given back."""
    gc.collect()
    with contextlib.suppress(AttributeError):  # a C library without it keeps what it likes
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def drive(people: int, resident: Callable[[], float] = resident_mb) -> dict[str, Any]:
    """Drive people through a service of this process; see `observed`."""
    settings = ConversationSettings(
        database_url="postgresql://nobody@nowhere/none", PARLOUR_CREDIT_ADDRESS="-", PARLOUR_MEMORY_ADDRESS="-", PARLOUR_MODELS_FILE="-"
    )
    service = _Service(settings)
    await service.sweeps()
    swept_at_s, before_mb = 0.0, 0.0
    for number, comes_at_s in enumerate(_arrivals(people)):
        while comes_at_s - swept_at_s >= _SWEEP_S:
            swept_at_s += _SWEEP_S
            service.clock.now_s = swept_at_s
            await service.sweeps()
        service.clock.now_s = comes_at_s
        await service.comes(number)
        if number % 1_000 == 0:
            service.count()
        if number == WARM_UP:
            before_mb = resident()
    growth_mb = resident() - before_mb
    await service.close()
    limits = {
        "conversation_sessions": settings.sessions_max,
        "cache_guild_settings": settings.cache_items_max,
        "cache_personas": settings.cache_items_max,
        "token_counts": settings.token_counts_max,
        "recent_query_vectors": settings.embeddings_recent_max,
    }
    return {
        "growth_mb": growth_mb,
        "committed": service.committed,
        "evicted": _evicted(),
        "items": {name: (most, limits.get(name, 0)) for name, most in service.most.items()},
    }


def _evicted() -> dict[str, int]:
    samples = [sample for metric in REGISTRY.collect() if metric.name == "parlour_map_evictions" for sample in metric.samples]
    return {
        f"{sample.labels['map']} {sample.labels['cause']}": int(sample.value) for sample in samples if sample.name.endswith("_total") and sample.value
    }


def main() -> None:
    """Print what this process saw, as one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=PEOPLE)
    work: Awaitable[dict[str, Any]] = drive(parser.parse_args().people)
    print(json.dumps(asyncio.run(work)))


if __name__ == "__main__":
    main()

"""Which messages answer which message: known here, and in Redis for other instances and after a restart. Ids and states, never a text."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import redis.asyncio as redis
from prometheus_client import Counter

from services.runtime.bounded_map import BoundedMap
from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable

_PREFIX = "parlour:discord:answer"
_WRITES_MAX = 1000

_unshared = Counter("parlour_gateway_discord_answer_records_unshared_total", "Records of answers that Redis did not take or give")

type _Command = Callable[[redis.Redis], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """The newest answer to a message.

    `edited_at`: when the message that it answers was last edited, as Discord writes it; empty: never. `done` False: `instance` is answering.
    """

    message_id: str
    channel_id: str
    guild_id: str
    asker_id: str
    attempt: int = 0
    edited_at: str = ""
    message_ids: tuple[str, ...] = ()
    instance: str = ""
    done: bool = False

    def ended(self, message_ids: tuple[str, ...]) -> "AnswerRecord":
        """Return the record of the answer as it stands there."""
        return replace(self, message_ids=message_ids, done=True)


class AnswerRecords:
    """Keeps records for `keep_s` seconds, `size_max` of them here. Without Redis (`client` None, or away) only here."""

    def __init__(self, client: "redis.Redis | None", *, size_max: int, keep_s: float, instance: str = "") -> None:
        self.instance = instance
        self._keep_s = keep_s
        self._redis = GuardedRedis(client, "answers")
        self._records: BoundedMap[str, AnswerRecord] = BoundedMap("discord_answers", size_max=size_max, ttl_s=keep_s)
        self._writes: dict[str, asyncio.Task[None]] = {}

    def put(self, record: AnswerRecord) -> None:
        """Keep a record; the one in Redis follows by itself."""
        self._records.put(record.message_id, record)
        text = json.dumps(asdict(record))
        self._share(record.message_id, lambda client: client.set(_key(record.message_id), text, ex=max(1, int(self._keep_s))))

    def forget(self, message_id: str) -> None:
        """Keep nothing of a message's answer any more."""
        self._records.pop(message_id)
        self._share(message_id, lambda client: client.delete(_key(message_id)))

    async def get(self, message_id: str) -> AnswerRecord | None:
        """Return the newest record; None where nobody knows of an answer. One of another instance may be newer than ours."""
        here = self._records.get(message_id)
        writing = self._writes.get(message_id)
        if writing is not None:
            await asyncio.wait([writing])
        shared = await self._shared(message_id)
        if here is None or shared is None:
            return shared or here
        return shared if (shared.attempt, shared.done) > (here.attempt, here.done) else here

    async def drain(self) -> None:
        """Wait until Redis has what it is to have."""
        if self._writes:
            await asyncio.wait(self._writes.values())

    async def _shared(self, message_id: str) -> AnswerRecord | None:
        written: Any = await self._ask(lambda client: client.get(_key(message_id)))
        if written is None:
            return None
        try:
            read = json.loads(written)
            return AnswerRecord(**{**read, "message_ids": tuple(read["message_ids"])})
        except (ValueError, TypeError, KeyError):  # written by another version
            return None

    def _share(self, message_id: str, command: _Command) -> None:
        """Tell Redis in the background, in order for each message."""
        if self._redis.client is None:
            return
        if len(self._writes) >= _WRITES_MAX:
            _unshared.inc()
            return
        earlier = self._writes.get(message_id)
        task = asyncio.create_task(self._after(earlier, command))
        self._writes[message_id] = task
        task.add_done_callback(lambda done: self._written(message_id, done))

    def _written(self, message_id: str, task: "asyncio.Task[None]") -> None:
        if self._writes.get(message_id) is task:
            del self._writes[message_id]

    async def _after(self, earlier: "asyncio.Task[None] | None", command: _Command) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        await self._ask(command)

    async def _ask(self, command: _Command) -> Any:
        try:
            return await self._redis.ask(command)
        except RedisUnavailable:
            if self._redis.client is not None:
                _unshared.inc()
            return None


def _key(message_id: str) -> str:
    return f"{_PREFIX}:{message_id}"

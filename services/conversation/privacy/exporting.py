"""Everything that is stored about a person, in all services, as JSON lines.

The first line names the schema and its parts, each that follows is {"part": ..., "row": {...}}, and the last counts them, so that an export that was
cut off is known. Rows of owned tables (personal_data.py) are as they are stored; a message comes with the replies to it; of a guild that ignores the
person there is the id; memories and credit's balance, grants and entries are in the JSON form of their protos. Each page is read on its own: what is
written meanwhile may be in it or not.

Memory and credit are asked for their first answers before anything is sent: where one of them is away the export is refused, not shortened.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast

import sqlalchemy as sa
from google.protobuf.json_format import MessageToDict
from prometheus_client import Counter, Gauge

from parlour.credit.v1 import credit_pb2
from parlour.memory.v1 import memory_pb2
from services.conversation import tables
from services.conversation.guilds.ignored_people import ignoring_guilds
from services.conversation.privacy.personal_data import NOT_EXPORTED, OWNED
from services.credit.client import CreditClient
from services.memory.client import MemoryClient
from services.runtime.database import Database
from services.runtime.errors import NotFound, Overloaded

SCHEMA = "parlour.subject_export"
VERSION = 1
_CHUNK_CHARACTERS = 64 << 10
_CREDIT_S = 10.0
_MEMORY_S = 600.0
_ENTRIES_PAGE = 500

_lines = Counter("parlour_conversation_export_lines_total", "Lines of exports", ["part"])
_under_way = Gauge("parlour_conversation_exports_active", "Exports that are being read")

_MESSAGES = sa.text("""
    SELECT m.sequence, m.guild_id, m.channel_id, m.message_id, m.author_name, m.text, m.replied_to, m.images, m.edited_at, m.create_time, (
        SELECT json_agg(json_build_object('text', r.text, 'create_time', r.create_time) ORDER BY r.sequence) FROM messages r
        WHERE r.guild_id = m.guild_id AND r.channel_id = m.channel_id AND r.answers_message_id = m.message_id AND r.answers_message_id <> ''
    ) AS replies
    FROM messages m WHERE m.author_id = :user_id AND m.role = 'user' AND m.sequence > :after ORDER BY m.sequence LIMIT :page_size
""")


class SubjectExports:
    """Reads exports out, `page_size` rows at a time, at most exports_max at once."""

    def __init__(self, database: Database, memory: MemoryClient, credit: CreditClient, *, page_size: int, exports_max: int) -> None:
        self._database = database
        self._memory = memory
        self._credit = credit
        self._page_size = page_size
        self._exports_max = exports_max
        self._reading = 0

    async def read(self, user_id: str) -> AsyncGenerator[str, None]:
        """Yield the export in chunks of whole lines. Raises Overloaded, and whatever memory or credit raise, before the first."""
        if self._reading >= self._exports_max:
            raise Overloaded("too many exports are being read", retry_after_s=5.0)
        self._reading += 1
        _under_way.set(self._reading)
        try:
            async with aclosing(_chunks(self._all_lines(user_id))) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self._reading -= 1
            _under_way.set(self._reading)

    async def _all_lines(self, user_id: str) -> AsyncGenerator[str, None]:
        entries = await self._first_entries(user_id)
        memories = self._memories(user_id)
        async with aclosing(memories):
            first = await anext(memories, None)  # memory is known to answer before the first line is sent
            count = 0
            yield await self._header(user_id)
            own = (self._owned(user_id), self._ignored(user_id), self._messages(user_id))
            parts = (*own, _with_first(first, memories), self._credit_rows(user_id, entries))
            for part in parts:
                async with aclosing(part) as rows:
                    async for name, row in rows:
                        count += 1
                        _lines.labels(name).inc()
                        yield _line({"part": name, "row": row})
            yield _line({"end_of": SCHEMA, "lines": count})

    async def _header(self, user_id: str) -> str:
        async with self._database.read() as session:
            now = (await session.execute(sa.select(sa.func.now()))).scalar_one()
        parts = [*(f"conversation.{table}" for table in OWNED), "conversation.guild_settings", "conversation.messages", "memory.memories"]
        parts += ["credit.balance", "credit.grants", "credit.entries"]
        return _line({"schema": SCHEMA, "version": VERSION, "user_id": user_id, "time": now, "parts": parts})

    async def _owned(self, user_id: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        for name, column in OWNED.items():
            table = tables.metadata.tables[name]
            shown = [each for each in table.c if each.name not in NOT_EXPORTED.get(name, ())]
            key = list(table.primary_key.columns)
            after: Sequence[Any] | None = None
            while True:
                statement = sa.select(*shown).where(table.c[column] == user_id).order_by(*key).limit(self._page_size)
                if after is not None:
                    statement = statement.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
                async with self._database.read() as session:
                    rows = (await session.execute(statement)).mappings().all()
                for row in rows:
                    yield f"conversation.{name}", dict(row)
                if len(rows) < self._page_size:
                    break
                after = [rows[-1][each.name] for each in key]

    async def _ignored(self, user_id: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """Where a person is not answered, and nothing else of what was decided there."""
        async with self._database.read() as session:
            guild_ids = await ignoring_guilds(session, user_id)
        for guild_id in guild_ids:
            yield "conversation.guild_settings", {"guild_id": guild_id}

    async def _messages(self, user_id: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        after = 0
        while True:
            async with self._database.read() as session:
                values = {"user_id": user_id, "after": after, "page_size": self._page_size}
                rows = (await session.execute(_MESSAGES, values)).mappings().all()
            for row in rows:
                yield "conversation.messages", {key: value for key, value in row.items() if key != "sequence"}
            if len(rows) < self._page_size:
                return
            after = rows[-1]["sequence"]

    async def _memories(self, user_id: str) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        request = memory_pb2.ExportMemoriesRequest(viewer=memory_pb2.Viewer(user_id=user_id), everywhere=True)
        async with aclosing(cast("Any", self._memory.export_memories(request, timeout_s=_MEMORY_S))) as pages:
            async for page in pages:
                for memory in page.memories:
                    yield "memory.memories", MessageToDict(memory, preserving_proto_field_name=True)

    async def _first_entries(self, user_id: str) -> credit_pb2.ListEntriesResponse | None:
        """Return the newest page of a person's entries, None where they have no account: asking for the balance would open one."""
        request = credit_pb2.ListEntriesRequest(account_id=f"user:{user_id}", page_size=_ENTRIES_PAGE)
        try:
            return await self._credit.list_entries(request, timeout_s=_CREDIT_S)
        except NotFound:
            return None

    async def _credit_rows(self, user_id: str, page: credit_pb2.ListEntriesResponse | None) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        if page is None:
            return
        account_id = f"user:{user_id}"
        balance = (await self._credit.get_balance(credit_pb2.GetBalanceRequest(account_id=account_id), timeout_s=_CREDIT_S)).balance
        yield "credit.balance", MessageToDict(balance, preserving_proto_field_name=True)
        grants = (await self._credit.list_grants(credit_pb2.ListGrantsRequest(account_id=account_id), timeout_s=_CREDIT_S)).grants
        for grant in grants:
            yield "credit.grants", MessageToDict(grant, preserving_proto_field_name=True)
        while True:
            for entry in page.entries:
                yield "credit.entries", MessageToDict(entry, preserving_proto_field_name=True)
            if not page.next_page_token:
                return
            request = credit_pb2.ListEntriesRequest(account_id=account_id, page_size=_ENTRIES_PAGE, page_token=page.next_page_token)
            page = await self._credit.list_entries(request, timeout_s=_CREDIT_S)


async def _with_first[T](first: T | None, rest: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    if first is not None:
        yield first
    async for each in rest:
        yield each


async def _chunks(lines: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Join lines to chunks that are worth sending. The first goes at once: it tells that the export has begun."""
    waiting: list[str] = []
    size = 0
    first = True
    async with aclosing(lines) as each:
        async for line in each:
            waiting.append(line)
            size += len(line)
            if first or size >= _CHUNK_CHARACTERS:
                yield "".join(waiting)
                waiting, size, first = [], 0, False
    if waiting:
        yield "".join(waiting)


def _line(value: dict[str, Any]) -> str:
    return f"{json.dumps(value, ensure_ascii=False, default=_text)}\n"


def _text(value: object) -> str:
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if callable(isoformat) else str(value)

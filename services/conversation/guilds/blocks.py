"""BlockService: whom operators do not let near the assistant. The gateway keeps the list and goes by it, before anything is stored or charged."""

from datetime import UTC, datetime
from typing import Any

import grpc
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation import tables
from services.conversation.requests import once
from services.runtime.database import Database
from services.runtime.errors import InvalidField, LimitReached

_PAGE_SIZE = 1_000
_blocks = tables.blocks
_in_force = sa.or_(_blocks.c.expire_time.is_(None), _blocks.c.expire_time > sa.func.now())
_one_at_a_time = sa.text("SELECT pg_advisory_xact_lock(hashtext('blocks'))")

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class BlockServicer(conversation_pb2_grpc.BlockServiceServicer):
    """Blocks in the database, `blocks_max` of them in force at most."""

    def __init__(self, database: Database, *, blocks_max: int) -> None:
        self._database = database
        self._blocks_max = blocks_max

    async def BlockSubject(self, request: pb.BlockSubjectRequest, context: _Context[pb.BlockSubjectResponse]) -> pb.BlockSubjectResponse:
        """Block a user or a guild. Raises LimitReached."""
        subject = _subject(request.user_id, request.guild_id)
        expire_time = request.expire_time.ToDatetime(UTC) if request.HasField("expire_time") else None
        if expire_time is not None and expire_time <= datetime.now(UTC):
            raise InvalidField("expire_time", "must be in the future")

        async def act(session: AsyncSession) -> pb.BlockSubjectResponse:
            await session.execute(_one_at_a_time)
            await session.execute(sa.delete(_blocks).where(sa.or_(_blocks.c.subject == subject, ~_in_force)))
            count = await session.scalar(sa.select(sa.func.count()).select_from(_blocks)) or 0
            if count >= self._blocks_max:
                raise LimitReached("blocks", self._blocks_max)
            made = sa.insert(_blocks).values(subject=subject, reason=request.reason, expire_time=expire_time).returning(_blocks)
            return pb.BlockSubjectResponse(block=_proto((await session.execute(made)).one()))

        return await once(self._database, request, pb.BlockSubjectResponse, act)

    async def UnblockSubject(self, request: pb.UnblockSubjectRequest, context: _Context[pb.UnblockSubjectResponse]) -> pb.UnblockSubjectResponse:
        """Take a block back."""
        subject = _subject(request.user_id, request.guild_id)

        async def act(session: AsyncSession) -> pb.UnblockSubjectResponse:
            deleted = await session.scalar(sa.delete(_blocks).where(_blocks.c.subject == subject, _in_force).returning(_blocks.c.block_id))
            return pb.UnblockSubjectResponse(unblocked=deleted is not None)

        return await once(self._database, request, pb.UnblockSubjectResponse, act)

    async def ListBlocks(self, request: pb.ListBlocksRequest, context: _Context[pb.ListBlocksResponse]) -> pb.ListBlocksResponse:
        """List a page of blocks in force."""
        size, after = request.page_size or _PAGE_SIZE, _after(request.page_token)
        async with self._database.read() as session:
            revision = await _revision(session)
            if request.known_revision == revision:
                return pb.ListBlocksResponse(revision=revision, unchanged=True)
            listed = sa.select(_blocks).where(_in_force, _blocks.c.block_id > after).order_by(_blocks.c.block_id).limit(size + 1)
            rows = list(await session.execute(listed))
        token = str(rows[size - 1].block_id) if len(rows) > size else ""
        return pb.ListBlocksResponse(blocks=map(_proto, rows[:size]), next_page_token=token, revision=revision)


async def _revision(session: AsyncSession) -> str:
    """Made of the numbers of all blocks: those that are made get new ones, and those that are taken back are missed."""
    numbers = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(_blocks.c.block_id), 0)).where(_in_force)
    count, newest = (await session.execute(numbers)).one()
    return f"{count}.{newest}"


def _subject(user_id: str, guild_id: str) -> str:
    if bool(user_id) == bool(guild_id):
        raise InvalidField("user_id", "exactly one of a user and a guild must be named")
    return f"user:{user_id}" if user_id else f"guild:{guild_id}"


def _after(token: str) -> int:
    if not token:
        return 0
    if not token.isascii() or not token.isdigit() or len(token) > 18:
        raise InvalidField("page_token", "is not one that a page came with")
    return int(token)


def _proto(row: Any) -> pb.Block:
    kind, _, subject_id = row.subject.partition(":")
    block = pb.Block(reason=row.reason, **{f"{kind}_id": subject_id})
    block.create_time.FromDatetime(row.create_time)
    if row.expire_time is not None:
        block.expire_time.FromDatetime(row.expire_time)
    return block

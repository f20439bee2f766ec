"""Whom operators have blocked: as it is stored, and as a gateway comes to know it."""

import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.client import ConversationClient
from services.conversation.settings import ConversationSettings
from services.gateway.blocks import BlockList
from services.runtime.errors import InvalidField, LimitReached, RequestIdReused
from tests.integration.conversation.conftest import Service
from tests.running_stack import eventually


class Operator:
    """Blocks and unblocks."""

    def __init__(self, client: ConversationClient) -> None:
        self.client = client
        self.stub: conversation_pb2_grpc.BlockServiceAsyncStub = conversation_pb2_grpc.BlockServiceStub(client.remote.channel)

    async def block(self, *, in_s: float | None = None, request_id: str = "", **subject: str) -> pb.Block:
        request = pb.BlockSubjectRequest(request_id=request_id or uuid.uuid4().hex, **subject)  # type: ignore[arg-type]
        if in_s is not None:
            request.expire_time.FromMilliseconds(int((time.time() + in_s) * 1000))
        return (await self.client.remote.unary(self.stub.BlockSubject, request, timeout_s=5)).block

    async def unblock(self, user_id: str) -> bool:
        request = pb.UnblockSubjectRequest(request_id=uuid.uuid4().hex, user_id=user_id)
        return (await self.client.remote.unary(self.stub.UnblockSubject, request, timeout_s=5)).unblocked

    async def listed(self, **fields: Any) -> pb.ListBlocksResponse:
        return await self.client.list_blocks(pb.ListBlocksRequest(**fields))


@pytest.fixture
def operator(client: ConversationClient) -> Operator:
    return Operator(client)


@pytest.fixture
async def narrow(settings: ConversationSettings) -> AsyncIterator[Operator]:
    """A service that keeps two blocks."""
    running = await Service(settings.model_copy(update={"blocks_max": 2})).start()
    yield Operator(running.client)
    await running.stop()


def gateway_list(operator: Operator) -> BlockList:
    return BlockList(operator.client, poll_s=1, ask_s=2)


async def test_a_gateway_knows_whom_to_meet_with_silence_and_for_how_long(operator: Operator) -> None:
    blocks = gateway_list(operator)
    await blocks.refresh()
    assert not blocks.blocks("ada", "g1")
    await operator.block(user_id="ada", reason="spam")
    await operator.block(guild_id="g2", in_s=3600)
    await blocks.refresh()
    assert [blocks.blocks("ada", ""), blocks.blocks("ada", "g1"), blocks.blocks("bob", "g2"), blocks.blocks("bob", "g1")] == [True, True, True, False]
    assert await operator.unblock("ada")
    await blocks.refresh()
    assert not blocks.blocks("ada", "g1")


async def test_a_block_ends_by_itself_also_where_the_list_was_read_before(operator: Operator) -> None:
    await operator.block(user_id="ada", in_s=600)
    now = [time.time()]
    blocks = BlockList(operator.client, poll_s=1, ask_s=2, clock=lambda: now[0])
    await blocks.refresh()
    assert blocks.blocks("ada", "")
    now[0] += 601
    assert not blocks.blocks("ada", "")


async def test_what_has_not_changed_is_not_sent_again(operator: Operator) -> None:
    await operator.block(user_id="ada")
    first = await operator.listed()
    again = await operator.listed(known_revision=first.revision)
    assert (again.unchanged, list(again.blocks)) == (True, [])
    await operator.block(user_id="ada", reason="another reason")
    changed = await operator.listed(known_revision=first.revision)
    assert (changed.unchanged, [block.reason for block in changed.blocks]) == (False, ["another reason"])


async def test_the_list_has_pages(operator: Operator) -> None:
    for number in range(3):
        await operator.block(user_id=f"u{number}")
    first = await operator.listed(page_size=2)
    rest = await operator.listed(page_size=2, page_token=first.next_page_token)
    assert [block.user_id for block in (*first.blocks, *rest.blocks)] == ["u0", "u1", "u2"]
    assert rest.next_page_token == ""


async def test_who_is_unknown_is_not_unblocked(operator: Operator) -> None:
    assert not await operator.unblock("nobody")


async def test_a_repeated_request_blocks_once_and_another_one_may_not_use_its_id(operator: Operator) -> None:
    request_id = uuid.uuid4().hex
    first = await operator.block(user_id="ada", request_id=request_id)
    assert await operator.block(user_id="ada", request_id=request_id) == first
    with pytest.raises(RequestIdReused):
        await operator.block(user_id="bob", request_id=request_id)


async def test_only_so_many_can_be_blocked_and_those_that_ended_leave_room(narrow: Operator) -> None:
    await narrow.block(user_id="u1")
    await narrow.block(user_id="u2")
    with pytest.raises(LimitReached):
        await narrow.block(user_id="u3")
    await narrow.block(user_id="u1", in_s=1)  # in place of the one before
    await eventually(lambda: _one_left(narrow), "the first block ends")
    await narrow.block(user_id="u3")
    assert [block.user_id for block in (await narrow.listed()).blocks] == ["u2", "u3"]


async def _one_left(operator: Operator) -> bool:
    return len((await operator.listed()).blocks) == 1


@pytest.mark.parametrize("subject", [{}, {"user_id": "ada", "guild_id": "g1"}])
async def test_exactly_one_must_be_named(operator: Operator, subject: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        await operator.block(**subject)


async def test_a_time_that_is_over_is_refused(operator: Operator) -> None:
    with pytest.raises(InvalidField):
        await operator.block(user_id="ada", in_s=-1)

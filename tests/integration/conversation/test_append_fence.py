"""Messages written on behalf of a person's turn: only while no other turn of theirs has its place."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.message_store import hold_fence
from services.runtime.errors import InvalidField, NotFound, StaleFence
from tests.integration.conversation.conftest import message, rows

LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")


def overheard(number: int, **fields) -> pb.AppendMessagesRequest:
    said = pb.Message(message_id=f"o{number}", author_id="bob", author_name="Bob", text=f"overheard {number}")
    return pb.AppendMessagesRequest(request_id=f"a{number}", conversation=LOUNGE, messages=[said], **fields)


async def test_the_newest_fence_may_append_and_an_older_one_may_not(client, database):
    older = (await client.begin_turn(message())).fence
    assert (await client.append_messages(overheard(1, user_id="ann", fence=older))).appended == 1
    newer = (await client.begin_turn(message())).fence
    with pytest.raises(StaleFence):
        await client.append_messages(overheard(2, user_id="ann", fence=older))
    assert await rows(database, "SELECT count(*) FROM messages WHERE message_id = 'o2'") == [(0,)]
    assert (await client.append_messages(overheard(2, user_id="ann", fence=newer))).appended == 1


async def test_a_refused_append_may_be_repeated_with_the_fence_that_holds(client):
    begun = await client.begin_turn(message())
    newer = await client.begin_turn(message())
    with pytest.raises(StaleFence):
        await client.append_messages(overheard(1, user_id="ann", fence=begun.fence))
    assert (await client.append_messages(overheard(1, user_id="ann", fence=newer.fence))).appended == 1


async def test_an_append_that_was_done_is_answered_again_though_its_fence_is_old_by_now(client):
    request = overheard(1, user_id="ann", fence=(await client.begin_turn(message())).fence)
    first = await client.append_messages(request)
    await client.begin_turn(message())
    assert await client.append_messages(request) == first


@pytest.mark.parametrize("fields", [{"user_id": "nobody", "fence": 1}, {"user_id": "ann", "fence": 99}])
async def test_a_fence_that_was_never_issued_is_not_found(client, database, fields):
    await client.begin_turn(message())
    with pytest.raises(NotFound):
        await client.append_messages(overheard(1, **fields))
    assert await rows(database, "SELECT count(*) FROM messages WHERE author_id = 'bob'") == [(0,)]


async def test_a_fence_of_another_guild_does_not_count(client):
    begun = await client.begin_turn(message(guild_id="other"))
    with pytest.raises(NotFound):
        await client.append_messages(overheard(1, user_id="ann", fence=begun.fence))


@pytest.mark.parametrize(("fields", "field"), [({"user_id": "ann"}, "fence"), ({"fence": 1}, "user_id")])
async def test_fence_and_person_go_together(client, database, fields, field):
    with pytest.raises(InvalidField) as refused:
        await client.append_messages(overheard(1, **fields))
    assert refused.value.field == field
    assert await rows(database, "SELECT count(*) FROM messages") == [(0,)]


async def test_the_next_turn_begins_after_the_append_that_holds_the_fence(client, database):
    fence = (await client.begin_turn(message())).fence
    async with database.write() as session:
        await hold_fence(session, "guild", "ann", fence)
        beginning = asyncio.create_task(client.begin_turn(message()))
        async with asyncio.timeout(5):
            while not await rows(database, "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%INSERT INTO fences%%'"):
                await asyncio.sleep(0.01)
        assert not beginning.done()
    assert (await beginning).fence == fence + 1

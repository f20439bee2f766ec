"""Edits and deletions by authors: the message, what was made of it, what quotes it, the turn that was to answer it, and later answers."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import InvalidField, RequestIdReused, StaleFence
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import answered, drained, message, read_reply, rows, wanted

LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")
ELSEWHERE = pb.ConversationKey(guild_id="other", channel_id="lounge")
SECRET = "the password is marzipan"


def edit(message_id: str, text: str, *, author_id="ann", conversation=LOUNGE, request_id="e1") -> pb.EditMessageRequest:
    return pb.EditMessageRequest(request_id=request_id, conversation=conversation, message_id=message_id, author_id=author_id, text=text)


def delete(*message_ids: str, author_id="ann", conversation=LOUNGE, request_id="d1") -> pb.DeleteMessagesRequest:
    return pb.DeleteMessagesRequest(request_id=request_id, conversation=conversation, message_ids=message_ids, author_id=author_id)


async def written(database, statement: str) -> None:
    async with database.connection() as connection:
        await connection.execute(statement)


async def summarised(database, text: str) -> None:
    """Have everything so far summed up, at two levels."""
    await written(
        database,
        "INSERT INTO topics (guild_id, channel_id, level, first_sequence, last_sequence, closed, summary, summary_source)"
        f" SELECT 'guild', 'lounge', level, (SELECT min(sequence) FROM messages), (SELECT max(sequence) FROM messages), true, '{text}', 'model'"
        " FROM generate_series(1, 2) level",
    )


async def found_in_database(database, needle: str) -> set[str]:
    """Every table.column in which a text is found."""
    columns = await rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE' AND table_schema = 'public'",
    )
    return {
        f"{table}.{column}"
        for table, column in columns
        if await rows(database, f'SELECT 1 FROM "{table}" WHERE "{column}"::text ILIKE %s LIMIT 1', f"%{needle}%")
    }


async def test_an_edit_reaches_the_store_its_quotes_and_later_answers(client, database, model):
    said = message(SECRET)
    await answered(client, said)
    quoted = pb.RepliedTo(message_id=said.message_id, author_id="ann", author_name="Ann", text=SECRET)
    await answered(client, message("is it?", user_id="bob", user_name="Bob", replied_to=quoted))
    assert (await client.edit_message(edit(said.message_id, "never mind"))).changed
    await drained(database)
    assert await found_in_database(database, "marzipan") == set()
    await answered(client, message("what did I say?"))
    assert "never mind" in model.requests[-1].prompt
    assert "marzipan" not in model.requests[-1].prompt
    assert await rows(database, "SELECT replied_to ->> 'text' FROM messages WHERE replied_to IS NOT NULL") == [("never mind",)]
    assert await rows(database, "SELECT edited_at IS NOT NULL FROM messages WHERE message_id = %s", said.message_id) == [(True,)]


async def test_an_edit_is_found_by_its_new_words_alone(client, database):
    said = message(SECRET)
    await answered(client, said)
    await drained(database)
    terms = "SELECT count(*) FROM message_terms WHERE term = %s"
    assert await rows(database, terms, "marzipan") == [(1,)]
    await client.edit_message(edit(said.message_id, "never a saxophone"))
    assert await rows(database, terms, "marzipan") == [(0,)]
    await drained(database)
    assert (await rows(database, "SELECT indexed FROM messages WHERE message_id = %s", said.message_id)) == [(True,)]
    assert await rows(database, "SELECT count(*) FROM message_terms WHERE term LIKE 'saxophon%%'") == [(1,)]


@pytest.mark.parametrize("change", ["edit", "delete"])
async def test_summaries_at_every_level_that_cover_a_change_are_emptied_at_once_and_others_are_not(client, database, change):
    said = message(SECRET)
    await answered(client, said)
    await drained(database)
    await written(database, "DELETE FROM topics")
    await summarised(database, "they spoke of marzipan")
    await written(
        database,
        "INSERT INTO topics (guild_id, channel_id, first_sequence, last_sequence, closed, summary, summary_source)"
        " SELECT 'guild', 'lounge', 1 + max(sequence), 9 + max(sequence), true, 'of something else', 'model' FROM messages",
    )
    if change == "edit":
        await client.edit_message(edit(said.message_id, "never mind"))
    else:
        await client.delete_messages(delete(said.message_id))
    found = await rows(database, "SELECT summary FROM topics WHERE summary <> ''")
    assert "they spoke of marzipan" not in [summary for (summary,) in found]
    assert ("of something else",) in found


async def test_nobody_edits_what_somebody_else_said_or_what_is_in_another_guild(client, database):
    said = message(SECRET)
    begun, reply = await answered(client, said)
    refused = [
        edit(said.message_id, "x", author_id="bob", request_id="e1"),
        edit(said.message_id, "x", conversation=ELSEWHERE, request_id="e2"),
        edit("unknown", "x", request_id="e3"),
        edit(begun.turn_id, "x", author_id="assistant", request_id="e4"),
        edit(said.message_id, SECRET, request_id="e5"),
    ]
    for request in refused:
        assert not (await client.edit_message(request)).changed, request
    assert await rows(database, "SELECT text, edited_at FROM messages ORDER BY sequence") == [(SECRET, None), (reply.text, None)]


async def test_nobody_deletes_what_somebody_else_said_or_what_is_in_another_guild(client, database):
    said = message(SECRET)
    await answered(client, said)
    for request in (
        delete(said.message_id, author_id="bob", request_id="d1"),
        delete(said.message_id, conversation=ELSEWHERE, request_id="d2"),
        delete(said.message_id, author_id="", conversation=ELSEWHERE, request_id="d3"),
        delete("unknown", request_id="d4"),
    ):
        assert (await client.delete_messages(request)).deleted == 0, request
    assert await rows(database, "SELECT count(*) FROM messages") == [(2,)]


async def test_a_deleted_message_takes_its_replies_and_quotes_of_both_with_it(client, database, model):
    said = message(SECRET)
    model.next(Answer(text="So marzipan is the word."))
    await answered(client, said)
    quoted = pb.RepliedTo(message_id=said.message_id, author_id="ann", author_name="Ann", text=SECRET)
    await answered(client, message("is it?", user_id="bob", user_name="Bob", replied_to=quoted))
    of_the_reply = pb.RepliedTo(message_id="chat-id", author_id="bot", author_name="Parlour", text="marzipan is the word")
    await answered(client, message("no!", user_id="bob", user_name="Bob", replied_to=of_the_reply))
    unrelated = pb.RepliedTo(message_id="chat-id-2", author_id="bot", author_name="Parlour", text="something else")
    await answered(client, message("yes", user_id="bob", user_name="Bob", replied_to=unrelated))
    assert (await client.delete_messages(delete(said.message_id))).deleted == 1
    await drained(database)
    assert await found_in_database(database, "marzipan") == set()
    assert await rows(database, "SELECT replied_to ->> 'text' FROM messages WHERE replied_to IS NOT NULL") == [("something else",)]
    await answered(client, message("what did I say?"))
    assert "marzipan" not in model.requests[-1].prompt


async def test_a_moderator_deletes_whoever_wrote_it_replies_of_the_assistant_included(client, database):
    said, other = message("one"), message("two", user_id="bob", user_name="Bob")
    begun, _ = await answered(client, said)
    await answered(client, other)
    request = delete(begun.turn_id, other.message_id, author_id="")
    assert (await client.delete_messages(request)).deleted == 2
    assert await rows(database, "SELECT text FROM messages") == [("one",)]


async def test_a_turn_whose_message_is_deleted_before_its_answer_is_withdrawn(client, database, model):
    said = message(SECRET)
    begun = await client.begin_turn(said)
    await client.delete_messages(delete(said.message_id))
    assert (await client.begin_turn(said)).state == pb.TURN_STATE_WITHDRAWN
    reply = await read_reply(client, wanted(begun, said))
    assert (reply.text, reply.finished.truncated) == ("", True)
    assert not model.requests


async def test_a_reply_under_way_to_a_deleted_message_is_not_stored(client, database, model):
    said = message(SECRET)
    begun = await client.begin_turn(said)
    model.next(Answer(delta_delay_s=0.02))
    replying = asyncio.create_task(read_reply(client, wanted(begun, said)))
    await model.request()
    await client.delete_messages(delete(said.message_id))
    with pytest.raises(StaleFence):
        await replying
    assert await rows(database, "SELECT count(*) FROM messages") == [(0,)]


async def test_nothing_of_a_message_deleted_in_time_is_handed_to_memory(client, database, neighbours):
    neighbours.memory.failures = 1
    said = message(SECRET)
    await answered(client, said)
    async with asyncio.timeout(10):
        while neighbours.memory.failures:
            await asyncio.sleep(0.01)
    await client.delete_messages(delete(said.message_id))
    await drained(database)
    assert neighbours.memory.observed == []


async def test_a_message_that_was_edited_is_answered_as_stored_when_it_is_handed_in_again(client):
    said = message(SECRET)
    _, reply = await answered(client, said)
    await client.edit_message(edit(said.message_id, "never mind"))
    again = await client.begin_turn(said)
    assert (again.state, again.reply_text) == (pb.TURN_STATE_FINISHED, reply.text)


async def test_a_repeated_change_is_answered_alike_and_done_once(client, database):
    said = message(SECRET)
    await answered(client, said)
    assert (await client.edit_message(edit(said.message_id, "one", request_id="e1"))).changed
    assert (await client.edit_message(edit(said.message_id, "two", request_id="e2"))).changed
    assert (await client.edit_message(edit(said.message_id, "one", request_id="e1"))).changed
    assert await rows(database, "SELECT text FROM messages WHERE role = 'user'") == [("two",)]
    with pytest.raises(RequestIdReused):
        await client.edit_message(edit(said.message_id, "three", request_id="e1"))
    assert [(await client.delete_messages(delete(said.message_id))).deleted for _ in range(2)] == [1, 1]


async def test_edits_while_others_write_lose_nothing(client, database):
    said = [message(f"draft {number}") for number in range(5)]
    for each in said:
        await client.begin_turn(each)
    await asyncio.gather(
        *(client.edit_message(edit(each.message_id, f"final {number}", request_id=f"e{number}")) for number, each in enumerate(said)),
        *(
            client.append_messages(
                pb.AppendMessagesRequest(
                    request_id=f"a{number}",
                    conversation=LOUNGE,
                    messages=[pb.Message(message_id=f"o{number}", author_id="bob", text=f"aside {number}")],
                )
            )
            for number in range(5)
        ),
    )
    texts = {text for (text,) in await rows(database, "SELECT text FROM messages")}
    assert texts == {f"final {number}" for number in range(5)} | {f"aside {number}" for number in range(5)}


async def test_of_concurrent_edits_of_one_message_the_last_to_commit_is_what_every_copy_says(client, database):
    said = message("draft")
    await answered(client, said)
    quoted = pb.RepliedTo(message_id=said.message_id, author_id="ann", author_name="Ann", text="draft")
    await client.begin_turn(message("is it?", user_id="bob", replied_to=quoted))
    await asyncio.gather(*(client.edit_message(edit(said.message_id, f"version {number}", request_id=f"e{number}")) for number in range(6)))
    [(text,)] = await rows(database, "SELECT text FROM messages WHERE message_id = %s", said.message_id)
    assert text.startswith("version")
    assert await rows(database, "SELECT replied_to ->> 'text' FROM messages WHERE replied_to IS NOT NULL") == [(text,)]


async def test_changes_that_break_a_rule_change_nothing(client, database):
    said = message(SECRET)
    await client.begin_turn(said)
    bad = [
        (client.edit_message, edit(said.message_id, ""), "text"),
        (client.edit_message, edit(said.message_id, "x" * 8001), "text"),
        (client.edit_message, edit("", "x"), "message_id"),
        (client.edit_message, edit(said.message_id, "x", author_id=""), "author_id"),
        (client.edit_message, edit(said.message_id, "x", conversation=pb.ConversationKey()), "conversation.channel_id"),
        (client.delete_messages, delete(), "message_ids"),
        (client.delete_messages, delete("a b"), "message_ids[0]"),
        (client.delete_messages, delete(*(f"m{number}" for number in range(101))), "message_ids"),
        (client.delete_messages, delete(said.message_id, request_id=""), "request_id"),
    ]
    for call, request, field in bad:
        with pytest.raises(InvalidField) as refused:
            await call(request)
        assert refused.value.field == field, request
    assert await rows(database, "SELECT text FROM messages") == [(SECRET,)]

"""People who opted out are answered, and nothing of it is kept."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.privacy.opt_out import wipe_unkept
from services.runtime.errors import InvalidField, RequestIdReused
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import answered, drained, message, read_reply, rows, wanted

LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")


async def opt_out(client, user_id="ann", *, opted_out=True, request_id=""):
    request = pb.SetOptOutRequest(request_id=request_id or f"{user_id}-{opted_out}", user_id=user_id, opted_out=opted_out)
    return (await client.set_opt_out(request)).opted_out


async def test_opting_out_twice_is_opting_out_once_and_so_is_coming_back(client, database):
    assert await opt_out(client, request_id="a")
    assert await opt_out(client, request_id="a")
    assert await opt_out(client, request_id="b")
    assert await rows(database, "SELECT user_id FROM opt_outs") == [("ann",)]
    assert not await opt_out(client, opted_out=False, request_id="c")
    assert not await opt_out(client, opted_out=False, request_id="d")
    assert await rows(database, "SELECT user_id FROM opt_outs") == []


async def test_a_request_id_of_somebody_elses_opt_out_is_refused(client, database):
    await opt_out(client, request_id="a")
    with pytest.raises(RequestIdReused):
        await opt_out(client, "bob", request_id="a")
    assert await rows(database, "SELECT user_id FROM opt_outs") == [("ann",)]


async def test_an_opt_out_of_nobody_is_refused(client, database):
    with pytest.raises(InvalidField) as refused:
        await client.set_opt_out(pb.SetOptOutRequest(request_id="a"))
    assert refused.value.field == "user_id"
    assert await rows(database, "SELECT user_id FROM opt_outs") == []


async def test_somebody_who_opted_out_is_answered_and_observed_counted_and_indexed_nowhere(client, database, neighbours):
    await opt_out(client)
    _, reply = await answered(client, message("my secret is 42"))
    assert reply.finished is not None
    await drained(database)
    assert len(neighbours.credit.recorded) == 1
    assert neighbours.memory.observed == []
    for table in ("user_activity", "relationships", "message_embeddings", "message_terms", "topics"):
        assert await rows(database, f"SELECT count(*) FROM {table}") == [(0,)], table


async def test_what_they_said_and_were_told_is_shown_to_no_later_turn(client, model):
    await opt_out(client)
    _, reply = await answered(client, message("my secret is 42"))
    await answered(client, message("what did we talk about?", user_id="bob", user_name="Bob"))
    assert "secret" not in model.requests[-1].prompt
    assert reply.text not in model.requests[-1].prompt


async def test_a_turn_is_replayed_until_its_texts_are_wiped_and_known_afterwards(client, database, model):
    await opt_out(client)
    said = message("my secret is 42")
    begun, reply = await answered(client, said)
    assert await wipe_unkept(database, keep_s=60, turns_max=10) == 0
    assert (await client.begin_turn(said)).reply_text == reply.text
    assert await wipe_unkept(database, keep_s=0, turns_max=10) == 1
    assert await wipe_unkept(database, keep_s=0, turns_max=10) == 0
    assert await rows(database, "SELECT count(*) FROM messages") == [(0,)]
    assert await rows(database, "SELECT user_name, nickname, payload_hash, completion_tokens FROM turns") == [("", "", b"", 20)]
    again = await client.begin_turn(said)
    assert (again.turn_id, again.state, again.reply_text) == (begun.turn_id, pb.TURN_STATE_FINISHED, "")
    assert len(model.requests) == 1


async def test_a_turn_under_way_keeps_its_text_though_an_earlier_attempt_is_wiped(client, database):
    await opt_out(client)
    said = message("my secret is 42")
    await answered(client, said)
    said.attempt = 1
    await client.begin_turn(said)
    assert await wipe_unkept(database, keep_s=0, turns_max=10) == 0
    assert await rows(database, "SELECT text FROM messages WHERE role = 'user'") == [("my secret is 42",)]


async def test_an_opt_out_reaches_the_turn_that_is_under_way(client, database, neighbours, model):
    said = message("my secret is 42")
    begun = await client.begin_turn(said)
    model.next(Answer(delta_delay_s=0.02))
    replying = asyncio.create_task(read_reply(client, wanted(begun, said)))
    await model.request()
    await opt_out(client)
    assert (await replying).finished.stored
    await drained(database)
    assert neighbours.memory.observed == []
    assert await rows(database, "SELECT DISTINCT in_context FROM messages") == [(False,)]
    assert await wipe_unkept(database, keep_s=0, turns_max=10) == 1
    assert await rows(database, "SELECT count(*) FROM messages") == [(0,)]


async def test_an_apology_to_somebody_who_opted_out_is_wiped_with_their_message(client, database):
    await opt_out(client)
    begun = await client.begin_turn(message("my secret is 42"))
    await client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_APOLOGISED, text="sorry"))
    assert await wipe_unkept(database, keep_s=0, turns_max=10) == 1
    assert await rows(database, "SELECT count(*) FROM messages") == [(0,)]


async def test_what_was_stored_before_stays_and_what_is_said_after_coming_back_is_kept(client, database, neighbours):
    await answered(client, message("I live in Oslo"))
    await drained(database)  # what memory has not been handed by the time of the opt-out, it never is
    await opt_out(client)
    await answered(client, message("my secret is 42"))
    await opt_out(client, opted_out=False)
    await answered(client, message("I live in Bergen"))
    await drained(database)
    await wipe_unkept(database, keep_s=0, turns_max=10)
    told = [request.messages[0].text for request in neighbours.memory.observed]
    assert told == ["I live in Oslo", "I live in Bergen"]
    kept = await rows(database, "SELECT text FROM messages WHERE role = 'user' ORDER BY sequence")
    assert kept == [("I live in Oslo",), ("I live in Bergen",)]


async def test_nobody_keeps_a_quote_of_somebody_who_opted_out(client, database, model):
    await opt_out(client)
    quoted = pb.RepliedTo(message_id="q", author_id="ann", author_name="Ann", text="my secret is 42")
    await answered(client, message("is that so?", user_id="bob", user_name="Bob", replied_to=quoted))
    assert "my secret is 42" in model.requests[-1].prompt
    assert await rows(database, "SELECT count(*) FROM messages WHERE replied_to IS NOT NULL") == [(0,)]

"""Wishes on how to be talked to that people state in passing: heeded by the very next reply, once, and only where they may be."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import InvalidField
from tests.integration.conversation.conftest import answered, message, read_reply, rows, wanted
from tests.integration.conversation.test_replies import without_database

ANN = {"guild_id": "guild", "user_id": "ann"}
SHORTER = 'Answers are shorter from now on; say "undo that" to go back.'


async def persona(client, **whose) -> pb.Persona:
    return (await client.get_persona(pb.GetPersonaRequest(**(whose or ANN)))).persona


def system(model) -> str:
    return model.requests[-1].messages[0]["content"]


async def test_be_shorter_please_shapes_the_very_next_reply(client, model):
    _, reply = await answered(client, message("be shorter please"))
    assert "Keep answers short." in system(model)
    assert reply.started[0].persona_change == SHORTER
    got = await client.get_persona(pb.GetPersonaRequest(**ANN))
    assert (got.persona.verbosity, got.sources["verbosity"]) == (-1, "user")
    _, reply = await answered(client, message("and what is a cat?"))
    assert "Keep answers short." in system(model)
    assert reply.started[0].persona_change == ""


async def test_each_wish_is_one_step_as_far_as_it_goes(client, model):
    texts = [(await answered(client, message("shorter please")))[1].started[0].persona_change for _ in range(3)]
    assert texts == [SHORTER, 'Answers are as short as can be from now on; say "undo that" to go back.', ""]
    assert (await persona(client)).verbosity == -2
    assert "Answer in one short sentence." in system(model)


async def test_a_step_goes_on_from_what_the_guild_has_set(client):
    await client.update_persona(pb.UpdatePersonaRequest(request_id="p", guild_id="guild", persona=pb.Persona(formality=2)))
    await answered(client, message("no need to be so formal"))
    assert (await persona(client)).formality == 1
    assert (await persona(client, guild_id="guild")).formality == 2


async def test_a_language_is_spoken_at_once_and_back_to_normal_drops_all_wishes(client, model):
    _, reply = await answered(client, message("auf Deutsch bitte"))
    assert "Answer in this language: de." in system(model)
    assert reply.started[0].persona_change == 'I answer in German from now on; say "undo that" to go back.'
    await answered(client, message("stop the emojis"))
    assert (await persona(client)).emoji == -2
    _, reply = await answered(client, message("talk normally again"))
    assert "Answer in the language of the person." in system(model)
    assert reply.started[0].persona_change == 'I talk normally again from now on; say "undo that" to go back.'
    got = await client.get_persona(pb.GetPersonaRequest(**ANN))
    assert got.own == pb.Persona(version=3)
    undone = await client.undo_persona(pb.UndoPersonaRequest(request_id="u", **ANN))
    assert (undone.persona.emoji, undone.persona.language) == (-2, "de")


async def test_a_turn_begun_again_steps_once(client):
    said = message("shorter please")
    begun = await client.begin_turn(said)
    await asyncio.gather(*(client.begin_turn(said) for _ in range(5)))
    reply = await read_reply(client, wanted(begun, said))
    assert reply.started[0].persona_change == SHORTER
    await client.begin_turn(said)
    await read_reply(client, wanted(begun, said))
    assert (await persona(client)).verbosity == -1


async def test_concurrent_wishes_of_one_person_all_count(client):
    wishes = ["shorter please", "be funnier", "be more formal", "more emojis please", "be blunt", "be nicer to me"]
    await asyncio.gather(*(client.begin_turn(message(text, channel_id=f"c{number}")) for number, text in enumerate(wishes)))
    got = await persona(client)
    assert (got.verbosity, got.humour, got.formality, got.emoji, got.directness, got.warmth) == (-1, 1, 1, 1, 1, 1)
    assert got.version == 6


async def test_a_further_attempt_says_nothing_new(client):
    said = message("shorter please")
    await answered(client, said)
    again = pb.BeginTurnRequest()
    again.CopyFrom(said)
    again.attempt = 1
    _, reply = await answered(client, again)
    assert reply.started[0].persona_change == ""
    assert (await persona(client)).verbosity == -1


async def test_a_wish_taken_back_is_not_heeded_again_when_its_turn_is_repeated(client):
    said = message("shorter please")
    begun = await client.begin_turn(said)
    await client.undo_persona(pb.UndoPersonaRequest(request_id="u", **ANN))
    await client.begin_turn(said)
    reply = await read_reply(client, wanted(begun, said))
    assert reply.started[0].persona_change == ""
    assert (await persona(client)).verbosity == 0


async def test_a_guild_can_do_without(client, database, model):
    settings = pb.GuildSettings(guild_id="guild", preference_detection=False, extraction=True)
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="s", settings=settings))
    _, reply = await answered(client, message("shorter please"))
    assert reply.started[0].persona_change == ""
    assert "Keep answers short." not in system(model)
    await answered(client, message("shorter please", guild_id="", channel_id="dm"))
    assert (await persona(client, user_id="ann")).verbosity == -1
    assert await rows(database, "SELECT guild_id FROM personas") == [("",)]


async def test_of_who_opted_out_the_wish_is_heeded_and_no_word_is_kept(client, database):
    await client.set_opt_out(pb.SetOptOutRequest(request_id="o", user_id="ann", opted_out=True))
    _, reply = await answered(client, message("shorter please"))
    assert reply.started[0].persona_change == SHORTER
    assert (await persona(client)).verbosity == -1
    assert await rows(database, "SELECT quote FROM persona_versions") == [("",)]
    explained = await client.explain_persona(pb.ExplainPersonaRequest(**ANN))
    assert explained.text.startswith("I keep answers short: you asked for it on ")


async def test_words_of_a_hidden_channel_are_not_quoted_elsewhere(client, database):
    await answered(client, message("shorter please", channel_hidden=True))
    assert (await persona(client)).verbosity == -1
    assert await rows(database, "SELECT quote FROM persona_versions") == [("",)]


async def test_the_words_of_a_wish_are_kept_to_explain_it(client, database):
    await answered(client, message("Hi! Please be more formal."))
    assert await rows(database, "SELECT origin, quote, changed FROM persona_versions") == [("said", "Please be more formal.", ["formality"])]


async def test_words_kept_of_a_message_go_with_it(client, database):
    said = message("shorter please")
    await answered(client, said)
    where = pb.ConversationKey(guild_id="guild", channel_id="lounge")
    await client.delete_messages(pb.DeleteMessagesRequest(request_id="d", conversation=where, message_ids=[said.message_id], author_id="ann"))
    assert await rows(database, "SELECT quote FROM persona_versions") == [("",)]
    assert (await persona(client)).verbosity == -1


async def test_words_kept_of_a_message_go_when_it_is_edited(client, database):
    said = message("shorter please")
    await answered(client, said)
    where = pb.ConversationKey(guild_id="guild", channel_id="lounge")
    request = pb.EditMessageRequest(request_id="e", conversation=where, message_id=said.message_id, author_id="ann", text="never mind")
    assert (await client.edit_message(request)).changed
    assert await rows(database, "SELECT quote FROM persona_versions") == [("",)]


async def test_while_the_store_is_away_a_wish_shapes_its_own_reply(service, client, model):
    said = message("shorter please")
    unstored = pb.BeginTurnResponse(turn_id=f"{said.message_id}:0", fence=0)
    reply = await read_reply(client, wanted(unstored, said))
    assert "Keep answers short." in system(model)
    assert reply.started[0].persona_change == "Answers are shorter in this answer; I can't note it for later ones right now."
    assert (await persona(client)).verbosity == 0


async def test_a_wish_stated_while_the_database_goes_away_is_answered_as_wished_and_forgotten(client, service, model, postgres):
    said = message("stop the emojis")
    async with without_database(postgres, service):
        begun = await client.begin_turn(said, timeout_s=10)
        reply = await read_reply(client, wanted(begun, said))
    assert "Never use emoji." in system(model)
    assert reply.started[0].persona_change == "I use no emoji in this answer; I can't note it for later ones right now."
    assert (await persona(client)).emoji == 0


async def test_a_wish_that_was_kept_shapes_its_reply_though_the_database_goes_away(client, service, model, postgres):
    said = message("auf Deutsch bitte")
    begun = await client.begin_turn(said)
    async with without_database(postgres, service):
        reply = await read_reply(client, wanted(begun, said))
    assert "Answer in this language: de." in system(model)
    assert reply.started[0].persona_change == "I answer in German in this answer."
    assert not reply.finished.stored
    assert (await persona(client)).language == "de"


async def test_a_refused_turn_changes_no_persona(client, database):
    with pytest.raises(InvalidField):
        await client.begin_turn(message("shorter please", user_id="a b"))
    assert await rows(database, "SELECT count(*) FROM personas") == [(0,)]


async def test_a_message_that_is_no_wish_touches_no_persona(client, database):
    await answered(client, message("the dress should be shorter"))
    await answered(client, message('my boss said "be more formal"'))
    assert await rows(database, "SELECT count(*) FROM personas") == [(0,)]

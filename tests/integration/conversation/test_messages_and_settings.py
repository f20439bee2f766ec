"""Messages kept as context, the reset, personas, guild settings, and the tables behind them."""

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import make_url

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation import tables
from services.runtime.errors import InvalidField, RequestIdReused, StaleVersion
from services.runtime.schema import TABLES
from tests.integration.conversation.conftest import answered, message, rows

LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")


def appended(*messages: pb.Message, request_id: str = "a1") -> pb.AppendMessagesRequest:
    return pb.AppendMessagesRequest(request_id=request_id, conversation=LOUNGE, messages=messages)


def overheard(number: int, text: str = "", author: str = "bob") -> pb.Message:
    return pb.Message(message_id=f"o{number}", author_id=author, author_name=author.title(), text=text or f"overheard {number}")


async def test_appended_messages_are_stored_once_and_shown_to_the_model(client, model):
    request = appended(overheard(1, "we meet at nine"), overheard(2))
    assert (await client.append_messages(request)).appended == 2
    assert (await client.append_messages(request)).appended == 2
    assert (await client.append_messages(appended(overheard(2), overheard(3), request_id="a2"))).appended == 1
    await answered(client, message("when do we meet?"))
    assert '<message from="Bob">\nwe meet at nine' in model.requests[-1].prompt


async def test_a_request_id_with_another_payload_is_refused(client, database):
    await client.append_messages(appended(overheard(1)))
    with pytest.raises(RequestIdReused):
        await client.append_messages(appended(overheard(2)))
    assert await rows(database, "SELECT count(*) FROM messages") == [(1,)]


async def test_concurrent_repeats_of_a_request_are_answered_alike(client, database):
    responses = await asyncio.gather(*(client.append_messages(appended(overheard(1), overheard(2))) for _ in range(6)))
    assert {response.appended for response in responses} == {2}
    assert await rows(database, "SELECT count(*) FROM messages") == [(2,)]


async def test_what_people_wrote_who_opted_out_is_not_kept_as_context(client, database):
    async with database.connection() as connection:
        await connection.execute("INSERT INTO opt_outs (user_id) VALUES ('bob')")
    request = appended(overheard(1), overheard(2, author="eve"))
    assert (await client.append_messages(request)).appended == 1


async def test_messages_are_listed_newest_first_page_by_page(client):
    await client.append_messages(appended(*(overheard(number) for number in range(5))))
    listed, token, pages = [], "", 0
    while pages == 0 or token:
        page = await client.list_messages(pb.ListMessagesRequest(conversation=LOUNGE, page_size=2, page_token=token))
        listed += [each.message_id for each in page.messages]
        token, pages = page.next_page_token, pages + 1
    assert (listed, pages) == (["o4", "o3", "o2", "o1", "o0"], 3)
    elsewhere = pb.ConversationKey(guild_id="other", channel_id="lounge")
    assert not (await client.list_messages(pb.ListMessagesRequest(conversation=elsewhere))).messages


async def test_after_a_reset_no_model_sees_what_was_said_before(client, model):
    await answered(client, message("my secret is 42"))
    await client.reset_conversation(pb.ResetConversationRequest(request_id="r1", conversation=LOUNGE))
    await answered(client, message("afterwards"))
    await client.reset_conversation(pb.ResetConversationRequest(request_id="r1", conversation=LOUNGE))
    await answered(client, message("what did I say?"))
    assert "secret" not in model.requests[-1].prompt
    assert "afterwards" in model.requests[-1].prompt
    listed = await client.list_messages(pb.ListMessagesRequest(conversation=LOUNGE))
    assert "my secret is 42" in [each.text for each in listed.messages]


async def test_the_nearest_persona_is_in_force(client, model):
    async def source(guild_id="guild", user_id="ann"):
        got = await client.get_persona(pb.GetPersonaRequest(guild_id=guild_id, user_id=user_id))
        return got.source, got.persona.formality

    assert await source() == ("default", 0)
    for number, (scope, formality) in enumerate([({}, 1), ({"guild_id": "guild"}, 2), ({"guild_id": "guild", "user_id": "ann"}, -2)]):
        await client.update_persona(pb.UpdatePersonaRequest(request_id=f"p{number}", persona=pb.Persona(formality=formality), **scope))
    assert [await source(), await source(user_id="bob"), await source(guild_id="other")] == [("user", -2), ("guild", 2), ("default", 1)]
    await answered(client, message())
    assert "Write very casually." in model.requests[-1].messages[0]["content"]


async def test_a_persona_changed_meanwhile_is_not_overwritten(client):
    def update(request_id: str, version: int, warmth: int) -> pb.UpdatePersonaRequest:
        return pb.UpdatePersonaRequest(request_id=request_id, guild_id="guild", persona=pb.Persona(warmth=warmth, version=version))

    first = await client.update_persona(update("p1", 0, 1))
    assert first.persona.version == 1
    assert (await client.update_persona(update("p1", 0, 1))) == first
    second = await client.update_persona(update("p2", 1, 2))
    assert second.persona.version == 2
    for stale in (0, 1, 3):
        with pytest.raises(StaleVersion):
            await client.update_persona(update(f"stale{stale}", stale, -1))
    assert (await client.get_persona(pb.GetPersonaRequest(guild_id="guild"))).persona.warmth == 2


async def test_of_two_concurrent_changes_one_wins(client):
    updates = [
        client.update_persona(pb.UpdatePersonaRequest(request_id=f"p{number}", guild_id="guild", persona=pb.Persona(emoji=number - 2)))
        for number in range(4)
    ]
    results = await asyncio.gather(*updates, return_exceptions=True)
    assert sum(isinstance(result, StaleVersion) for result in results) == 3


async def test_a_guild_has_settings_before_it_ever_made_any(client):
    settings = (await client.get_guild_settings(pb.GetGuildSettingsRequest(guild_id="guild"))).settings
    assert settings == pb.GuildSettings(guild_id="guild", addressing_threshold=0, channel_context=False, extraction=True, version=0)
    settings.channel_context = True
    stored = await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="s1", settings=settings))
    assert stored.settings.version == 1
    assert (await client.get_guild_settings(pb.GetGuildSettingsRequest(guild_id="guild"))).settings == stored.settings
    with pytest.raises(StaleVersion):
        await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="s2", settings=settings))


async def test_requests_that_break_a_rule_change_nothing(client, database):
    guild = pb.GuildSettings(guild_id="guild")
    bad = [
        (client.append_messages, appended(), "messages"),
        (client.append_messages, appended(overheard(1), request_id=""), "request_id"),
        (client.append_messages, appended(pb.Message(message_id="m", author_id="a", text="x", role="system")), "messages[0].role"),
        (client.append_messages, appended(pb.Message(message_id="m", author_id="a", text="a\0b")), "messages[0].text"),
        (client.append_messages, pb.AppendMessagesRequest(request_id="a", messages=[overheard(1)]), "conversation"),
        (client.list_messages, pb.ListMessagesRequest(conversation=LOUNGE, page_size=201), "page_size"),
        (client.list_messages, pb.ListMessagesRequest(conversation=LOUNGE, page_size=-1), "page_size"),
        (client.list_messages, pb.ListMessagesRequest(conversation=LOUNGE, page_token="zz"), "page_token"),
        (client.list_messages, pb.ListMessagesRequest(conversation=LOUNGE, page_token="9" * 30), "page_token"),
        (client.list_messages, pb.ListMessagesRequest(conversation=pb.ConversationKey()), "conversation.channel_id"),
        (client.reset_conversation, pb.ResetConversationRequest(conversation=LOUNGE), "request_id"),
        (client.update_persona, pb.UpdatePersonaRequest(request_id="p"), "persona"),
        (client.update_persona, pb.UpdatePersonaRequest(request_id="p", persona=pb.Persona(humour=3)), "persona.humour"),
        (client.update_persona, pb.UpdatePersonaRequest(request_id="p", persona=pb.Persona(language="!")), "persona.language"),
        (client.update_persona, pb.UpdatePersonaRequest(request_id="p", persona=pb.Persona(instructions="x" * 1001)), "persona.instructions"),
        (client.update_persona, pb.UpdatePersonaRequest(request_id="p", persona=pb.Persona(version=-1)), "persona.version"),
        (client.get_persona, pb.GetPersonaRequest(user_id="a b"), "user_id"),
        (client.get_guild_settings, pb.GetGuildSettingsRequest(), "guild_id"),
        (client.update_guild_settings, pb.UpdateGuildSettingsRequest(settings=guild), "request_id"),
        (
            client.update_guild_settings,
            pb.UpdateGuildSettingsRequest(request_id="g", settings=pb.GuildSettings(guild_id="g", addressing_threshold=1.5)),
            "settings.addressing_threshold",
        ),
        (
            client.update_guild_settings,
            pb.UpdateGuildSettingsRequest(request_id="g", settings=pb.GuildSettings(guild_id="g", addressing_threshold=float("nan"))),
            "settings.addressing_threshold",
        ),
    ]
    for call, request, field in bad:
        with pytest.raises(InvalidField) as refused:
            await call(request)
        assert refused.value.field == field, request
    for table in ("messages", "personas", "guild_settings", "requests", "conversations"):
        assert await rows(database, f"SELECT count(*) FROM {table}") == [(0,)]


def test_the_tables_are_those_that_the_migrations_make(conversation_database_url):
    engine = sa.create_engine(make_url(conversation_database_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)

    def ours(thing, name, kind, reflected, compared):
        return not (kind == "table" and name and (name.startswith("procrastinate") or name in TABLES))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()

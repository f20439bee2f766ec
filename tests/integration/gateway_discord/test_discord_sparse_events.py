"""What a compatible server may leave out of an event, or of what it is asked for, costs neither the connection nor an answer."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.gateway.discord.register import register_commands
from tests.fakes.discord_server import Message, world
from tests.fakes.discord_server.components import labels
from tests.fakes.discord_server.payloads import channel_json, guild_json, message_event_json
from tests.fakes.discord_server.world import ADMINISTRATOR, PUBLIC_THREAD, VIEW_CHANNEL, Overwrite, Role

from .conftest import Place, settings_for


def say(place: Place, text: str) -> Message:
    return place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])


async def answers(place: Place, text: str) -> Message:
    return await place.discord.wait_for_text(say(place, text), f"You said: {text}")


@pytest.mark.parametrize(
    "field", ["resume_gateway_url", "application", "application.flags", "user.discriminator", "user.avatar", "user.username", "guilds", "_trace"]
)
async def test_a_greeting_without_a_field_that_may_be_missing_begins_a_session(place: Place, field: str) -> None:
    place.discord.leave_out("READY", field)
    await place.run_connected()
    await answers(place, "hello")
    await place.discord.disconnect()
    await answers(place, "hello again")
    assert (len(place.discord.gateway.identifies), place.discord.gateway.resumes) == (1, 1)


CHANNEL_FIELDS = (
    *(f"channels.{field}" for field in ("position", "name", "permission_overwrites", "flags", "parent_id", "guild_id", "nsfw")),
    *(
        f"threads.{field}"
        for field in ("owner_id", "message_count", "member_count", "thread_metadata", "name", "parent_id", "thread_metadata.archived")
    ),
    *(f"roles.{field}" for field in ("name", "colors", "flags", "position")),
    *(f"members.{field}" for field in ("joined_at", "roles", "user.discriminator", "user.avatar", "deaf")),
    *("voice_states", "presences", "threads", "stickers", "emojis", "guild_scheduled_events", "member_count"),
)


async def knows_the_guild(place: Place) -> None:
    await answers(place, "hello")
    [message] = place.assistant.messages
    assert not message.channel_hidden
    assert place.discord.requests_to("GET", f"/channels/{place.general.id}") == []


@pytest.mark.parametrize("field", CHANNEL_FIELDS)
async def test_a_guild_without_a_field_that_may_be_missing_is_known(place: Place, field: str) -> None:
    place.discord.create_channel(place.guild, "later", kind=PUBLIC_THREAD, parent=place.general)
    place.discord.leave_out("GUILD_CREATE", field)
    await place.run_connected()
    await knows_the_guild(place)


@pytest.mark.parametrize(
    ("part", "unreadable"),
    [
        ("channels", {"id": "7", "type": 0, "name": "odd", "permission_overwrites": [{"id": "none"}]}),
        ("channels", None),
        ("threads", {"id": "7", "type": 11, "parent_id": "none"}),
        ("threads", {"id": "7", "type": 11, "thread_metadata": 7}),
        ("roles", {"name": "nobody"}),
        ("members", {"user": {"username": "nobody"}}),
        ("voice_states", {"user_id": "7", "channel_id": None}),
        ("emojis", 7),
    ],
)
async def test_of_a_guild_only_what_cannot_be_read_is_left_out(place: Place, part: str, unreadable: Any) -> None:
    await place.run_connected()
    told = guild_json(place.guild, place.discord.world, place.discord.bot.id)
    told[part] = [unreadable, *told[part]]
    place.guild.name = told["name"] = "Renamed"
    with capture_logs() as logs:
        place.discord.send_event("GUILD_CREATE", told)
        await knows_the_guild(place)
    assert not [entry for entry in logs if "is skipped" in entry["event"]]


@pytest.mark.parametrize("field", ["position", "name", "permission_overwrites"])
async def test_a_new_channel_without_a_field_is_known(place: Place, field: str) -> None:
    await place.run_connected()
    place.discord.leave_out("CHANNEL_CREATE", field)
    place.general = place.discord.create_channel(place.guild, "new")
    await knows_the_guild(place)


@pytest.mark.parametrize("field", ["position", "name", "permission_overwrites"])
async def test_a_changed_channel_keeps_what_its_change_does_not_tell(place: Place, field: str) -> None:
    hidden = Overwrite(place.guild.id, 0, deny=VIEW_CHANNEL)
    place.general.overwrites = [hidden, Overwrite(place.discord.bot.id, 1, allow=VIEW_CHANNEL)]
    await place.run_connected()
    told = channel_json(place.general, place.discord.world, place.discord.bot.id)
    place.discord.send_event("CHANNEL_UPDATE", {name: value for name, value in told.items() if name != field})
    await answers(place, "hello")
    assert [message.channel_hidden for message in place.assistant.messages] == [True]


async def test_a_locked_thread_stays_locked_when_its_change_does_not_tell(place: Place) -> None:
    thread = place.discord.create_channel(place.guild, "closed", kind=PUBLIC_THREAD, parent=place.general)
    await place.run_connected()
    told = channel_json(thread, place.discord.world, place.discord.bot.id)
    place.discord.send_event("THREAD_UPDATE", told | {"thread_metadata": told["thread_metadata"] | {"locked": True}})
    place.discord.send_event("THREAD_UPDATE", {name: value for name, value in told.items() if name != "thread_metadata"})
    unheard = place.discord.person_says(thread, place.ada, "in there", mentions=[place.discord.bot])
    await answers(place, "hello")
    assert place.discord.replies_to(unheard) == []


@pytest.mark.parametrize("field", ["guild_id", "author.discriminator", "author.avatar", "mentions.discriminator", "mentions.member", "member.roles"])
async def test_a_message_without_a_field_further_in_is_answered(place: Place, field: str) -> None:
    place.discord.leave_out("MESSAGE_CREATE", field)
    await place.run_connected()
    await answers(place, "sparse")
    assert [message.guild_id for message in place.assistant.messages] == [place.guild.id]


async def test_a_member_of_no_guild_is_left_alone_where_the_channel_is_unknown(place: Place) -> None:
    await place.run_connected()
    said = message_event_json(say(place, "first"), place.discord.world)
    place.discord.send_event("MESSAGE_CREATE", said | {"id": "77", "guild_id": None, "channel_id": "78"})
    await answers(place, "second")
    assert {message.channel_id for message in place.assistant.messages} == {place.general.id}


@pytest.mark.parametrize(
    "field", ["channel_id", "version", "channel", "locale", "app_permissions", "context", "member.user.discriminator", "guild_id"]
)
async def test_a_command_without_a_field_that_may_be_missing_is_answered(place: Place, field: str) -> None:
    await register_commands(settings_for(place.discord))
    place.discord.leave_out("INTERACTION_CREATE", field)
    await place.run_connected()
    used = place.discord.person_uses(place.general, place.ada, "ask", question="what is a palfrey?")
    await place.discord.until(lambda: [message for message in used.messages if "You said: what is" in message.content])
    [message] = place.assistant.messages
    assert (message.channel_id, message.guild_id) == (place.general.id, place.guild.id)


async def test_an_administrator_moderates_whatever_else_the_interaction_lists(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "EVERYTHING", ADMINISTRATOR)  # what the fake tells of an administrator
    await register_commands(settings_for(place.discord))
    role = place.guild.roles["77"] = Role("77", "Admins", ADMINISTRATOR)
    place.guild.members[place.ada.id].roles.append(role.id)
    await place.run_connected()
    used = place.discord.person_uses(place.general, place.ada, "why")
    await place.discord.until(lambda: used.messages)
    assert [message.may_moderate for message in place.assistant.messages] == [True]


@pytest.mark.parametrize("field", ["tts", "pinned", "mention_everyone", "edited_timestamp", "embeds", "author.discriminator", "type"])
async def test_a_press_and_a_message_asked_for_may_lack_what_says_nothing(place: Place, field: str) -> None:
    place.discord.leave_out("INTERACTION_CREATE", f"message.{field}")
    place.discord.leave_out("message", field)
    await place.run_connected()
    answer = await answers(place, "hello")
    await place.discord.until(lambda: labels(answer.components) == ["Regenerate"])
    used = place.discord.person_presses(answer, place.ada, "Regenerate")
    await place.discord.until(lambda: used.callback)
    await place.discord.until(lambda: len(place.assistant.messages) == 2)
    assert used.messages == []


async def test_a_partial_edit_of_a_known_message_is_answered_anew(place: Place) -> None:
    await place.run_connected()
    question = say(place, "one")
    answer = await place.discord.wait_for_text(question, "You said: one")
    place.discord.leave_out("MESSAGE_UPDATE", "author", "member", "mentions", "guild_id")
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    await place.discord.until(lambda: answer.content == "You said: two")


async def test_a_partial_edit_of_an_unknown_message_is_asked_for(place: Place) -> None:
    question = say(place, "one")
    place.discord.leave_out("MESSAGE_UPDATE", "author", "member")
    await place.run_connected()
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    await place.discord.wait_for_text(question, "You said: two")


async def test_where_it_may_not_speak_a_partial_edit_is_not_asked_for(place: Place) -> None:
    place.general = place.discord.create_channel(place.guild, "quiet", bot_may_speak=False)
    question = say(place, "one")
    place.discord.leave_out("MESSAGE_UPDATE", "author", "member")
    await place.run_connected()
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    direct = place.discord.dm(place.ada, "after it")
    await place.discord.wait_for_text(direct, "You said: after it")
    assert place.discord.requests_to("GET", f"/messages/{question.id}") == []


async def test_a_partial_edit_of_another_bots_or_its_own_message_is_nothing(place: Place) -> None:
    place.discord.leave_out("MESSAGE_UPDATE", "author", "member", "webhook_id")
    hooked = place.discord.webhook_says(place.general, "before")
    await place.run_connected()
    await answers(place, "hello")
    place.discord.person_edits(hooked, f"{place.discord.bot.mention} after")
    await answers(place, "still there")
    await asyncio.sleep(0.3)
    assert place.assistant.edits == []
    assert [message.text for message in place.assistant.messages] == ["hello", "still there"]

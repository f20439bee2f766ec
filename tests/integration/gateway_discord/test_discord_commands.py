import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.console.doctor.discord_application import Application, read_application
from services.gateway.discord.answer_pages import CUT_SHORT, FILES_LEFT_OUT
from services.gateway.discord.api import invite_link
from services.gateway.discord.register import DiscordRefused, register_commands
from services.gateway.discord.slash_commands import command_payloads
from services.gateway.notices import words
from tests.fakes.discord_server import Interaction
from tests.fakes.discord_server.components import labels

from .conftest import Event, Place, delta, final, ignored, saying, settings_for


async def ready(place: Place) -> None:
    await register_commands(settings_for(place.discord))
    await place.run_connected()


async def answered(place: Place, interaction: Interaction, text: str) -> None:
    await place.discord.until(lambda: [message for message in interaction.messages if text in message.content])


async def test_registering_puts_the_commands_and_returns_the_application(place: Place) -> None:
    application_id = await register_commands(settings_for(place.discord))
    assert application_id == place.discord.bot.id
    registered = place.discord.interactions.commands[(application_id, None)]
    assert {command["name"] for command in registered.values()} == {payload["name"] for payload in command_payloads()}


async def test_registering_twice_keeps_the_ids(place: Place) -> None:
    await register_commands(settings_for(place.discord))
    before = set(place.discord.interactions.commands[(place.discord.bot.id, None)])
    await register_commands(settings_for(place.discord))
    assert set(place.discord.interactions.commands[(place.discord.bot.id, None)]) == before


async def test_registering_with_a_bad_token_says_so(place: Place) -> None:
    with pytest.raises(DiscordRefused, match="DISCORD_TOKEN"):
        await register_commands(settings_for(place.discord, discord_token="wrong"))


async def test_the_doctor_reads_what_discord_knows_of_the_bot(place: Place) -> None:
    url = place.discord.api_url

    async def read(token: str, at: str = url) -> Application:
        return await asyncio.to_thread(read_application, token, at, timeout_s=5)

    assert await read(place.discord.token) == Application(reads_messages=True, commands=0)
    await register_commands(settings_for(place.discord))
    assert await read(place.discord.token) == Application(reads_messages=True, commands=len(command_payloads()))
    assert await read("wrong") == Application(refused=True)
    assert (await read("wrong", "http://127.0.0.1:1")).problem == "Connection refused"
    assert (await read(place.discord.token, f"{url}/nowhere")).problem == "it answers with status 404"


@pytest.mark.parametrize(("token", "status", "told"), [(None, 0, "Slash commands registered."), ("", 1, "DISCORD_TOKEN must be set.")])
async def test_the_console_registers_them_too(place: Place, token: str | None, status: int, told: str) -> None:
    environment = os.environ | {
        "DISCORD_TOKEN": place.discord.token if token is None else token,
        "PARLOUR_DISCORD_API_URL": place.discord.api_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.console", "discord", "register", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == status
    assert told in output.decode()
    registered = place.discord.interactions.commands.get((place.discord.bot.id, None), {})
    assert len(registered) == (0 if status else len(command_payloads()))


async def test_ask_is_answered_for_all_to_read(place: Place) -> None:
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="what is a palfrey?")
    await answered(place, used, "You said: what is a palfrey?")
    assert not used.ephemeral
    [message] = place.assistant.messages
    assert (message.message_id, message.user_id, message.channel_id) == (used.id, place.ada.id, place.general.id)
    assert message.mentions_assistant


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("remember", {"what": "my cat is called Miso"}, "/remember my cat is called Miso"),
        ("memories", {}, "/memories"),
        ("forget", {"what": "my cat"}, "/forget my cat"),
        ("credits", {}, "/credits"),
        ("usage", {"period": "week"}, "/usage week"),
        ("personality preset", {"name": "butler"}, "/personality preset butler"),
        ("privacy opt-out", {}, "/privacy opt-out"),
        ("help", {}, "/help"),
    ],
)
async def test_private_commands_are_said_in_words_and_seen_by_their_user_only(place: Place, command: str, options: dict[str, str], said: str) -> None:
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, command, **options)
    await answered(place, used, f"You said: {said}")
    assert used.ephemeral
    assert {message.visible_to for message in used.messages} == {place.ada.id}


async def test_commands_work_in_direct_messages(place: Place) -> None:
    await ready(place)
    used = place.discord.person_uses(place.discord.open_dm(place.ada), place.ada, "credits")
    await answered(place, used, "You said: /credits")
    assert place.assistant.messages[0].guild_id == ""


async def test_a_slow_answer_is_deferred_in_time(place: Place) -> None:
    go_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        await go_on.wait()
        yield final("at last")

    place.assistant.script = script
    place.discord.interactions.answer_within_s = 1.0
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="slow one?")
    await place.discord.until(lambda: used.callback)
    assert used.messages == []
    go_on.set()
    await answered(place, used, "at last")


@pytest.mark.parametrize("written", [b"", b'{"message": "slow"}', b"null"])
async def test_a_429_on_an_answer_that_does_not_say_how_long_is_tried_again(place: Place, written: bytes) -> None:
    await ready(place)
    place.discord.garble_next("PATCH", "/webhooks", status=429, written=written)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="hello")
    await answered(place, used, "You said: hello")
    assert len(used.messages) == 1


async def test_a_429_on_the_acknowledgement_is_tried_again_while_there_is_time(place: Place) -> None:
    await ready(place)
    place.discord.rate_limit_next("POST", "/callback", retry_after_s=0.3, via=False)
    place.discord.garble_next("POST", "/callback", status=429, written=b"")
    used = place.discord.person_uses(place.general, place.ada, "ask", question="hello")
    await answered(place, used, "You said: hello")
    first, *_, last = place.discord.requests_to("POST", "/callback")
    assert last.at - first.at >= 0.3
    assert [message.text for message in place.assistant.messages] == ["hello"]


async def test_an_acknowledgement_that_discord_does_not_want_in_time_is_let_go(place: Place) -> None:
    await ready(place)
    place.discord.rate_limit_next("POST", "/callback", retry_after_s=10.0, via=False)
    place.discord.person_uses(place.general, place.ada, "ask", question="too late")
    await place.discord.until(lambda: place.discord.requests_to("POST", "/callback"))
    used = place.discord.person_uses(place.general, place.ada, "ask", question="in time")
    await answered(place, used, "in time")
    assert len(place.discord.requests_to("POST", "/callback")) == 2
    assert [message.text for message in place.assistant.messages] == ["in time"]


async def test_a_long_private_answer_follows_up_privately_and_pings_nobody(place: Place) -> None:
    text = "\n\n".join(f"{number} @everyone " + "word " * 90 for number in range(12))
    place.assistant.script = saying(delta("0"), final(text))
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "memories")
    await answered(place, used, "11 @everyone")
    assert len(used.messages) >= 3
    assert {message.visible_to for message in used.messages} == {place.ada.id}
    payloads = [payload for message in used.messages for payload in message.payloads]
    assert all(payload["allowed_mentions"]["parse"] == [] for payload in payloads)


async def test_what_somebody_wrote_is_remembered_from_the_menu_of_their_message(place: Place) -> None:
    await ready(place)
    bob = place.discord.create_user("bob", global_name="Bob B.", guilds=[place.guild])
    message = place.discord.person_says(place.general, place.ada, f"my cat is a friend of {bob.mention}")
    used = place.discord.person_uses_on(message, place.ada, "Remember this")
    await answered(place, used, "You said: /remember my cat is a friend of @Bob B.")
    assert used.ephemeral


async def test_what_somebody_else_wrote_is_not_remembered_as_ones_own(place: Place) -> None:
    await ready(place)
    message = place.discord.person_says(place.general, place.discord.owner, "my cat is called Miso")
    used = place.discord.person_uses_on(message, place.ada, "Remember this")
    await answered(place, used, words("remember_own"))
    assert used.ephemeral
    assert [one.text for one in place.assistant.messages if one.text.startswith("/")] == []


@pytest.mark.parametrize(("reason", "key"), [("ignored", "ignored_here"), ("empty", "asked_nothing"), ("not_addressed", "something_broke")])
async def test_who_asks_where_nothing_is_answered_is_told_why(place: Place, reason: str, key: str) -> None:
    place.assistant.script = saying(Event(ignored=gateway_pb2.Ignored(reason=reason)))
    await ready(place)
    await answered(place, place.discord.person_uses(place.general, place.ada, "ask", question="?"), words(key))


async def test_an_answer_to_ask_has_a_stop_button_while_it_grows(place: Place) -> None:
    go_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta("once")
        await go_on.wait()
        yield final("once upon a time")

    place.assistant.script = script
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="tell me a story")
    await answered(place, used, "once")
    assert labels(used.messages[0].components) == ["Stop"]
    go_on.set()
    await answered(place, used, "once upon a time")
    assert used.messages[0].components == []


async def test_a_command_that_is_not_answered_still_says_something(place: Place) -> None:
    place.assistant.script = saying(ignored())
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="?")
    await answered(place, used, "went wrong")


async def test_a_gift_names_its_receiver_for_all_to_read_and_pings_nobody(place: Place) -> None:
    await ready(place)
    bob = place.discord.create_user("bob", guilds=[place.guild])
    used = place.discord.person_uses(place.general, place.ada, "gift", person=bob, credits=5, note="thanks")
    await answered(place, used, f"You said: /gift {bob.mention} 5 thanks")
    assert not used.ephemeral
    assert used.messages[0].pinged_users == []
    [message] = place.assistant.messages
    assert list(message.mentioned_user_ids) == [bob.id]


async def test_who_is_named_may_be_the_assistant_itself_which_is_no_other_person(place: Place) -> None:
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "gift", person=place.discord.bot, credits=5)
    await answered(place, used, "You said: /gift")
    assert list(place.assistant.messages[0].mentioned_user_ids) == []


async def test_moderators_commands_are_offered_to_moderators_in_servers_only(place: Place) -> None:
    await ready(place)
    with pytest.raises(LookupError):
        place.discord.person_uses(place.general, place.ada, "status")
    with pytest.raises(LookupError):
        place.discord.person_uses(place.discord.open_dm(place.discord.owner), place.discord.owner, "status")
    used = place.discord.person_uses(place.general, place.discord.owner, "status")
    await answered(place, used, "You said: /status")


async def test_whether_somebody_may_moderate_goes_by_the_permissions_that_discord_names(place: Place) -> None:
    await ready(place)
    for person in (place.ada, place.discord.owner):
        await answered(place, place.discord.person_uses(place.general, person, "why"), "You said: /why")
    assert [message.may_moderate for message in place.assistant.messages] == [False, True]


async def test_a_private_answer_to_ask_is_shown_to_its_asker_alone(place: Place) -> None:
    place.assistant.script = saying(Event(final=gateway_pb2.Final(text="You opted out.", private=True)))
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="stop remembering me")
    await answered(place, used, "You opted out.")
    assert [(message.content, message.visible_to) for message in used.messages] == [
        (words("private_by_message"), None),
        ("You opted out.", place.ada.id),
    ]


async def test_files_are_uploaded_with_the_answer(place: Place) -> None:
    file = gateway_pb2.File(name="export.jsonl", media_type="application/jsonl", data=b'{"text": "x"}\n')
    place.assistant.script = saying(Event(final=gateway_pb2.Final(text="Here it is.", private=True, files=[file])))
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "privacy export")
    await answered(place, used, "Here it is.")
    [message] = used.messages
    assert message.visible_to == place.ada.id
    assert message.payloads[-1]["files"] == {"export.jsonl": file.data}


async def test_files_that_may_not_be_attached_are_named_as_missing(place: Place) -> None:
    file = gateway_pb2.File(name="export.jsonl", media_type="application/jsonl", data=b"{}")
    place.discord.forbid_files(place.general)
    place.assistant.script = saying(Event(final=gateway_pb2.Final(text="Here it is.", private=True, files=[file])))
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "privacy export")
    await answered(place, used, "Here it is.")
    [message] = used.messages
    assert FILES_LEFT_OUT in message.content


async def test_a_long_private_answer_to_ask_says_where_it_is_cut_short(place: Place) -> None:
    place.discord.forbid_files(place.general)
    place.assistant.script = saying(Event(final=gateway_pb2.Final(text="word " * 4000, private=True)))
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="everything")
    await answered(place, used, CUT_SHORT)
    assert [message.content for message in used.messages if CUT_SHORT in message.content] == [used.messages[-1].content]


async def test_a_command_of_an_older_release_is_answered_in_words(place: Place) -> None:
    await ready(place)
    commands = place.discord.interactions.commands[(place.discord.bot.id, None)]
    commands["1"] = {"id": "1", "name": "dance", "type": 1, "options": [], "default_member_permissions": None, "dm_permission": True}
    used = place.discord.person_uses(place.general, place.ada, "dance")
    await answered(place, used, words("command_unknown"))
    assert used.ephemeral
    assert place.assistant.messages == []


async def test_an_interaction_that_somebody_else_acknowledged_is_left_to_them(place: Place) -> None:
    await ready(place)
    place.discord.fail_next("POST", "/callback", status=400, body={"code": 40060, "message": "Interaction has already been acknowledged."})
    place.discord.person_uses(place.general, place.ada, "ask", question="twice")
    await place.discord.until(lambda: place.discord.requests_to("POST", "/callback"))
    used = place.discord.person_uses(place.general, place.ada, "ask", question="once")
    await answered(place, used, "once")
    assert [message.text for message in place.assistant.messages] == ["once"]


async def test_a_token_that_expires_during_the_answer_ends_it_without_a_fuss(place: Place) -> None:
    place.discord.interactions.follow_up_within_s = -1.0
    await ready(place)
    place.discord.person_uses(place.general, place.ada, "ask", question="slow")
    await place.discord.until(lambda: [one for one in place.discord.requests_to("PATCH", "/webhooks") if one.status == 404])
    place.discord.interactions.follow_up_within_s = 900.0
    await answered(place, place.discord.person_uses(place.general, place.ada, "ask", question="in time"), "in time")


async def test_with_too_many_under_way_a_command_is_told_so(place: Place) -> None:
    go_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        await go_on.wait()
        yield final("at last")

    place.assistant.script = script
    await register_commands(settings_for(place.discord))
    await place.run_connected(discord_answers_max=1)
    first = place.discord.person_uses(place.general, place.ada, "ask", question="one")
    await place.discord.until(lambda: first.callback)
    second = place.discord.person_uses(place.general, place.ada, "ask", question="two")
    await answered(place, second, words("busy"))
    assert second.ephemeral
    go_on.set()
    await answered(place, first, "at last")


async def test_an_interaction_that_has_expired_costs_nothing(place: Place) -> None:
    place.discord.interactions.answer_within_s = -1.0
    await ready(place)
    place.discord.person_uses(place.general, place.ada, "ask", question="too late")
    await place.discord.until(lambda: place.discord.requests_to("POST", "/callback"))
    place.discord.interactions.answer_within_s = 3.0
    used = place.discord.person_uses(place.general, place.ada, "ask", question="in time")
    await answered(place, used, "in time")
    assert [message.text for message in place.assistant.messages] == ["in time"]


async def test_commands_still_work_after_another_bot_and_a_registration_in_the_same_process(place: Place) -> None:
    await ready(place)
    await register_commands(settings_for(place.discord))
    used = place.discord.person_uses(place.general, place.ada, "help")
    await answered(place, used, "You said: /help")


def test_the_invite_link_asks_for_few_permissions() -> None:
    query = parse_qs(urlsplit(invite_link("123")).query)
    assert query["client_id"] == ["123"]
    assert query["scope"] == ["bot applications.commands"]
    permissions = int(query["permissions"][0])
    assert permissions & (1 << 11)
    assert not permissions & ((1 << 3) | (1 << 13) | (1 << 17))  # administrator, manage messages, mention everyone

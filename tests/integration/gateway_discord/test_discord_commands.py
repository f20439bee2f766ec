import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.api import invite_link
from services.gateway.discord.register import DiscordRefused, register_commands
from tests.fakes.discord_server import Interaction

from .conftest import Event, Place, delta, final, ignored, saying, settings_for

COMMANDS = {"ask", "remember", "memories", "forget", "credits", "help"}


async def ready(place: Place) -> None:
    await register_commands(settings_for(place.discord))
    await place.run_connected()


async def answered(place: Place, interaction: Interaction, text: str) -> None:
    await place.discord.until(lambda: [message for message in interaction.messages if text in message.content])


async def test_registering_puts_the_six_commands_and_returns_the_application(place: Place) -> None:
    application_id = await register_commands(settings_for(place.discord))
    assert application_id == place.discord.bot.id
    registered = place.discord.interactions.commands[(application_id, None)]
    assert {command["name"] for command in registered.values()} == COMMANDS


async def test_registering_twice_keeps_the_ids(place: Place) -> None:
    await register_commands(settings_for(place.discord))
    before = set(place.discord.interactions.commands[(place.discord.bot.id, None)])
    await register_commands(settings_for(place.discord))
    assert set(place.discord.interactions.commands[(place.discord.bot.id, None)]) == before


async def test_registering_with_a_bad_token_says_so(place: Place) -> None:
    with pytest.raises(DiscordRefused, match="DISCORD_TOKEN"):
        await register_commands(settings_for(place.discord, discord_token="wrong"))


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


async def test_a_command_that_is_not_answered_still_says_something(place: Place) -> None:
    place.assistant.script = saying(ignored())
    await ready(place)
    used = place.discord.person_uses(place.general, place.ada, "ask", question="?")
    await answered(place, used, "went wrong")


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

"""The pace of people and guilds, before anything is begun for them."""

import asyncio
from typing import Any

from parlour.gateway.v1 import gateway_pb2
from services.gateway.events import Event
from services.gateway.notices import words
from tests.integration.gateway.scripted_services import Scripted, scripted_services

SLOW_DOWN = words("slow_down")
FEW: dict[str, Any] = {"rate_user_per_minute": 0.6, "rate_user_burst": 2, "rate_guild_per_minute": 0.6, "rate_guild_burst": 3}


async def said(services: Scripted, text: str, number: int, *, user_id: str = "ada", guild_id: str = "g1", origin: str = "api") -> Event:
    """Say something and return the last event."""
    message = gateway_pb2.IncomingMessage(
        message_id=f"{user_id}-{number}", guild_id=guild_id, channel_id="c", user_id=user_id, user_name="Ada", text=text, mentions_assistant=True
    )
    request = gateway_pb2.HandleMessageRequest(message=message)
    return [event async for event in services.assistant.handle(request, origin=origin)][-1]


async def test_who_is_too_fast_is_refused_before_anything_is_stored_or_held_and_told_when() -> None:
    async with scripted_services(**FEW) as services:
        answered = [await said(services, "How are you?", number) for number in range(2)]
        refused = (await said(services, "How are you?", 2)).final
        assert [event.final.outcome for event in answered] == [gateway_pb2.Final.OUTCOME_ANSWERED] * 2
        assert (refused.outcome, refused.reason, refused.text) == (gateway_pb2.Final.OUTCOME_REFUSED, "RATE_LIMITED", SLOW_DOWN)
        assert 0 < refused.retry_after_s <= 100
        assert (len(services.credit.holds), len(services.conversation.turns)) == (2, 2)


async def test_in_discord_the_words_come_once_and_the_rest_is_silence() -> None:
    async with scripted_services(**FEW) as services:
        events = [await said(services, "How are you?", number, origin="discord") for number in range(6)]
        assert [event.WhichOneof("event") for event in events] == ["final", "final", "final", "ignored", "ignored", "ignored"]
        assert events[2].final.text == SLOW_DOWN
        assert {event.ignored.reason for event in events[3:]} == {"rate_limited"}


async def test_a_command_counts_less_than_a_question() -> None:
    async with scripted_services(**FEW) as services:
        finals = [(await said(services, "/help", number)).final for number in range(9)]
        assert [final.reason for final in finals] == [""] * 8 + ["RATE_LIMITED"]


async def test_a_guild_has_a_pace_of_its_own_whoever_speaks_and_others_are_not_held_up() -> None:
    async with scripted_services(**FEW) as services:
        finals = [(await said(services, "How are you?", 0, user_id=f"user{number}")).final for number in range(4)]
        assert [final.reason for final in finals] == ["", "", "", "RATE_LIMITED"]
        assert (await said(services, "How are you?", 0, user_id="eve", guild_id="g2")).final.reason == ""


async def test_what_is_not_meant_for_the_assistant_counts_for_nothing() -> None:
    async with scripted_services(**FEW) as services:
        message = gateway_pb2.IncomingMessage(message_id="x", guild_id="g1", channel_id="c", user_id="ada", user_name="Ada", text="see you at eight")
        for number in range(20):
            message.message_id = f"aside-{number}"
            async for event in services.assistant.handle(gateway_pb2.HandleMessageRequest(message=message)):
                assert event.WhichOneof("event") == "ignored"
        assert (await said(services, "How are you?", 0)).final.outcome == gateway_pb2.Final.OUTCOME_ANSWERED


async def test_many_at_once_are_no_more_than_many_in_a_row() -> None:
    async with scripted_services(**FEW) as services:
        events = await asyncio.gather(*(said(services, "How are you?", number) for number in range(5)))
        assert sorted(event.final.reason for event in events) == ["", "", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]

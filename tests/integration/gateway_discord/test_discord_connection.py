import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.register import DiscordRefused
from tests.fakes.discord_server.payloads import guild_json, message_event_json

from .conftest import Event, Place, delta, final


async def still_answers(place: Place, text: str) -> None:
    question = place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, f"You said: {text}")


async def test_it_identifies_with_the_intents_it_needs_and_no_others(place: Place) -> None:
    await place.run_connected()
    [identify] = place.discord.gateway.identifies
    assert identify["intents"] == (1 << 0) | (1 << 9) | (1 << 12) | (1 << 15)
    assert place.discord.requests_to("PUT", "/commands") == place.discord.requests_to("GET", "/commands") == []


async def test_it_beats_and_stays_connected(place: Place) -> None:
    place.discord.gateway.heartbeat_interval_ms = 30
    await place.run_connected()
    await place.discord.until(lambda: place.discord.gateway.heartbeats >= 4)
    await still_answers(place, "alive")


async def test_asked_to_reconnect_it_resumes_and_misses_nothing(place: Place) -> None:
    await place.run_connected()
    place.discord.gateway.request_reconnect()
    await still_answers(place, "said while it was away")
    assert (len(place.discord.gateway.identifies), place.discord.gateway.resumes) == (1, 1)


async def test_a_session_that_is_invalid_but_resumable_is_resumed(place: Place) -> None:
    await place.run_connected()
    place.discord.gateway.invalidate(resumable=True)
    await place.discord.until(lambda: place.discord.gateway.resumes)
    await still_answers(place, "resumed")


async def test_an_invalid_session_is_begun_anew(place: Place) -> None:
    await place.run_connected()
    place.discord.gateway.invalidate(resumable=False)
    await place.discord.until(lambda: len(place.discord.gateway.identifies) == 2)
    await still_answers(place, "anew")


async def test_a_dropped_socket_is_resumed(place: Place) -> None:
    await place.run_connected()
    await place.discord.disconnect()
    await still_answers(place, "said into the gap")
    assert (len(place.discord.gateway.identifies), place.discord.gateway.resumes) == (1, 1)


async def test_discord_away_and_back_is_survived(place: Place) -> None:
    await place.run_connected()
    assert await place.health.is_up()
    await place.discord.gateway.drop_all()
    await place.discord.stop()
    async with asyncio.timeout(5):
        while await place.health.is_up():
            await asyncio.sleep(0.01)
    await place.discord.start(port=place.discord.port)
    await place.discord.wait_connected()
    await still_answers(place, "back again")
    assert await place.health.is_up()


async def test_discord_unreachable_at_the_start_is_waited_for(place: Place) -> None:
    port = place.discord.port
    await place.discord.stop()
    with capture_logs() as logs:
        task = place.run(discord_reconnect_max_s=0.05)
        await place.discord.until(lambda: [entry for entry in logs if "the connection to Discord ended" in entry["event"]])
    await place.discord.start(port=port)
    await place.discord.wait_connected()
    assert not task.done()
    await still_answers(place, "finally")


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("MESSAGE_CREATE", {"id": "not a number"}),
        ("MESSAGE_CREATE", None),
        ("GUILD_CREATE", {"channels": 7}),
        ("INTERACTION_CREATE", {"type": 2}),
        ("SOMETHING_NEW", {"unheard": "of"}),
    ],
)
async def test_a_malformed_or_unknown_event_is_skipped_on_the_same_connection(place: Place, event: str, data: object) -> None:
    await place.run_connected()
    place.discord.send_event(event, data)
    await still_answers(place, "unmoved")
    assert len(place.discord.gateway.identifies) == 1


@pytest.mark.parametrize("frame", ["", "not json", '{"op": 0}', "[]", '{"op": "0", "d": 1, "s": null, "t": 7}', "[" * 100_000])
async def test_a_malformed_frame_is_skipped_on_the_same_connection(place: Place, frame: str) -> None:
    await place.run_connected()
    place.discord.send_raw(frame)
    await still_answers(place, "unmoved")
    assert len(place.discord.gateway.identifies) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"content": None}, "content: string_type"),
        ({"author": {"id": "7", "username": 7}}, "author.username: string_type"),
        ({"mentions": [{"username": "nobody"}]}, "mentions.0.id: missing"),
        ({"guild_id": None, "channel_id": "7"}, "value_error"),  # a member of no guild
    ],
)
async def test_a_message_of_another_shape_is_skipped_with_a_line_that_tells_nothing_of_it(place: Place, change: dict[str, Any], problem: str) -> None:
    await place.run_connected()
    said = place.discord.person_says(place.general, place.ada, "nobody is asked")
    with capture_logs() as logs:
        place.discord.send_event("MESSAGE_CREATE", message_event_json(said, place.discord.world) | change)
        await still_answers(place, "unmoved")
    skipped = [entry for entry in logs if "skipped" in entry["event"]]
    assert [entry["log_level"] for entry in skipped] == ["warning"]
    assert problem in skipped[0]["problem"]
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_a_server_in_which_the_bot_has_no_proper_name_is_answered(place: Place) -> None:
    await place.run_connected()
    told = guild_json(place.guild, place.discord.world, place.discord.bot.id)
    told["members"][0]["nick"] = 7
    place.discord.send_event("GUILD_CREATE", told)
    await still_answers(place, "unmoved")


async def test_a_bad_token_ends_with_one_clear_line(place: Place) -> None:
    with pytest.raises(DiscordRefused, match=r"^Discord does not accept the token in DISCORD_TOKEN.*\.$"):
        await place.run(discord_token="wrong")
    assert place.discord.gateway.identifies == []
    assert not await place.health.is_up()


async def test_a_token_refused_by_the_gateway_alone_ends_the_same_way(place: Place) -> None:
    task = place.run()
    await place.discord.wait_connected()
    place.discord.close_gateway(4004)
    with pytest.raises(DiscordRefused, match="DISCORD_TOKEN"):
        await task


async def test_a_token_that_is_reset_later_ends_the_same_way(place: Place) -> None:
    await place.run_connected()
    place.discord.refuse_token()
    place.discord.gateway.invalidate(resumable=False)
    assert place.task is not None
    with pytest.raises(DiscordRefused, match="DISCORD_TOKEN"):
        await place.task


async def test_a_missing_intent_ends_with_one_clear_line(place: Place) -> None:
    place.discord.refuse_intents()
    with pytest.raises(DiscordRefused, match=r"^Discord does not give this bot the text of messages.*Message Content Intent.*$"):
        await place.run()
    assert len(place.discord.gateway.identifies) == 1


async def test_shards_of_one_process_are_those_of_its_settings(place: Place) -> None:
    place.run(discord_shard_count=4, discord_shard_ids="0,2-3")
    await place.discord.wait_connected(3)
    assert sorted(identify["shard"] for identify in place.discord.gateway.identifies) == [[0, 4], [2, 4], [3, 4]]
    message = place.discord.dm(place.ada, "to shard 0")
    await place.discord.wait_for_text(message, "You said: to shard 0")


async def test_without_a_shard_count_discord_is_asked_for_it(place: Place) -> None:
    await place.run_connected(discord_shard_count=0)
    assert place.discord.requests_to("GET", "/gateway/bot")
    await still_answers(place, "one shard")


@pytest.mark.parametrize("shard_count", [0, 1])
async def test_a_gateway_address_in_the_settings_comes_before_what_discord_answers(place: Place, shard_count: int) -> None:
    place.discord.gateway.url = "ws://127.0.0.1:9/nowhere"
    await place.run_connected(discord_gateway_url=place.discord.gateway_url, discord_shard_count=shard_count)
    await still_answers(place, "found it")


async def test_an_answer_under_way_outlives_the_connection_it_came_by(place: Place) -> None:
    go_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta("one")
        await go_on.wait()
        yield final("one two")

    place.assistant.script = script
    await place.run_connected(discord_reconnect_max_s=0.05)
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_reply(question)
    place.discord.close_gateway(4012)  # nobody is refused by that, and it ends the client
    await place.discord.until(lambda: len(place.discord.gateway.identifies) == 2)
    go_on.set()
    await place.discord.until(lambda: answer.content == "one two")

"""What the bot does when Discord is away, slow to let it in, or says less than it might: one line each, and it recovers."""

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.fakes.discord_server import Message

from .conftest import Place

AWAY_S = 0.8


def say(place: Place, text: str) -> Message:
    return place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])


async def answers(place: Place, said: Message, text: str) -> None:
    await place.discord.wait_for_text(said, f"You said: {text}")


async def test_what_was_said_during_an_outage_is_answered_once_when_it_is_over(place: Place) -> None:
    await place.run_connected(discord_reconnect_max_s=0.2)
    await answers(place, say(place, "before"), "before")
    await place.discord.gateway.drop_all()
    await place.discord.stop()
    said = [say(place, f"number {number}") for number in range(3)]
    await asyncio.sleep(AWAY_S)  # several attempts to resume fail meanwhile
    await place.discord.start(port=place.discord.port)
    for number, message in enumerate(said):
        await answers(place, message, f"number {number}")
    assert (len(place.discord.gateway.identifies), place.discord.gateway.resumes) == (1, 1)
    assert [len(place.discord.replies_to(message)) for message in said] == [1, 1, 1]
    assert [message.text for message in place.assistant.messages] == ["before", "number 0", "number 1", "number 2"]


async def test_a_session_that_discord_has_forgotten_during_an_outage_is_begun_anew(place: Place) -> None:
    await place.run_connected(discord_reconnect_max_s=0.2)
    await place.discord.gateway.drop_all()
    await place.discord.stop()
    place.discord.gateway.sessions.clear()
    await asyncio.sleep(AWAY_S)
    await place.discord.start(port=place.discord.port)
    await place.discord.wait_connected()
    await answers(place, say(place, "hello again"), "hello again")
    assert len(place.discord.gateway.identifies) == 2


async def test_an_outage_is_told_in_single_lines_without_tracebacks(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    await place.run_connected(discord_reconnect_max_s=0.1)
    with capture_logs() as logs:
        await place.discord.gateway.drop_all()
        await place.discord.stop()
        await asyncio.sleep(AWAY_S)
        await place.discord.start(port=place.discord.port)
        await place.discord.wait_connected()
        await answers(place, say(place, "back"), "back")
    assert [entry["event"] for entry in logs].count("Discord shard disconnected") == 1
    assert not any(entry.get("exc_info") for entry in logs)
    assert not any(record.exc_info for record in caplog.records if record.name.startswith("nextcord"))


async def test_a_gateway_that_cannot_be_reached_is_told_in_one_line_an_attempt_and_tried_again(place: Place) -> None:
    place.discord.gateway.refuses_connections = True
    with capture_logs() as logs:
        task = place.run(discord_reconnect_max_s=0.05)
        await place.discord.until(lambda: len([entry for entry in logs if "could not connect" in entry["event"]]) >= 3)
    assert not any("exc_info" in entry for entry in logs)
    place.discord.gateway.refuses_connections = False
    await place.discord.wait_connected()
    assert not task.done()
    assert len(place.discord.gateway.identifies) == 1
    await answers(place, say(place, "finally"), "finally")


async def test_with_the_days_identifies_used_up_it_waits_until_there_are_new_ones_and_says_so_once(place: Place) -> None:
    place.discord.limit_identifies(total=1, per_s=3.0, used=1, _began_at=asyncio.get_running_loop().time())
    with capture_logs() as logs:
        task = place.run()
        await place.discord.wait_connected()
        await answers(place, say(place, "let in"), "let in")
    lines = [entry for entry in logs if entry["log_level"] in ("error", "warning")]
    assert [entry["event"] for entry in lines] == ["Discord allows no more connections for now: waiting until it does"]
    assert not task.done()
    assert (len(place.discord.gateway.identifies), place.discord.gateway.starts.token_resets) == (1, 0)


async def test_identifies_used_up_while_it_runs_do_not_cost_the_token(place: Place) -> None:
    await place.run_connected(discord_reconnect_max_s=0.2)
    place.discord.limit_identifies(total=1, per_s=2.0, used=1, _began_at=asyncio.get_running_loop().time())
    place.discord.gateway.invalidate(resumable=False)
    await place.discord.until(lambda: len(place.discord.gateway.identifies) == 2)
    await answers(place, say(place, "in again"), "in again")
    assert place.discord.gateway.starts.token_resets == 0


async def test_shards_identify_at_the_pace_of_their_bucket(place: Place) -> None:
    place.discord.limit_identifies(interval_s=0.4, max_concurrency=2)
    started = asyncio.get_running_loop().time()
    place.run(discord_shard_count=4, discord_identify_interval_s=0.4)
    await place.discord.wait_connected(4)
    assert place.discord.gateway.starts.too_fast == 0
    assert len(place.discord.gateway.identifies) == 4
    assert asyncio.get_running_loop().time() - started < 2.0  # two buckets side by side, not one after the other


async def test_an_identify_that_came_too_fast_is_repeated(place: Place) -> None:
    place.discord.limit_identifies(interval_s=0.3)
    place.run(discord_shard_count=2, discord_identify_interval_s=0.0, discord_reconnect_max_s=0.2)
    await place.discord.wait_connected(2)
    assert place.discord.gateway.starts.too_fast >= 1
    await place.discord.until(lambda: {session.shard[0] for session in place.discord.gateway.connected()} == {0, 1})
    await answers(place, say(place, "all there"), "all there")


OPTIONAL = ("nonce", "referenced_message", "attachments", "embeds", "components", "flags", "mention_roles", "reactions", "member", "edited_timestamp")


@pytest.mark.parametrize("field", OPTIONAL)
async def test_a_message_without_a_field_that_may_be_missing_is_answered(place: Place, field: str) -> None:
    place.discord.leave_out("MESSAGE_CREATE", field)
    await place.run_connected()
    await answers(place, say(place, "sparse"), "sparse")


async def test_a_server_that_knows_no_start_limit_is_joined(place: Place) -> None:
    fault = place.discord.fail_next("GET", "/gateway/bot", status=404, count=100)
    await place.run_connected()
    await answers(place, say(place, "no limits"), "no limits")
    assert fault.count < 100


async def test_a_global_rate_limit_is_waited_out(place: Place) -> None:
    await place.run_connected()
    place.discord.limit_globally(3, 0.4)
    said = [say(place, f"number {number}") for number in range(4)]
    for number, message in enumerate(said):
        await answers(place, message, f"number {number}")
    assert any(request.status == 429 for request in place.discord.requests)
    assert [len(place.discord.replies_to(message)) for message in said] == [1, 1, 1, 1]

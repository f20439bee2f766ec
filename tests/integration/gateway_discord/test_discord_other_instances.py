"""Edits and deletions of what another instance answered, or answers still."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis

from .conftest import Place, final, saying
from .held_answers import Held, ask, labels, numbered


@pytest.fixture
async def shared(place: Place, redis_url: str) -> AsyncIterator[Place]:
    """The bot keeps its records in Redis; stopped and run again, it is another instance."""
    place.redis = redis.from_url(redis_url, socket_timeout=3)
    yield place
    await place.stop()
    await place.redis.aclose()


async def moved(place: Place) -> None:
    """Let another instance, which knows nothing by itself, take over."""
    await place.discord.until(lambda: not place.assistant.under_way)
    await place.stop()
    place.instance = "another"
    await place.run_connected()


async def test_another_instance_removes_all_of_the_answer_to_a_deleted_question(shared: Place) -> None:
    shared.assistant.script = saying(final("word " * 900))
    await shared.run_connected()
    question = await ask(shared)
    await shared.discord.until(lambda: labels((shared.discord.replies_to(question) or [question])[-1]) == ["Regenerate"])
    assert len(shared.discord.by_bot(shared.general)) == 3
    await moved(shared)
    shared.discord.person_deletes(question)
    await shared.discord.until(lambda: not shared.discord.by_bot(shared.general))


async def test_another_instance_goes_on_from_the_newest_attempt(shared: Place) -> None:
    shared.assistant.script = numbered()
    await shared.run_connected()
    question = await ask(shared, "one")
    answer = await shared.discord.wait_for_text(question, "attempt 0: one")
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} two")
    await shared.discord.until(lambda: answer.content == "attempt 1: two" and labels(answer) == ["Regenerate"])
    await moved(shared)
    shared.discord.rest.announce("MESSAGE_UPDATE", question)  # the same edit, seen again
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} three")
    await shared.discord.until(lambda: answer.content == "attempt 2: three")
    assert [message.attempt for message in shared.assistant.messages] == [0, 1, 2]
    assert shared.discord.by_bot(shared.general) == [answer]


async def test_an_edit_of_what_another_instance_is_answering_is_left_to_it(shared: Place) -> None:
    shared.assistant.script = Held("half of it", final("half of it and more")).script
    await shared.run_connected()
    question = await ask(shared, "one")
    await shared.discord.wait_for_text(question, "half of it")
    key = f"parlour:discord:answer:{question.id}"
    async with asyncio.timeout(5):
        while (record := await shared.redis.get(key)) is None:
            await asyncio.sleep(0.005)
    await shared.stop()
    await shared.redis.set(key, record)  # as if the other one were still at it
    shared.instance = "another"
    shared.assistant.script = numbered()
    await shared.run_connected()
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} two")
    await shared.discord.wait_for_text(shared.discord.dm(shared.ada, "after it"), "after it")
    assert [message.text for message in shared.assistant.messages] == ["one", "after it"]


async def test_an_edit_that_the_other_instance_does_not_answer_is_taken_over(shared: Place) -> None:
    shared.assistant.script = Held("half of it", final("half of it and more")).script
    await shared.run_connected()
    question = await ask(shared, "one")
    answer = await shared.discord.wait_for_text(question, "half of it")
    await shared.stop()
    record = {"message_id": question.id, "channel_id": shared.general.id, "guild_id": shared.guild.id, "asker_id": shared.ada.id}
    left_behind = record | {"message_ids": [answer.id], "instance": "dead"}
    await shared.redis.set(f"parlour:discord:answer:{question.id}", json.dumps(left_behind))
    shared.assistant.script = numbered()
    await shared.run_connected(discord_takeover_s=0.05)
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} two")
    await shared.discord.until(lambda: answer.content == "attempt 1: two")
    assert shared.discord.by_bot(shared.general) == [answer]

"""Deleted messages: their answers stop, go, and leave the conversation."""

import asyncio
from collections.abc import AsyncIterator

from parlour.gateway.v1 import gateway_pb2
from services.runtime.errors import DependencyUnavailable

from .conftest import Event, Place, delta, final
from .held_answers import Held, ask, labels

Final = gateway_pb2.Final


async def test_a_deleted_question_is_withdrawn_and_its_answer_goes_with_it(place: Place) -> None:
    await place.run_connected()
    question, other = await ask(place, "one"), await ask(place, "two")
    await place.discord.wait_for_text(question, "You said: one")
    kept = await place.discord.wait_for_text(other, "You said: two")
    place.discord.person_deletes(question)
    await place.discord.until(lambda: place.discord.by_bot(place.general) == [kept])
    [withdrawn] = await place.discord.until(lambda: place.assistant.withdrawals)
    assert (withdrawn.guild_id, withdrawn.channel_id, list(withdrawn.message_ids)) == (place.guild.id, place.general.id, [question.id])


async def test_a_deletion_stops_an_answer_under_way_and_removes_what_was_posted(place: Place) -> None:
    place.assistant.script = Held("half of it", final("never")).script
    await place.run_connected()
    question = await ask(place)
    await place.discord.wait_for_text(question, "half of it")
    place.discord.person_deletes(question)
    await place.discord.until(lambda: not place.discord.by_bot(place.general))
    await place.discord.until(lambda: place.assistant.withdrawals)
    assert place.assistant.cut == 1


async def test_an_answer_that_is_withdrawn_elsewhere_is_removed(place: Place) -> None:
    held = Held("half of it", Event(final=Final(text="gone", outcome=Final.OUTCOME_CUT, stopped=True, reason="WITHDRAWN")))
    place.assistant.script = held.script
    await place.run_connected()
    question = await ask(place)
    await place.discord.wait_for_text(question, "half of it")
    held.go_on.set()
    await place.discord.until(lambda: not place.discord.by_bot(place.general))


async def test_many_deleted_at_once_are_withdrawn_together(place: Place) -> None:
    await place.run_connected()
    questions = [await ask(place, str(number)) for number in range(3)]
    for number, question in enumerate(questions):
        await place.discord.wait_for_text(question, f"You said: {number}")
    idle = [place.discord.person_says(place.general, place.ada, "chat") for _ in range(120)]
    place.discord.moderator_deletes(place.general, [*questions, *idle])
    await place.discord.until(lambda: not place.discord.by_bot(place.general))
    await place.discord.until(lambda: len(place.assistant.withdrawals) == 2)
    assert [len(one.message_ids) for one in place.assistant.withdrawals] == [100, 23]
    assert len({one.request_id for one in place.assistant.withdrawals}) == 2


async def test_a_withdrawal_that_fails_is_tried_again(place: Place) -> None:
    place.assistant.withdraw_problems = [DependencyUnavailable("conversation")]
    await place.run_connected()
    question = await ask(place)
    await place.discord.wait_for_text(question, "You said: hi")
    place.discord.person_deletes(question)
    [withdrawn] = await place.discord.until(lambda: place.assistant.withdrawals)
    assert list(withdrawn.message_ids) == [question.id]


async def test_its_own_messages_are_withdrawn_for_nobody(place: Place) -> None:
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "You said: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    place.discord.person_deletes(answer)
    other = place.discord.person_says(place.general, place.ada, "chat")
    place.discord.person_deletes(other)
    await place.discord.until(lambda: place.assistant.withdrawals)
    assert [list(one.message_ids) for one in place.assistant.withdrawals] == [[other.id]]


async def test_an_answer_whose_message_was_deleted_stops_the_model(place: Place) -> None:
    went_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        text = ""
        while not went_on.is_set():
            yield delta("word ")
            text += "word "
            await asyncio.sleep(0.02)
        yield final(text)

    place.assistant.script = script
    await place.run_connected()
    answer = await place.discord.wait_for_reply(await ask(place))
    place.discord.person_deletes(answer)
    await place.discord.until(lambda: place.assistant.cut == 1)

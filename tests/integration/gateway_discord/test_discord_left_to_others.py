"""What a gateway shows of messages that another one answers: nothing."""

import asyncio
from collections.abc import AsyncIterator

from parlour.gateway.v1 import gateway_pb2
from tests.fakes.discord_server import Message

from .conftest import Event, Place, Script, delta, final, typing


def say(place: Place, text: str) -> Message:
    return place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])


def saying_to_hello(*events: Event) -> Script:
    """Answers "hello" with these events, and everything else."""

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        for event in events if message.text == "hello" else (final("the other one"),):
            yield event

    return script


async def nothing_is_shown(place: Place) -> None:
    """Say hello and something else behind it, and see that the answer to that is the only one."""
    await place.run_connected()
    said = say(place, "hello")
    await place.discord.until(lambda: len(place.assistant.messages) == 1)
    await place.discord.wait_for_text(say(place, "something else"), "the other one")
    assert place.discord.replies_to(said) == []
    assert len(place.discord.by_bot(place.general)) == 1


async def test_a_message_that_another_gateway_has_answered_is_left_alone(place: Place) -> None:
    place.assistant.script = saying_to_hello(Event(ignored=gateway_pb2.Ignored(reason="duplicate")))
    await nothing_is_shown(place)


async def test_a_message_that_a_stopping_gateway_had_no_answer_to_yet_is_left_to_others(place: Place) -> None:
    place.assistant.script = saying_to_hello(typing())
    await nothing_is_shown(place)


async def test_an_answer_that_another_gateway_has_taken_over_is_not_written_on(place: Place) -> None:
    taken_over = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta("the beginning")
        await taken_over.wait()
        yield delta(" and the end")
        yield final("the beginning and the end")

    refused = asyncio.Event()

    async def still_mine(_: str) -> bool:
        if taken_over.is_set():
            refused.set()
        return not taken_over.is_set()

    place.assistant.script = script
    place.assistant.still_mine = still_mine  # type: ignore[method-assign]
    await place.run_connected()
    said = say(place, "hello")
    answer = await place.discord.wait_for_text(said, "the beginning")
    taken_over.set()
    await asyncio.wait_for(refused.wait(), 5)
    await place.stop()
    assert answer.content == "the beginning"


async def test_an_answer_that_another_gateway_took_over_and_died_with_is_finished_here_in_its_place(place: Place) -> None:
    taken_over, other_one_died = asyncio.Event(), asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        if place.assistant.again[-1]:
            other_one_died.set()  # what the second asking waits for in truth
            yield final("the beginning and the end")
            return
        yield delta("the beginning")
        await taken_over.wait()
        yield delta(" and a bit")
        yield final("not to be shown")

    async def still_mine(_: str) -> bool:
        return other_one_died.is_set() or not taken_over.is_set()

    place.assistant.script = script
    place.assistant.still_mine = still_mine  # type: ignore[method-assign]
    await place.run_connected()
    said = say(place, "hello")
    await place.discord.wait_for_text(said, "the beginning")
    taken_over.set()
    answer = await place.discord.wait_for_text(said, "the beginning and the end")
    assert place.assistant.again == [False, True]
    assert place.discord.replies_to(said) == [answer]


async def test_a_message_that_is_taken_over_again_and_again_is_left_to_others_in_the_end(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield final("not to be shown")

    async def never_mine(_: str) -> bool:
        return False

    place.assistant.script = script
    place.assistant.still_mine = never_mine  # type: ignore[method-assign]
    await place.run_connected()
    said = say(place, "hello")
    await place.discord.until(lambda: len(place.assistant.again) == 6)
    await place.stop()
    assert place.assistant.again == [False, *[True] * 5]
    assert place.discord.replies_to(said) == []


async def test_what_was_written_over_another_gateways_answer_after_a_pause_is_put_right(place: Place) -> None:
    paused = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        if place.assistant.again[-1]:
            yield Event(ignored=gateway_pb2.Ignored(reason="duplicate"))
            return
        yield delta("the beginning")
        yield final("not to be shown")

    looks: list[bool] = []

    async def still_mine(_: str) -> bool:
        looks.append(not (place.discord.rest.replies and not paused.is_set()))
        if not looks[-1]:
            paused.set()  # while the first text was on its way
        return looks[-1]

    place.assistant.answer_given = final("the whole of the other one's answer").final
    place.assistant.script = script
    place.assistant.still_mine = still_mine  # type: ignore[method-assign]
    await place.run_connected()
    said = say(place, "hello")
    answer = await place.discord.wait_for_text(said, "the whole of the other one's answer")
    assert False in looks
    assert place.discord.replies_to(said) == [answer]

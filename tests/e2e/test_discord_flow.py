"""Stop, Regenerate, edits and deletions as people in Discord meet them: the fake Discord, the whole stack, a scripted model."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.gateway.notices import WORDS
from tests.e2e.discord_community import WAIT_S, Community, running_community
from tests.fakes.discord_server import Channel, FakeDiscord, Message, User
from tests.fakes.model_server import Answer as Scripted
from tests.fakes.model_server import ModelServer, Request

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = Scripted(delta_delay_s=0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def community() -> AsyncIterator[Community]:
    limits = {"PARLOUR_GATEWAY_DISCORD_ANSWER_MESSAGES_MAX": "2", "PARLOUR_GATEWAY_COMPLETION_TOKENS_MAX": "2000"}
    async with running_community(**limits) as community:
        yield community


@pytest_asyncio.fixture(loop_scope="module")
async def model(community: Community) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=community.model_port) as server:
        yield server


def labels(message: Message) -> list[str]:
    return [button["label"] for row in message.components for button in row["components"]]


@dataclass
class Room:
    """A channel that nothing was said in yet, with a person in it."""

    community: Community
    model: ModelServer
    channel: Channel
    ada: User

    @property
    def discord(self) -> FakeDiscord:
        return self.community.discord

    def ask(self, text: str, **fields: Any) -> Message:
        return self.discord.person_says(self.channel, self.ada, text, mentions=[self.discord.bot], **fields)

    def edit(self, question: Message, text: str) -> None:
        self.discord.person_edits(question, f"{self.discord.bot.mention} {text}")

    async def begun(self, question: Message, words: int = 2) -> Message:
        """Wait until so many words of an answer are there."""

        def found() -> list[Message]:
            return [one for one in self.discord.replies_to(question) if len(one.content.split()) >= words]

        return (await self.discord.until(found, timeout_s=WAIT_S))[0]

    async def finished(self, answer: Message, *, not_as: str = "") -> Message:
        """Wait until an answer is whole; `not_as`: and another one than this."""
        await self.discord.until(lambda: labels(answer) == ["Regenerate"] and answer.content != not_as, timeout_s=WAIT_S)
        return answer

    async def answered(self, text: str) -> tuple[Message, Message]:
        """Ask something and return the question and its whole answer."""
        question = self.ask(text)
        return question, await self.finished(await self.begun(question, 1))

    def shown_with(self, question: str) -> list[Request]:
        """The requests in which the model was asked a question; extraction and summaries ask it, too."""
        return [one for one in self.model.requests if one.prompt.rstrip().endswith(question)]

    async def until_gone(self, text: str) -> str:
        """Ask until the model is no longer shown a text, and return what it was shown then."""
        for number in range(30):
            asked = f"what do you know, take {number}?"
            await self.answered(asked)
            shown = self.shown_with(asked)[0].prompt
            if text not in shown:
                return shown
            await asyncio.sleep(0.1)
        raise AssertionError(f"the model is still shown {text!r}")

    async def credits(self) -> float:
        told = await self.community.replied_with(self.discord.person_uses(self.channel, self.ada, "credits"), "credits")
        found = re.search(r"([\d.]+)", told.content)
        assert found is not None
        return float(found[1])


@pytest_asyncio.fixture(loop_scope="module")
async def room(community: Community, model: ModelServer) -> Room:
    return another_room(community, model)


def another_room(community: Community, model: ModelServer) -> Room:
    return Room(community, model, community.discord.create_channel(community.guild, "room"), community.newcomer())


async def test_a_stopped_answer_keeps_its_text_and_is_what_the_conversation_goes_on_from(room: Room):
    room.model.next(SLOW)
    answer = await room.begun(room.ask("tell me a long story"))
    room.discord.person_presses(answer, room.ada, "Stop")
    await room.finished(answer)
    assert answer.content.endswith(WORDS["stopped"])
    told = answer.content.removesuffix(WORDS["stopped"]).split()
    assert 2 <= len(told) < 20
    await asyncio.wait_for(room.shown_with("tell me a long story")[0].cancelled.wait(), WAIT_S)
    await room.answered("and then?")
    assert told[-1] in room.shown_with("and then?")[0].prompt


async def test_stopping_charges_less_than_the_whole_answer(room: Room):
    whole = another_room(room.community, room.model)
    room.model.next(long := Scripted(text="word " * 300, delta_delay_s=0.02), long)
    await whole.answered("tell me a long story")
    answer = await room.begun(room.ask("tell me a long story"))
    room.discord.person_presses(answer, room.ada, "Stop")
    await room.finished(answer)
    assert await whole.credits() < await room.credits() < 100


async def test_regenerate_replaces_the_answer_here_and_for_the_model(room: Room):
    question, answer = await room.answered("what is a good name for a dog?")
    first = answer.content
    room.discord.person_presses(answer, room.ada, "Regenerate")
    await room.finished(answer, not_as=first)
    assert room.discord.replies_to(question) == [answer]
    assert first not in room.shown_with("a good name for a dog?")[1].prompt
    await room.answered("and for a cat?")
    shown = room.shown_with("and for a cat?")[0].prompt
    assert first not in shown
    assert answer.content in shown


async def test_an_edited_question_is_answered_anew_in_place(room: Room):
    question, answer = await room.answered("what rhymes with Lisbon?")
    first = answer.content
    room.edit(question, "what rhymes with Porto?")
    await room.finished(answer, not_as=first)
    assert "Lisbon" not in room.shown_with("what rhymes with Porto?")[0].prompt
    assert room.discord.replies_to(question) == [answer]


async def test_a_question_edited_while_it_is_answered_is_answered_once(room: Room):
    room.model.next(SLOW)
    question = room.ask("what rhymes with Lisbon?")
    answer = await room.begun(question)
    room.edit(question, "what rhymes with Porto?")
    await room.finished(answer)
    assert len(answer.content.split()) == 20
    assert room.discord.replies_to(question) == [answer]
    await room.answered("sure?")
    shown = room.shown_with("sure?")[0].prompt
    assert "Porto" in shown
    assert "Lisbon" not in shown


async def test_a_later_edit_is_what_the_model_is_shown_from_then_on(room: Room):
    question, answer = await room.answered("what rhymes with Lisbon?")
    told = answer.content
    question.content = f"{room.discord.bot.mention} what rhymes with Porto?"
    question.edited_timestamp = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    room.discord.rest.announce("MESSAGE_UPDATE", question)
    shown = await room.until_gone("what rhymes with Lisbon?")
    assert "what rhymes with Porto?" in shown
    assert answer.content == told
    assert told in shown  # it is what the person was told


async def test_a_deleted_question_is_gone_from_the_channel_and_the_conversation(room: Room):
    question, answer = await room.answered("what does Rumpelstiltskin mean?")
    told = answer.content
    room.discord.person_deletes(question)
    await room.discord.until(lambda: answer.id not in room.channel.messages, timeout_s=WAIT_S)
    assert told not in await room.until_gone("Rumpelstiltskin")


async def test_a_question_deleted_while_it_is_answered_leaves_nothing(room: Room):
    room.model.next(SLOW)
    question = room.ask("what does Rumpelstiltskin mean?")
    answer = await room.begun(question)
    room.discord.person_deletes(question)
    await room.discord.until(lambda: answer.id not in room.channel.messages, timeout_s=WAIT_S)
    await asyncio.wait_for(room.shown_with("Rumpelstiltskin mean?")[0].cancelled.wait(), WAIT_S)
    await room.until_gone("Rumpelstiltskin")


async def test_the_model_is_shown_the_replies_before_and_the_files_attached(room: Room):
    ben = room.community.newcomer("ben")
    first = room.discord.person_says(room.channel, ben, "shall we see the Uffizi?")
    second = room.discord.person_says(room.channel, room.ada, "rather the Prado", reply_to=first)
    file = room.discord.attachment("plan.md", b"Monday: the Thyssen\n", "text/markdown")
    question = room.ask("what do you say?", reply_to=second, attachments=[file])
    await room.finished(await room.begun(question))
    shown = room.model.requests[0].prompt
    assert "shall we see the Uffizi?" in shown
    assert "rather the Prado" in shown
    assert "Monday: the Thyssen" in shown


async def test_an_answer_longer_than_its_messages_comes_as_a_file(room: Room):
    text = " ".join(["the quick brown fox jumps over the lazy dog"] * 100)
    room.model.next(Scripted(text=text))
    question = room.ask("everything, please")
    await room.discord.until(lambda: [one for one in room.discord.replies_to(question) if one.attachments], timeout_s=WAIT_S)
    posted = room.discord.replies_to(question)
    assert len(posted) == 2
    [file] = posted[-1].payloads[-1]["files"].values()
    assert file.decode() == text


async def test_an_answer_under_way_is_finished_when_its_gateway_is_told_to_stop(room: Room):
    room.model.next(Scripted(delta_delay_s=0.1))
    answer = await room.begun(room.ask("tell me a story"))
    gateway = room.community.stack.process_of("gateway")
    gateway.terminate()
    await room.finished(answer)
    assert len(answer.content.split()) == 20
    await asyncio.to_thread(gateway.wait, WAIT_S)
    assert '"outcome": "answered"' in room.community.stack.log("gateway").split('"event": "stopping"')[1]
    await room.discord.wait_connected(timeout_s=WAIT_S)  # the next one has taken its place

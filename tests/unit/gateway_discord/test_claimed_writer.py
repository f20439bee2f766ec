"""A gateway that has lost its claim on a message writes nothing more of its answer."""

import asyncio

import pytest

from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.claimed_writer import ClaimedWriter, WriteTurns
from services.gateway.discord.writers import WriteRefused


class Written:
    """Keeps what was written."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    async def typing(self) -> None:
        self.calls.append(("typing",))

    async def send(self, part: int, page: AnswerPage) -> str:
        self.calls.append(("send", part, page.text))
        return "7"

    async def edit(self, message_id: str, page: AnswerPage) -> None:
        self.calls.append(("edit", message_id, page.text))

    async def delete(self, message_id: str) -> None:
        self.calls.append(("delete", message_id))


class Claim:
    mine = True

    async def still_mine(self) -> bool:
        return self.mine


async def test_while_the_claim_is_held_everything_is_written():
    written, claim = Written(), Claim()
    writer = ClaimedWriter(written, claim.still_mine, WriteTurns(), "general")
    await writer.typing()
    assert await writer.send(0, AnswerPage("hello")) == "7"
    await writer.edit("7", AnswerPage("hello there"))
    await writer.delete("7")
    assert written.calls == [("typing",), ("send", 0, "hello"), ("edit", "7", "hello there"), ("delete", "7")]


async def test_once_the_claim_is_lost_nothing_is_written():
    written, claim = Written(), Claim()
    writer = ClaimedWriter(written, claim.still_mine, WriteTurns(), "general")
    claim.mine = False
    for write in (writer.typing, lambda: writer.send(0, AnswerPage("x")), lambda: writer.edit("7", AnswerPage("x")), lambda: writer.delete("7")):
        with pytest.raises(WriteRefused):
            await write()
    assert written.calls == []


async def test_the_claim_is_looked_at_after_the_wait_for_other_writes_in_the_channel():
    written, claim, turns = Written(), Claim(), WriteTurns()
    writer = ClaimedWriter(written, claim.still_mine, turns, "general")
    async with turns.of("general", "edit"):  # somebody else's write is under way
        waiting = asyncio.create_task(writer.edit("7", AnswerPage("stale")))
        await asyncio.sleep(0)
        await writer.send(0, AnswerPage("of another kind"))
        claim.mine = False
    with pytest.raises(WriteRefused):
        await waiting
    assert written.calls == [("send", 0, "of another kind")]

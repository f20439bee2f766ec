"""Many people who talk to the assistant in one Discord at once, in bursts, and what is wrong with the answers that they got."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.gateway.notices import WORDS
from tests.fakes.discord_server import Channel, FakeDiscord, Message, User

ANSWER = ("This ", "is ", "the ", "whole ", "answer.")
_PATIENCE_S = 120.0
_BURST_MAX = 3


@dataclass
class Talker:
    """A person, where they talk, and what they have said."""

    person: User
    channel: Channel
    said: list[Message] = field(default_factory=list)


@dataclass
class Verdict:
    """What became of the messages. Everything but `messages` and `apologies` should be 0."""

    messages: int = 0
    unanswered: int = 0
    answered_twice: int = 0
    out_of_order: int = 0
    incomplete: int = 0
    apologies: int = 0
    """Of turns that died with their gateway and could not be taken over in time: answered once, with an apology."""
    examples: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.unanswered or self.answered_twice or self.out_of_order or self.incomplete)


class Crowd:
    """The people."""

    def __init__(self, discord: FakeDiscord, *, people: int, channels: int, seed: int) -> None:
        self._discord = discord
        self._random = random.Random(seed)
        guild = discord.create_guild("The crowd")
        rooms = [discord.create_channel(guild, f"room {number}") for number in range(channels)]
        self.rooms: Sequence[Channel] = rooms
        self.talkers = [Talker(discord.create_user(f"person {n}", guilds=[guild]), rooms[n % channels]) for n in range(people)]

    @property
    def answered(self) -> int:
        """Messages with an answer."""
        return sum(bool(self._replies(message)) for talker in self.talkers for message in talker.said)

    def _replies(self, message: Message) -> list[Message]:
        return self._discord.rest.replies.get(message.id, [])

    async def talk(self, messages: int) -> None:
        """Let everybody say their share of so many messages, and wait until each has an answer."""
        share, more = divmod(messages, len(self.talkers))
        async with asyncio.TaskGroup() as group:
            for number, talker in enumerate(self.talkers):
                group.create_task(self._talk(talker, share + (number < more)))

    async def _talk(self, talker: Talker, messages: int) -> None:
        while len(talker.said) < messages:
            burst = min(self._random.randint(1, _BURST_MAX), messages - len(talker.said))
            for _ in range(burst):
                text = f"question {len(talker.said)}"
                talker.said.append(self._discord.person_says(talker.channel, talker.person, text, mentions=[self._discord.bot]))
            await self._answer_to(talker.said[-1])

    async def _answer_to(self, message: Message) -> None:
        """Wait for an answer; one that does not come is found by the verdict."""
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_S
        while not self._replies(message) and asyncio.get_running_loop().time() < give_up_at:
            await asyncio.sleep(0.02)

    async def quiet(self, seconds: float) -> None:
        """Wait until nothing was written for so long: then nothing more is to be expected."""
        seen = -1
        while seen != (seen := len(self._discord.requests)):
            await asyncio.sleep(seconds)

    def judge(self) -> Verdict:
        """Look at every message and its answers."""
        found = Verdict()
        for talker in self.talkers:
            answers = [reply for message in talker.said for reply in self._judge_one(message, found)]
            found.out_of_order += sum(int(later.id) < int(earlier.id) for earlier, later in pairwise(answers))
        posted = sum(len(self._discord.by_bot(room)) for room in self.rooms)
        answered = found.messages - found.unanswered + found.answered_twice
        found.answered_twice += max(0, posted - answered)  # what replies to nothing is nobody's answer
        return found

    def _judge_one(self, message: Message, found: Verdict) -> list[Message]:
        replies = self._replies(message)
        found.messages += 1
        found.unanswered += not replies
        found.answered_twice += max(0, len(replies) - 1)
        for reply in replies:
            found.apologies += reply.content == WORDS["orphaned"]
            if reply.content not in ("".join(ANSWER), WORDS["orphaned"]):
                found.incomplete += 1
        if len(found.examples) < 10 and (len(replies) != 1 or replies[0].content not in ("".join(ANSWER), WORDS["orphaned"])):
            found.examples.append(f"{message.content}: {[reply.content for reply in replies]}")
        return replies

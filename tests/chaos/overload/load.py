"""Load on a gateway: closed loop, to find what it serves at most, and open loop, which goes on asking however slow the answers are."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc

from services.gateway.notices import WORDS
from tests.chaos.people import Told, percentile, question, tell
from tests.running_stack import Person

BUSY = "OVERLOADED"
DRAIN_S = 65.0
"""The last ones asked have an answer by then: a turn's own time is 60 s."""


@dataclass
class Load:
    """What came of offering messages at a rate."""

    offered_per_s: float
    seconds: float
    told: list[Told] = field(default_factory=list)
    late_s_max: float = 0.0
    """How far the generator was behind its own clock at most: where this is large, the rate was not offered."""

    @property
    def answered_per_s(self) -> float:
        """Answers that came while the load lasted, a second."""
        began_s = min(one.said_at_s for one in self.told)
        return sum(one.answered and one.said_at_s + one.seconds <= began_s + self.seconds for one in self.told) / self.seconds

    @property
    def refused(self) -> list[Told]:
        """Messages that were not taken on for want of room."""
        return [one for one in self.told if is_polite(one)]

    @property
    def unexplained(self) -> list[Told]:
        """Neither answered nor told that there is too much to do."""
        return [one for one in self.told if not one.answered and not is_polite(one)]

    @property
    def refusal_ms_p99(self) -> float:
        return percentile((one.seconds * 1000 for one in self.refused), 0.99)

    @property
    def answer_s_p99(self) -> float:
        return percentile((one.seconds for one in self.told if one.answered), 0.99)


def is_polite(told: Told) -> bool:
    """Whether a message was refused in the words for that: as a last event, or as a status for the program that asked."""
    if told.final is not None:
        return told.final.reason == BUSY and told.final.text == WORDS["busy"]
    return told.refused is grpc.StatusCode.RESOURCE_EXHAUSTED


async def closed_loop(people: Sequence[Person], seconds: float) -> float:
    """Return the answers a second with one message of each person under way."""
    end = time.monotonic() + seconds
    answered = 0

    async def talk(person: Person) -> None:
        nonlocal answered
        while time.monotonic() < end:
            told = await tell(person, question(), repeats=False)
            answered += told.answered and time.monotonic() <= end

    await asyncio.gather(*(talk(person) for person in people))
    return answered / seconds


async def open_loop(people: Sequence[Person], per_s: float, seconds: float, offered: asyncio.Event) -> Load:
    """Have the people speak in turn, so many a second, whatever came of the messages before; `offered` is set with the last message."""
    load, speakers = Load(per_s, seconds), itertools.cycle(people)
    asking: list[asyncio.Task[None]] = []
    began_s = time.monotonic()

    async def ask(person: Person) -> None:
        load.told.append(await tell(person, question(), repeats=False, give_up_s=DRAIN_S, call_s=DRAIN_S))

    for number in range(int(per_s * seconds)):
        due_s = began_s + number / per_s
        wait_s = due_s - time.monotonic()
        load.late_s_max = max(load.late_s_max, -wait_s)
        await asyncio.sleep(max(0.0, wait_s))
        asking.append(asyncio.create_task(ask(next(speakers))))
    offered.set()
    await asyncio.gather(*asking)
    return load

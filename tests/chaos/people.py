"""People who talk to the assistant over the gateway's API while things break: what each was told, and how their program behaves when a call fails.

A person's program repeats a message, under the same id, whenever the connection broke before the last event came: then nobody knows what became of
it, and the gateway answers a repeat with what is stored. A `final`, whatever it says, is the end; so is a refusal that the server sent as a status
(RESOURCE_EXHAUSTED and others): it is an answer as well.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

import grpc

from parlour.gateway.v1 import gateway_pb2
from tests.running_stack import Answer, Person

Final = gateway_pb2.Final
CALL_S = 45.0
PAUSE_S = 0.25
_BROKEN = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED})
_TOPICS = ("gardens", "trains", "bread", "tides", "chess", "maps", "clouds", "violins", "bees", "lighthouses")
_numbers = itertools.count(1)


def question() -> str:
    """A question that nobody asked before."""
    number = next(_numbers)
    return f"Question {number}: what should I know about {_TOPICS[number % len(_TOPICS)]} in the year {1900 + number % 120}?"


@dataclass
class Told:
    """One message, and what its person was told."""

    person: Person
    text: str
    message_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    final: Final | None = None
    """None: the person gave up without one."""
    notices: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """The status of each call that ended without a last event."""
    answers: list[str] = field(default_factory=list)
    """The text of each last event that was no repeat: more than one is an answer too many."""
    refused: grpc.StatusCode | None = None
    said_at_s: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    @property
    def turn_id(self) -> str:
        return f"{self.message_id}:0"

    @property
    def answered(self) -> bool:
        """The model's whole answer, or a command's, reached the person."""
        return self.final is not None and self.final.outcome in (Final.OUTCOME_ANSWERED, Final.OUTCOME_COMMAND)

    @property
    def outcome(self) -> str:
        """In a word, for a table."""
        if self.final is not None:
            name = Final.Outcome.Name(self.final.outcome).removeprefix("OUTCOME_").lower()
            return f"{name} {self.final.reason}".strip()
        return f"refused {self.refused.name}" if self.refused is not None else "nothing"


async def tell(person: Person, text: str, *, give_up_s: float = CALL_S, call_s: float = CALL_S, repeats: bool = True) -> Told:
    """Say something until there is a last event, `give_up_s` at most."""
    told = Told(person, text)
    while time.monotonic() - told.said_at_s < give_up_s:
        try:
            heard = await person.ask(text, message_id=told.message_id, timeout_s=call_s)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _BROKEN:
                told.refused = error.code()
                break
            told.broken.append(error.code().name)
            if not repeats:
                break
            await asyncio.sleep(PAUSE_S)
        else:
            _note(told, heard)
            break
    told.seconds = time.monotonic() - told.said_at_s
    return told


def _note(told: Told, heard: Answer) -> None:
    told.final = heard.final
    told.notices += heard.notices
    if not heard.final.replayed:
        told.answers.append(heard.final.text)


def outcomes(told: Iterable[Told]) -> dict[str, int]:
    """How many messages ended in which way, the most frequent first."""
    counted: dict[str, int] = {}
    for one in told:
        counted[one.outcome] = counted.get(one.outcome, 0) + 1
    return dict(sorted(counted.items(), key=lambda item: -item[1]))


def percentile(values: Iterable[float], share: float) -> float:
    """The value that so large a share of all is not above; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

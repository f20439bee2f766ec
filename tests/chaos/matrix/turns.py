"""One cell: a person's turn through the gateway's API, a fault at its moment, and how soon the next turn is as good as any."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import grpc

from parlour.gateway.v1 import gateway_pb2
from services.gateway import notices
from tests.chaos.matrix.cells import WITHIN_S, Cell, Dependency, Expected, Fault, Moment, Outcome
from tests.chaos.matrix.stack import MatrixStack
from tests.fakes.fault_proxy import FaultProxy, Way
from tests.running_stack import Answer, Event, Person

RECOVERY_MAX_S = 10.0
_MOMENT_WAIT_S = 10.0
_ANSWER_WAIT_S = 20.0
_DELTAS_BEFORE_HOLD = 4
_EVENT = b"data: "
_SLOWLY_S = 0.1
_OUTCOMES = {
    gateway_pb2.Final.OUTCOME_ANSWERED: Outcome.ANSWERED,
    gateway_pb2.Final.OUTCOME_CUT: Outcome.CUT,
    gateway_pb2.Final.OUTCOME_REFUSED: Outcome.REFUSED,
}
_WORDS = {text: key for key, text in notices.WORDS.items() if "{" not in text}


@dataclass
class Ran:
    """What was seen in a cell."""

    cell: Cell
    expected: Expected
    message_id: str
    account_id: str
    seen: str = ""
    text: str = ""
    took_s: float = 0.0
    recovery_s: float = 0.0
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    """1 where the person was given an answer that is not stored."""
    stored_twice: int = 0
    shown_twice: int = 0

    @property
    def turn_id(self) -> str:
        return f"{self.message_id}:0"

    @property
    def passed(self) -> bool:
        return not self.problems


class MomentMissed(Exception):
    """The turn did not come to the moment at which it was to be hit."""


class ApiTurns:
    """Runs cells on a stack, one after the other."""

    def __init__(self, stack: MatrixStack, channel: grpc.aio.Channel) -> None:
        self._stack = stack
        self._channel = channel

    async def run(self, cell: Cell, expected: Expected) -> Ran:
        """Run a cell; the stack is whole afterwards."""
        person = Person(self._channel)
        ran = Ran(cell, expected, uuid.uuid4().hex, person.account_id)
        turn = _ApiTurn(self._stack, person, ran)
        try:
            await turn.hit_at_the_moment()
            await turn.finish()
        except MomentMissed as missed:
            ran.problems.append(f"never came to {cell.moment}: {missed}")
        finally:
            turn.release()
            turn.abandon()
            await self._stack.clear(cell.dependency, cell.fault)
            await self._stack.pace_models(0.0)
        ran.recovery_s = await self.recovery_s()
        if ran.recovery_s > RECOVERY_MAX_S:
            ran.problems.append(f"the next turn was normal only after {ran.recovery_s:.1f} s")
        return ran

    async def recovery_s(self) -> float:
        """Ask until a turn is as good as any; return how long that took, in seconds, at most three times the bound."""
        started_s = time.monotonic()
        while time.monotonic() - started_s < 3 * RECOVERY_MAX_S:
            if await self._normal():
                return time.monotonic() - started_s
            await asyncio.sleep(0.1)
        return time.monotonic() - started_s

    async def _normal(self) -> bool:
        try:
            answer = await Person(self._channel).ask("Are you well again?", timeout_s=_ANSWER_WAIT_S)
        except grpc.aio.AioRpcError:
            return False
        final = answer.final
        return (
            final.outcome == gateway_pb2.Final.OUTCOME_ANSWERED and not answer.notices and final.charged_microcredits > 0 and final.model == "first"
        )


class TurnUnderWay:
    """A turn that is brought to the moment at which it is to be hit. `ask` says the message; the rest tells how far it is."""

    def __init__(self, stack: MatrixStack, ran: Ran) -> None:
        self.stack = stack
        self.ran = ran
        self.asked_s = 0.0
        self._held: list[FaultProxy] = []
        self._replies_before = 0.0

    def ask(self) -> None:
        """Say the message."""
        raise NotImplementedError

    def is_over(self) -> bool:
        """Whether the last event has come."""
        raise NotImplementedError

    def told(self) -> str:
        """What was said last, for a reader of the report."""
        raise NotImplementedError

    async def first_words_have_come(self) -> bool:
        """Whether the person reads something."""
        raise NotImplementedError

    def _hold(self, dependency: Dependency, way: Way, *, event: bytes = b"", after: int = 0) -> None:
        for proxy in self.stack.proxies[dependency]:
            proxy.hold(way, event=event, after=after)
            self._held.append(proxy)

    def release(self) -> None:
        """Let everything go on that was held for a moment."""
        for proxy in self._held:
            proxy.let_go()
        self._held.clear()

    async def hit_at_the_moment(self) -> None:
        """Begin the turn, and inject the fault when it has come to the cell's moment. Raises MomentMissed."""
        match self.ran.cell.moment:
            case Moment.BEFORE:
                await self._inject()
                self.ask()
            case Moment.HELD:
                self._hold(Dependency.MEMORY, Way.TO_SERVER)
                self.ask()
                await self._until(self._hold_is_placed, "the hold is placed")
                await self._until(self._turn_is_begun, "the turn is begun")
                await self._inject()
            case Moment.STREAMING:
                await self._speak()
                await self._inject()
            case Moment.REPLIED:
                self._replies_before = await self.stack.replies_served()
                await self._speak()
                speaking, self._held = self._held, []
                self._hold(Dependency.CREDIT, Way.TO_SERVER)
                for proxy in speaking:
                    proxy.let_go()
                await self._until(self.reply_is_stored, "the reply is stored")
                await self._until(self._capture_is_asked, "the capture is asked for")
                await self._until(self._reply_is_served, "the gateway has the whole reply")
                await self._inject()
        self.release()

    async def _speak(self) -> None:
        """Let the model say its first words, and nothing more. One that is to be paused speaks slowly instead: else it would have said everything."""
        cell = self.ran.cell
        if cell.fault is Fault.PAUSED and cell.dependency in (Dependency.MODEL, Dependency.EVERY_MODEL):
            await self.stack.pace_models(_SLOWLY_S)
        else:
            self._hold(Dependency.EVERY_MODEL, Way.TO_CLIENT, event=_EVENT, after=_DELTAS_BEFORE_HOLD)
        self.ask()
        await self._until(self.first_words_have_come, "the first words have come")

    async def _inject(self) -> None:
        await self.stack.inject(self.ran.cell.dependency, self.ran.cell.fault)

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        end = time.monotonic() + _MOMENT_WAIT_S
        while not await condition():
            if time.monotonic() > end or self.is_over():
                raise MomentMissed(f"{what} ({self.told()})")
            await asyncio.sleep(0.01)

    async def _hold_is_placed(self) -> bool:
        statement = "SELECT 1 FROM holds JOIN account_keys USING (account_key) WHERE account_id = %s"
        return bool(await self.stack.query("credit", statement, self.ran.account_id))

    async def _turn_is_begun(self) -> bool:
        return bool(await self.stack.query("conversation", "SELECT 1 FROM turns WHERE turn_id = %s", self.ran.turn_id))

    async def reply_is_stored(self) -> bool:
        """Whether conversation has the whole reply."""
        return bool(await self.stack.query("conversation", "SELECT 1 FROM turns WHERE turn_id = %s AND state = 2", self.ran.turn_id))

    async def _reply_is_served(self) -> bool:
        return await self.stack.replies_served() > self._replies_before

    async def _capture_is_asked(self) -> bool:
        return any(proxy.holds(f"{self.ran.turn_id}:capture".encode()) for proxy in self.stack.proxies[Dependency.CREDIT])


class _ApiTurn(TurnUnderWay):
    """A turn under way that was asked for through the gateway's API."""

    def __init__(self, stack: MatrixStack, person: Person, ran: Ran) -> None:
        super().__init__(stack, ran)
        self._person = person
        self._events: list[Event] = []
        self._asking: asyncio.Task[None] | None = None

    def ask(self) -> None:
        self.asked_s = time.monotonic()
        self._asking = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self._person.say("Tell me a story", message_id=self.ran.message_id, timeout_s=_ANSWER_WAIT_S):
            self._events.append(event)
        self.ran.took_s = time.monotonic() - self.asked_s

    def is_over(self) -> bool:
        return self._asking is None or self._asking.done()

    def told(self) -> str:
        if not self._events:
            return "nothing was said"
        last = self._events[-1]
        return last.final.text if last.WhichOneof("event") == "final" else str(last.WhichOneof("event"))

    async def first_words_have_come(self) -> bool:
        return any(event.WhichOneof("event") == "delta" for event in self._events)

    async def finish(self) -> None:
        """Wait for the answer and compare it with what was expected."""
        assert self._asking is not None
        problems = self.ran.problems
        try:
            await self._asking
        except grpc.aio.AioRpcError as error:
            self.ran.seen = f"{error.code().name} {error.details()}"[:200]
            problems.append(f"the person got no words, but {self.ran.seen}")
            return
        answer = Answer(self._events)
        self.ran.text = answer.final.text
        seen = _seen(answer)
        self.ran.seen = seen.text
        expected = self.ran.expected
        if not expected.is_met_by(seen):
            problems.append(f"expected {expected.text}, seen {seen.text} after {self.ran.took_s:.1f} s")
        if self.ran.took_s > WITHIN_S:
            problems.append(f"answered after {self.ran.took_s:.1f} s, not within {WITHIN_S} s")

    def abandon(self) -> None:
        """Wait no longer."""
        if self._asking is not None:
            self._asking.cancel()


def _seen(answer: Answer) -> Expected:
    outcome = _OUTCOMES[answer.final.outcome]
    said = answer.final.text
    words = ""
    if outcome is not Outcome.ANSWERED:
        words = _WORDS.get(said) or _WORDS.get(said.rsplit("\n\n", 1)[-1], f"other words: {said[-80:]}")
    return Expected(outcome, notice=",".join(answer.notices), words=words)

"""The one entry for messages, whether they come from Discord or over gRPC."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parlour.gateway.v1 import gateway_pb2
from services.gateway import events, notices, requests
from services.gateway.addressing.rules import decide
from services.gateway.assistant_turn import AssistantTurn, Services
from services.gateway.commands.command_answers import CommandAnswers
from services.gateway.commands.parsing import Command, is_slash, parse
from services.gateway.events import Event, Final, Relay
from services.gateway.orphans import Couriers
from services.gateway.person_lease import PersonLeases
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.gateway.turn_queue import TurnQueue
from services.gateway.turn_record import TurnRecord
from services.runtime import deadline
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import DeadlineExceeded, Internal, ParlourError
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)
_MessageKey = tuple[str, str, str, str]


@dataclass(slots=True, eq=False)
class _Work:
    """One message being answered. `done` is set with the last event, or None where its reader went away first."""

    request: gateway_pb2.HandleMessageRequest
    origin: str
    said: str
    command: Command | None
    deadline_at: float
    record: TurnRecord
    relay: Relay = field(default_factory=Relay)
    done: "asyncio.Future[Final | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    turn: AssistantTurn | None = None

    @property
    def message(self) -> gateway_pb2.IncomingMessage:
        """The message to answer."""
        return self.request.message


class Assistant:
    """Answers messages: one at a time for each person in each place, in order of arrival.

    `couriers`: the Discord bot connects itself with `assistant.couriers.connect("discord", self)` when it is ready.
    Make it inside the running loop.
    """

    def __init__(self, services: Services, settings: GatewaySettings, settlement: Settlement, leases: PersonLeases) -> None:
        self.couriers = Couriers()
        self._services = services
        self._settings = settings
        self._settlement = settlement
        self._leases = leases
        self._commands = CommandAnswers(services.memory, services.credit, services.conversation, settings)
        self._queue: TurnQueue[tuple[str, str]] = TurnQueue(
            running_max=settings.running_max, waiting_per_key_max=settings.waiting_per_user_max, waiting_max=settings.waiting_max
        )
        # Room for all that the queue admits, so that nothing under way is ever evicted.
        in_flight_max = settings.running_max + settings.waiting_max + 1
        self._in_flight: BoundedMap[_MessageKey, _Work] = BoundedMap("gateway_in_flight", size_max=in_flight_max)
        self._command_finals: BoundedMap[_MessageKey, Final] = BoundedMap(
            "gateway_command_answers", size_max=settings.repeats_max, ttl_s=settings.repeat_s
        )
        self._tasks: dict[asyncio.Task[None], _Work] = {}

    async def handle(self, request: gateway_pb2.HandleMessageRequest, *, origin: str = "api") -> AsyncGenerator[Event, None]:
        """Answer one message: yields the events of HandleMessage; the last one is `ignored` or `final`.

        `origin` is "discord" for the bot. Raises nothing but CancelledError: what fails is said in a `final` that refuses.
        Close the iterator (`contextlib.aclosing`) to stop the answer; what was delivered until then is charged and stored.
        """
        decision = decide(request.message, name=self._settings.assistant_name, slash=is_slash(request.message.text))
        pressed = request.HasField("forget_decision")
        if not decision.addressed and not pressed:
            yield events.ignored(decision.reason)
            return
        key = _key(request.message)
        while (running := self._in_flight.get(key)) is not None:
            # The same message again while it is being answered: wait for the answer and repeat it.
            final = await asyncio.shield(running.done)
            if final is not None:
                yield Event(final=_replayed(final))
                return
        work = self._begin(key, request, origin, decision.text)
        task = asyncio.create_task(self._run(key, work))
        self._tasks[task] = work
        task.add_done_callback(self._tasks.pop)
        try:
            async for event in work.relay.read():
                yield event
        finally:
            task.cancel()

    def _begin(self, key: _MessageKey, request: gateway_pb2.HandleMessageRequest, origin: str, said: str) -> _Work:
        left_s = deadline.remaining_s()
        turn_s = self._settings.turn_s if left_s is None else min(self._settings.turn_s, left_s - deadline.MARGIN_S)
        record = TurnRecord(requests.turn_id_of(request.message), origin)
        deadline_at = asyncio.get_running_loop().time() + turn_s
        work = _Work(request, origin, said, parse(said), deadline_at, record)
        self._in_flight.put(key, work)
        return work

    async def _run(self, key: _MessageKey, work: _Work) -> None:
        """Answer in a task of its own, so that stopping the reader stops the turn and lets it settle."""
        final: Final | None = None
        try:
            final = await self._in_order(key, work)
            await work.relay.send(Event(final=final))
        except asyncio.CancelledError:
            if final is None:
                work.record.stopped()
            raise
        finally:
            self._in_flight.pop(key)
            work.done.set_result(final)
            work.relay.end()
            if final is not None:
                work.record.finish(final)

    async def _in_order(self, key: _MessageKey, work: _Work) -> Final:
        message = work.message
        try:
            async with AsyncExitStack() as stack:
                with work.record.step("wait"):
                    async with asyncio.timeout_at(work.deadline_at):
                        await stack.enter_async_context(self._queue.turn((message.user_id, message.guild_id)))
                        await stack.enter_async_context(self._leases.held(message.user_id, message.guild_id))
                return await self._answer(key, work)
        except TimeoutError:
            return _refused(work, DeadlineExceeded("the turn's time was over before it began"))
        except ParlourError as error:
            return _refused(work, error)
        except Exception as error:
            _log.exception("message failed", exc_info=error)
            return _refused(work, Internal("unexpected"))

    async def _answer(self, key: _MessageKey, work: _Work) -> Final:
        repeated = self._command_finals.get(key)
        if repeated is not None:
            return _replayed(repeated)
        command = work.command
        if work.request.HasField("forget_decision"):
            final = await self._commands.decide(work.request.forget_decision, work.message)
        elif command is not None and self._commands.applies(command, work.message):
            final = await self._commands.answer(command, work.message)
        else:
            self._commands.talked(work.message)
            return await self._talk(work)
        if final.outcome == Final.OUTCOME_COMMAND:
            self._command_finals.put(key, final)
        return final

    async def _talk(self, work: _Work) -> Final:
        # Not waited for: the turn begins while the event travels. It is the first to be handed over in any case.
        typing = asyncio.create_task(work.relay.send(events.typing()))
        work.turn = AssistantTurn(
            self._services,
            self._settings,
            self._settlement,
            work.message,
            work.said,
            work.origin,
            relay=work.relay,
            record=work.record,
            deadline_at=work.deadline_at,
        )
        try:
            return await work.turn.run()
        finally:
            typing.cancel()

    async def close(self) -> None:
        """Stop what is under way, as a stop of the process must: settle what was delivered, and leave the rest to be claimed by another gateway."""
        tasks = dict(self._tasks)
        for task, work in tasks.items():
            if work.turn is not None:
                work.turn.abandoned = True
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._settlement.drain(self._settings.settle_s * 2)
        await self._leases.drain()


def _key(message: gateway_pb2.IncomingMessage) -> _MessageKey:
    # The text too: the same id with another text is a mistake of the caller's, and must not be given somebody's answer.
    return (requests.turn_id_of(message), message.user_id, message.guild_id, message.text)


def _replayed(final: Final) -> Final:
    repeated = Final()
    repeated.CopyFrom(final)
    repeated.replayed = True
    return repeated


def _refused(work: _Work, error: ParlourError) -> Final:
    return events.refused(requests.turn_id_of(work.message), notices.words_for(error), error.reason)

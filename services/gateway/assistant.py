"""The one entry for messages, whether they come from Discord or over gRPC."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial

from parlour.gateway.v1 import gateway_pb2
from services.gateway import events, message_context, notices, requests
from services.gateway.addressing import rules
from services.gateway.addressing.addresser import Addresser
from services.gateway.admission import BLOCKED, TOO_FAST, Admission
from services.gateway.answer_parts import PartsAnswer, PartTurn, forget_former_parts, parts_of, turn_message_ids
from services.gateway.arrival_order import Place
from services.gateway.assistant_turn import AssistantTurn, Services
from services.gateway.commands.command_answers import CommandAnswers
from services.gateway.commands.offers import Offers
from services.gateway.commands.parsing import Kind, asks_why, is_slash, parse
from services.gateway.commands.standing_answers import Describe, StandingAnswers
from services.gateway.events import Event, EventSink, Final
from services.gateway.guild_settings import GuildSettingsCache
from services.gateway.interventions import Interventions
from services.gateway.message_claims import MessageClaims
from services.gateway.message_order import MessageOrder, Person
from services.gateway.message_parts import Part, for_others, own_parts
from services.gateway.message_work import API, Completion, Work
from services.gateway.orphans import Couriers
from services.gateway.person_lease import PersonLeases
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settlement
from services.gateway.stop_signals import StopSignals
from services.gateway.stopping import AnswerStopped, Why
from services.gateway.stored_answers import stored_answer
from services.gateway.turn_queue import paced_queue
from services.gateway.turn_record import TurnRecord
from services.runtime import deadline, failures, spans
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import DeadlineExceeded, StaleFence

_MessageKey = tuple[str, str, str, str]
DUPLICATE = "duplicate"
"""Why a message is not answered that another gateway has answered."""


class Assistant:
    """Answers messages: one at a time for each person in each place, in order of arrival.

    `couriers`: the Discord bot connects itself with `assistant.couriers.connect("discord", self)` when it is ready.
    `addresser` says what is meant for the assistant, and why; `describe`, which features work now.
    Make it inside the running loop.
    """

    def __init__(
        self,
        services: Services,
        settings: GatewaySettings,
        settlement: Settlement,
        leases: PersonLeases,
        signals: StopSignals | None = None,
        *,
        guild_settings: GuildSettingsCache | None = None,
        describe: Describe = gateway_pb2.GetStatusResponse,
        offers: Offers | None = None,
        claims: MessageClaims | None = None,
        admission: Admission | None = None,
    ) -> None:
        self.couriers = Couriers()
        self._admission = admission or Admission(settings)
        self._services = services
        self._settings = settings
        self._settlement = settlement
        self._leases = leases
        self._order = MessageOrder(
            claims or MessageClaims.alone(settings.claim_done_s),
            waiting_per_user_max=settings.waiting_per_user_max,
            waiting_max=settings.waiting_max,
            watch_s=settings.watch_s,
        )
        self._guild_settings = guild_settings or GuildSettingsCache(services.conversation, settings)
        self.addresser = Addresser(self._guild_settings, settings, asks_why=asks_why)
        offers = offers or Offers(None, keep_s=settings.forget_offer_s)
        standing = StandingAnswers(describe, self.addresser.explain)
        self._commands = CommandAnswers(services.memory, services.credit, services.conversation, settings, self._guild_settings, offers, standing)
        self._queue = paced_queue(settings)
        # Room for all that the line, the watch and the queue admit, so that nothing under way is ever evicted.
        in_flight_max = settings.running_max + 2 * settings.waiting_max + settings.watched_max + 1
        self._in_flight: BoundedMap[_MessageKey, Work] = BoundedMap("gateway_in_flight", size_max=in_flight_max)
        self._command_finals: BoundedMap[_MessageKey, Final] = BoundedMap(
            "gateway_command_answers", size_max=settings.repeats_max, ttl_s=settings.repeat_s
        )
        self._tasks: dict[asyncio.Task[None], Work] = {}
        self._interventions = Interventions(
            services.conversation,
            signals or StopSignals(None, wait_s=0),
            self._tasks.values,
            partial(turn_message_ids, parts_max=settings.parts_max),
            settle_s=settings.settle_s * 2,
            store_s=settings.command_s,
        )

    async def handle(
        self, request: gateway_pb2.HandleMessageRequest, *, origin: str = "api", complete: Completion | None = None, again: bool = False
    ) -> AsyncGenerator[Event, None]:
        """Answer one message: yields the events of HandleMessage; the last one is `ignored` or `final`.

        `origin` is "discord" for the bot. `complete` is called once it is known that the message is answered by the model, in its turn.
        `again`: another gateway took the message over; it is answered here should that one die. It has had its turn in line.
        Raises nothing but CancelledError: what fails is said in a `final` that refuses. Close the iterator (`contextlib.aclosing`) to stop the
        answer; what was delivered until then is charged and stored.
        """
        key = (request.message.user_id, request.message.guild_id)
        # Before anything is waited for: nothing can then let a later message overtake this one.
        place = self._order.arrive(key, requests.turn_id_of(request.message), again=again)
        try:
            async with aclosing(self._handled(request, origin, complete, place, again=again)) as answer:
                async for event in answer:
                    yield event
        finally:
            place.leave()

    async def _handled(
        self, request: gateway_pb2.HandleMessageRequest, origin: str, complete: Completion | None, place: Place[Person], *, again: bool
    ) -> AsyncGenerator[Event, None]:
        request = message_context.received_request(request, self._settings.assistant_name)
        if self._admission.blocks(request.message):
            yield events.ignored(BLOCKED)
            return
        decision = await self.addresser.decide(request.message, slash=is_slash(request.message.text))
        pressed = request.WhichOneof("action") is not None
        if not decision.addressed and not pressed:
            yield events.ignored(decision.reason)
            return
        key = _key(request)
        while (running := self._in_flight.get(key)) is not None:
            # The same message again while it is being answered: wait for the answer and repeat it.
            final = await asyncio.shield(running.done)
            if final is not None:
                yield Event(final=events.replayed(final))
                return
        is_command = pressed or parse(decision.text) is not None
        limited = None if again else self._admission.limited(request.message, is_command=is_command)
        if limited is not None and not self._admission.tells(request.message, limited, always=pressed or origin == API):
            yield events.ignored(TOO_FAST)
            return
        work = self._begin(key, request, origin, decision.text, place)
        work.limited = limited
        work.complete = complete
        task = asyncio.create_task(self._run(key, work))
        self._tasks[task] = work
        task.add_done_callback(self._tasks.pop)
        try:
            async for event in work.relay.read():
                yield event
        finally:
            task.cancel()

    def _begin(self, key: _MessageKey, request: gateway_pb2.HandleMessageRequest, origin: str, said: str, place: Place[Person]) -> Work:
        left_s = deadline.remaining_s()
        turn_s = self._settings.turn_s if left_s is None else min(self._settings.turn_s, left_s - deadline.MARGIN_S)
        record = TurnRecord(requests.turn_id_of(request.message), origin, took=self._queue.took)
        deadline_at = asyncio.get_running_loop().time() + turn_s
        work = Work(request, origin, said, parse(said), deadline_at, record, place)
        self._in_flight.put(key, work)
        return work

    async def _run(self, key: _MessageKey, work: Work) -> None:
        """Answer in a task of its own, so that stopping the reader stops the turn and lets it settle."""
        with spans.current("turn"):  # where a message came from Discord, the trace begins here
            await self._run_traced(key, work)

    async def _run_traced(self, key: _MessageKey, work: Work) -> None:
        final: Final | None = None
        try:
            final = await self._in_order(key, work)
            # Waited for: the answer is where it belongs only when its reader asks for more.
            await work.relay.send(Event(final=final) if final is not None else events.ignored(DUPLICATE))
            if final is None:
                self._note_answered_elsewhere(work.message)
            elif work.claim is not None:
                work.claim.done()
        except asyncio.CancelledError:
            if final is None:
                work.record.stopped()
            raise
        finally:
            await work.claimed.aclose()
            self._in_flight.pop(key)
            work.done.set_result(final)
            work.relay.end()
            if final is not None:
                work.record.finish(final)
                self._note_said(work.message, final)

    def _note_answered_elsewhere(self, message: gateway_pb2.IncomingMessage) -> None:
        """Let the addresser know that another gateway spoke as the assistant."""
        self.addresser.noted(guild_id=message.guild_id, channel_id=message.channel_id, user_id=message.user_id, text="")

    def _note_said(self, message: gateway_pb2.IncomingMessage, final: Final) -> None:
        """Let the addresser know that the assistant spoke, where others heard it."""
        if not final.private and not final.replayed:
            self.addresser.noted(guild_id=message.guild_id, channel_id=message.channel_id, user_id=message.user_id, text=final.text)

    async def _in_order(self, key: _MessageKey, work: Work) -> Final | None:
        """Return the last event; None where another gateway has answered the message."""
        message = work.message
        if work.limited is not None:
            return _refused(work, work.limited) if await self._may_refuse(work) else None
        try:
            async with AsyncExitStack() as stack:
                with work.record.step("wait"), work.stop.interruptible():
                    async with asyncio.timeout_at(work.deadline_at):
                        await self._order.first(work.place, shared=work.is_shared)
                    if work.is_shared and not await self._claim(work):
                        return None
                    async with asyncio.timeout_at(work.deadline_at):
                        await stack.enter_async_context(self._queue.turn((message.user_id, message.guild_id)))
                        await stack.enter_async_context(self._leases.held(message.user_id, message.guild_id))
                answered = await self._answer(key, work)
                # Whoever has taken the turn from us answers it, also where Redis could not tell us so.
                return None if work.is_shared and answered.reason == StaleFence.reason else answered
        except AnswerStopped:
            final = _stopped(work)
        except TimeoutError:
            final = _refused(work, DeadlineExceeded("the turn's time was over before it began"))
        except Exception as error:
            final = _refused(work, error)
        return final if await self._may_refuse(work) else None

    async def _claim(self, work: Work) -> bool:
        """Wait until the message is this gateway's to answer; False where another one answers it."""
        work.claim = await self._order.claimed(work.place, work.claimed)
        if work.claim is not None and work.claim.taken_over:
            work.deadline_at = asyncio.get_running_loop().time() + self._settings.turn_s
        return work.claim is not None

    async def _may_refuse(self, work: Work) -> bool:
        """Return whether it is for this gateway to say that a message is not answered."""
        if work.is_shared and work.claim is None:
            work.claim = await self._order.claimed_at_once(work.place, work.claimed)
        return work.claim is not None or not work.is_shared

    async def still_mine(self, turn_id: str) -> bool:
        """Return whether the answer of a turn may still be shown by this gateway: no other one has taken it over."""
        return await self._order.claims.still_mine(turn_id)

    async def _answer(self, key: _MessageKey, work: Work) -> Final:
        repeated = self._command_finals.get(key)
        if repeated is not None:
            return events.replayed(repeated)
        parts = await self._parts(work)
        # "Remember that I sing. @Bob see you at eight!" is a command in one part only.
        command = None if for_others(parts) else work.command
        tell = partial(_tell, work.relay)
        if work.request.WhichOneof("action") is not None:
            work.stop.too_late()
            final = await self._commands.act(work.request, tell)
        elif command is not None and await self._commands.applies(command, work.message):
            work.stop.too_late()
            final = await self._commands.answer(command, work.message, tell)
        else:
            self._commands.talked(work.message)
            return await self._talk(work, parts)
        # An export is read anew instead: it is too large to be kept for a repeat.
        if final.outcome == Final.OUTCOME_COMMAND and not final.files:
            self._command_finals.put(key, final)
        return final

    async def _parts(self, work: Work) -> Sequence[Part]:
        """Return the parts that a message is answered in; none where it is answered as a whole."""
        is_talk = work.command is None or work.command.kind is Kind.REMEMBER
        if work.request.WhichOneof("action") is not None or not is_talk or len(work.message.text) < self._settings.parts_characters_min:
            return ()
        return parts_of(work.message, await self._guild_settings.get(work.message.guild_id), self._settings)

    async def _talk(self, work: Work, parts: Sequence[Part]) -> Final:
        # Not waited for: the turn begins while the event travels. It is the first to be handed over in any case.
        typing = asyncio.create_task(work.relay.send(events.typing()))
        if work.complete is not None:
            with work.stop.interruptible():
                await work.complete(work.message)
            work.message.CopyFrom(message_context.received(work.message, self._settings.assistant_name))
        try:
            if message_context.cannot_be_read(work.message):
                return events.refused(requests.turn_id_of(work.message), notices.words("unread_files"), "UNREAD_FILES")
            await forget_former_parts(self._services.conversation, work.message, self._settings, kept=len(own_parts(parts)))
            if not parts:
                return await self._turn(work, work.message, work.said, work.relay)
            answer = PartsAnswer(work.message, parts, work.relay, parts_max=self._settings.parts_max)
            return await answer.run(partial(self._part, work), stopped=lambda: work.stop.why is not None)
        finally:
            typing.cancel()

    async def _part(self, work: Work, part: PartTurn) -> Final:
        command = parse(part.said)
        if command is not None and command.kind is Kind.REMEMBER:
            return await self._commands.answer(command, part.message, partial(_tell, part.relay))
        return await self._turn(work, part.message, part.said, part.relay)

    async def _turn(self, work: Work, message: gateway_pb2.IncomingMessage, said: str, relay: EventSink) -> Final:
        work.turn = AssistantTurn(
            self._services,
            self._settings,
            self._settlement,
            message,
            said,
            work.origin,
            relay=relay,
            record=work.record,
            deadline_at=work.deadline_at,
            stop=work.stop,
            superseded=lambda: work.superseded,
        )
        return await work.turn.run()

    async def stop_answer(self, request: gateway_pb2.StopAnswerRequest) -> gateway_pb2.StopAnswerResponse:
        """Stop an answer under way, here or on another gateway: it ends with a `final` that says so, and what was delivered is charged."""
        return await self._interventions.stop(request)

    async def withdraw(self, request: gateway_pb2.WithdrawMessagesRequest) -> gateway_pb2.WithdrawMessagesResponse:
        """Take deleted messages out of their conversation and stop answers to them. Raises what conversation's DeleteMessages raises."""
        return await self._interventions.withdraw(request)

    async def given(self, message: gateway_pb2.IncomingMessage) -> Final | None:
        """Return the answer that another gateway has given to a message of Discord, as it is stored; None where it is not known."""
        clean = message_context.received(message, self._settings.assistant_name)
        said = rules.decide(clean, name=self._settings.assistant_name, slash=is_slash(clean.text)).text
        return await stored_answer(self._services.conversation, clean, said, self._settings) if said and parse(said) is None else None

    async def edited(self, message: gateway_pb2.IncomingMessage, *, request_id: str) -> bool:
        """Store the new text of a message without answering it anew; return whether there was one to change."""
        clean = message_context.received(message, self._settings.assistant_name)
        said = rules.decide(clean, name=self._settings.assistant_name, slash=is_slash(clean.text)).text
        return bool(said) and await self._interventions.edited(message, said, request_id)

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
        await self._order.claims.drain()
        await self._guild_settings.close()


def _key(request: gateway_pb2.HandleMessageRequest) -> _MessageKey:
    # The text too, and what was pressed: the same id with another one is a mistake of the caller's, and must not be given somebody's answer.
    message, pressed = request.message, request.WhichOneof("action")
    asked = f"{message.text}\n{getattr(request, pressed)}" if pressed else message.text
    return (requests.turn_id_of(message), message.user_id, message.guild_id, asked)


async def _tell(relay: EventSink, text: str) -> None:
    await relay.send(events.delta(text))


def _stopped(work: Work) -> Final:
    why = work.stop.why or Why.STOPPED
    final = events.refused(requests.turn_id_of(work.message), notices.words("withdrawn" if why is Why.WITHDRAWN else "stopped"), why.value)
    final.stopped = True
    return final


def _refused(work: Work, error: Exception) -> Final:
    turn_id = requests.turn_id_of(work.message)
    known = failures.ended(error, failures.Place.TURN, "a message is refused", turn_id=turn_id)
    return events.refused(turn_id, notices.words_for(known), known.reason, retry_after_s=known.retry_after_s)

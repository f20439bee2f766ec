"""One turn as a saga: begin it, hold credits and find memories, all side by side, stream the reply, settle.

Every step that can fail has a stated result (docs/turn.md). Whatever happens after the hold, the hold is captured or released.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.conversation.client import ConversationClient
from services.credit.client import CreditClient
from services.gateway import events, notices, requests
from services.gateway.events import EventSink, Final
from services.gateway.outage.outage_turns import OutageTurns
from services.gateway.settings import GatewaySettings
from services.gateway.settlement import Settled, Settlement
from services.gateway.stopping import AnswerStopped, StopSwitch, Why
from services.gateway.stored_answers import CHARGED, ended_answer
from services.gateway.turn_cover import TurnCover
from services.gateway.turn_record import TurnRecord
from services.memory.client import MemoryClient
from services.runtime import failures
from services.runtime.errors import CircuitOpen, DeadlineExceeded, DependencyUnavailable, ParlourError, StaleFence


@dataclass(frozen=True, slots=True)
class Services:
    """The services that a turn needs."""

    credit: CreditClient
    memory: MemoryClient
    conversation: ConversationClient
    outage: OutageTurns | None = None
    """What may be answered while credit cannot be reached."""


@dataclass(slots=True)
class _Progress:
    """How far a turn has come: what its end depends on."""

    begun: conversation_pb2.BeginTurnResponse | None = None
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    delivered: list[str] = field(default_factory=list)
    memories: int = 0

    @property
    def text(self) -> str:
        """What the person has seen."""
        return "".join(self.delivered)

    def take(self, delta: conversation_pb2.ReplyDelta) -> None:
        """Note that a delta was delivered."""
        self.delivered.append(delta.text)
        self.completion_tokens = delta.completion_tokens

    def delivered_usage(self) -> conversation_pb2.ModelUsage:
        """What was delivered, as usage."""
        return conversation_pb2.ModelUsage(model=self.model, prompt_tokens=self.prompt_tokens, completion_tokens=self.completion_tokens)


class AssistantTurn:
    """Answers one message by the model. `deadline_at` is by the loop's clock; `relay` leads to whoever reads the answer."""

    def __init__(
        self,
        services: Services,
        settings: GatewaySettings,
        settlement: Settlement,
        message: gateway_pb2.IncomingMessage,
        said: str,
        origin: str,
        *,
        relay: EventSink,
        record: TurnRecord,
        deadline_at: float,
        stop: StopSwitch | None = None,
        superseded: Callable[[], bool] = lambda: False,
    ) -> None:
        self._services = services
        self._settings = settings
        self._settlement = settlement
        self._message = message
        self._said = said
        self._turn = requests.begin_turn(message, said, origin, file_characters_max=settings.text_file_characters_max)
        self._cover = TurnCover(services.credit, services.outage, settings, settlement, self._turn, record)
        self._turn_id = requests.turn_id_of(message)
        self._send = relay.send
        self._record = record
        self._deadline_at = deadline_at
        self._stop_switch = stop or StopSwitch()
        self._superseded = superseded
        self._progress = _Progress()
        self._said_notices: set[str] = set()
        self.abandoned = False
        """Set when the process stops: a turn of which nothing was delivered is then left to another gateway."""

    async def run(self) -> Final:
        """Answer, and return the last event. Raises CancelledError, after settling, when nobody waits for the answer any more."""
        try:
            with self._stop_switch.interruptible():
                async with asyncio.timeout_at(self._deadline_at):
                    answer = await self._answer()
            self._stop_switch.too_late()
        except AnswerStopped:
            return await self._end_stopped()
        except TimeoutError:
            return await self._end_early(DeadlineExceeded("the turn's time is over"))
        except asyncio.CancelledError:
            await self._stop()
            raise
        except Exception as error:
            return await self._end_early(error)
        return answer if isinstance(answer, Final) else await self._settle_finished(answer)

    async def _answer(self) -> Final | conversation_pb2.ReplyFinished:
        """Return the finished reply, or the last event of a turn that had ended before."""
        looking = asyncio.create_task(self._search())
        self._cover.start()
        try:
            begun = await self._begin()
            if (ended := ended_answer(begun)) is not None:
                return self._replayed(begun, ended)
            await self._cover.covered()
            if self._cover.is_first_of_outage:
                await self._notice("outage")
            request = self._reply_request(begun, await self._found(looking))
            with self._record.step("reply"):
                return await self._stream(request)
        finally:
            looking.cancel()

    async def _begin(self) -> conversation_pb2.BeginTurnResponse:
        with self._record.step("begin"):
            begun = await self._services.conversation.begin_turn(self._turn, timeout_s=self._settings.begin_s)
        self._progress.begun = begun
        if not begun.stored:
            await self._notice("not_kept")
        return begun

    def _replayed(self, begun: conversation_pb2.BeginTurnResponse, ended: Final) -> Final:
        if begun.state not in CHARGED:
            # The hold that was placed just now may be this turn's first, and nobody else would free it. That of a charged turn is the settlement's.
            self._cover.free_later("ENDED")
        self._cover.give_up()
        return ended

    async def _search(self) -> memory_pb2.SearchMemoriesResponse | None:
        """Find memories; None, and never an error, where that fails: then the answer comes without them."""
        if not self._settings.memories_max:
            return memory_pb2.SearchMemoriesResponse()
        request = requests.search_memories(self._message, self._said, self._settings.memories_max)
        try:
            with self._record.step("search"):
                return await self._services.memory.search_memories(request, timeout_s=self._settings.search_s)
        except ParlourError as error:
            failures.ended(error, failures.Place.TURN, "answering without memories", turn_id=self._turn_id)
            return None

    async def _found(self, looking: "asyncio.Task[memory_pb2.SearchMemoriesResponse | None]") -> memory_pb2.SearchMemoriesResponse:
        found = await looking
        if found is None:
            await self._notice("memory_unavailable")
        return found or memory_pb2.SearchMemoriesResponse()

    def _reply_request(self, begun: conversation_pb2.BeginTurnResponse, found: memory_pb2.SearchMemoriesResponse) -> conversation_pb2.ReplyRequest:
        memories = [conversation_pb2.RecalledMemory(memory_id=result.memory.memory_id, text=result.memory.text) for result in found.results]
        self._progress.memories = len(memories)
        return conversation_pb2.ReplyRequest(
            turn_id=begun.turn_id,
            fence=begun.fence,
            message=self._turn,
            account_id=self._cover.account_id,
            hold_id=self._cover.hold_id,
            lease_id=self._cover.lease_id,
            models=self._cover.models,
            max_prompt_tokens=self._cover.prompt_tokens_max,
            max_completion_tokens=self._settings.completion_tokens_max,
            memories=memories,
            max_images=self._cover.images_max,
        )

    async def _stream(self, request: conversation_pb2.ReplyRequest) -> conversation_pb2.ReplyFinished:
        """Send the reply on as it comes. What counts as delivered is what the reader took."""
        progress = self._progress
        left_s = self._deadline_at - asyncio.get_running_loop().time() - self._settings.turn_margin_s
        async with aclosing(self._services.conversation.reply(request, timeout_s=left_s)) as responses:
            async for response in responses:
                match response.WhichOneof("event"):
                    case "started":
                        progress.model, progress.prompt_tokens = response.started.model, response.started.prompt_tokens
                        if response.started.persona_change:
                            await self._send(events.notice("persona_change", response.started.persona_change))
                    case "delta":
                        self._record.first_text()
                        await self._send(events.delta(response.delta.text), partial(progress.take, response.delta))
                    case "generated":
                        self._cover.settle_meanwhile(response.generated.usage)
                    case "finished":
                        return response.finished
        raise DependencyUnavailable("conversation", "the reply ended before it was finished")

    async def _settle_finished(self, finished: conversation_pb2.ReplyFinished) -> Final:
        with self._record.step("settle"):
            settled = await self._settlement.protected(self._cover.settle_finished(finished.usage))
        if not finished.stored:
            await self._notice("not_kept")
        return self._final(Final.OUTCOME_ANSWERED, finished.text, finished.usage, settled)

    async def _end_early(self, problem: Exception) -> Final:
        """The answer cannot be had, or not all of it: settle, and say so. What another gateway has taken over is left to it."""
        error = failures.ended(problem, failures.Place.TURN, "a turn ended early", turn_id=self._turn_id)
        if self._progress.delivered:
            key = "cut_time" if isinstance(error, DeadlineExceeded) else "cut"
            text = f"{self._progress.text}\n\n{notices.words(key)}"
            outcome, state = Final.OUTCOME_CUT, conversation_pb2.TURN_STATE_CUT
        else:
            text = self._refusal(error)
            outcome, state = Final.OUTCOME_REFUSED, conversation_pb2.TURN_STATE_APOLOGISED
        settled = Settled()
        if not self._superseded() and not isinstance(error, StaleFence):  # whose fence it is settles the turn
            with self._record.step("settle"):
                settled = await self._settlement.protected(self._settle_early(state, text, error.reason))
        else:
            self._cover.give_up()
        final = self._final(outcome, text, self._progress.delivered_usage() if self._progress.delivered else None, settled)
        final.reason = error.reason
        return final

    async def _end_stopped(self) -> Final:
        """Somebody stopped it: what was delivered is charged, and stays with a note unless its message is gone."""
        why, text = self._stop_switch.why or Why.STOPPED, notices.words("stopped")
        if why is Why.WITHDRAWN:
            state, text = conversation_pb2.TURN_STATE_WITHDRAWN, ""
        elif self._progress.delivered:
            state, text = conversation_pb2.TURN_STATE_CUT, f"{self._progress.text}\n\n{text}"
        else:
            state = conversation_pb2.TURN_STATE_APOLOGISED
        with self._record.step("settle"):
            settled = await self._settlement.protected(self._settle_early(state, text, why.value))
        return self._final_stopped(why, text, settled)

    def _final_stopped(self, why: Why, text: str, settled: Settled) -> Final:
        delivered = bool(self._progress.delivered)
        outcome = Final.OUTCOME_CUT if delivered else Final.OUTCOME_REFUSED
        final = self._final(outcome, text or notices.words("withdrawn"), self._progress.delivered_usage() if delivered else None, settled)
        final.reason, final.stopped = why.value, True
        return final

    def _refusal(self, error: ParlourError) -> str:
        """The words for a failure: of a service that is away, those that name what it was needed for."""
        away = error.failure.unwell or isinstance(error, CircuitOpen)
        begun, covered = self._progress.begun is not None, self._cover.is_covered
        if not away or (isinstance(error, DeadlineExceeded) and begun and covered):
            return notices.words_for(error)
        return notices.words(self._cover.refused_words if begun and not covered else "conversation_unavailable")

    async def _settle_early(self, state: "conversation_pb2.TurnState.ValueType", text: str, reason: str) -> Settled:
        """Charge what was delivered, or free the hold, and store the end of the turn, side by side."""
        delivered = self._progress.delivered_usage() if self._progress.delivered else None
        settled, _ = await asyncio.gather(self._cover.settle_early(delivered, reason), self._store_end(state, text))
        return settled

    async def _store_end(self, state: "conversation_pb2.TurnState.ValueType", text: str) -> None:
        begun, cover = self._progress.begun, self._cover
        if begun is None or not begun.stored:
            return
        request = conversation_pb2.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=state, text=text)
        if cover.is_covered:
            request.account_id, request.hold_id, request.lease_id = cover.account_id, cover.hold_id, cover.lease_id
            if self._progress.delivered:
                request.usage.CopyFrom(self._progress.delivered_usage())
        await self._settlement.end(request)

    async def _stop(self) -> None:
        """Nobody reads any more: charge what was delivered and store it, or free everything."""
        if self._superseded():
            self._cover.give_up()
            return
        if self._progress.delivered:
            work = self._settle_early(conversation_pb2.TURN_STATE_CUT, self._progress.text, "STOPPED")
        elif self.abandoned:
            # As after a crash: the turn and its hold stay, and whoever repeats the message or claims the turn finds both.
            self._cover.give_up()
            return
        else:
            work = self._settle_early(conversation_pb2.TURN_STATE_APOLOGISED, notices.words("stopped"), "STOPPED")
        await self._settlement.protected(work)

    def _final(self, outcome: "Final.Outcome.ValueType", text: str, usage: conversation_pb2.ModelUsage | None, settled: Settled) -> Final:
        # What is left in a pool is for its moderators to know.
        if not self._cover.is_own:
            settled = Settled(settled.charged_microcredits)
        final = Final(
            turn_id=self._turn_id,
            text=text,
            outcome=outcome,
            charged_microcredits=settled.charged_microcredits,
            balance_known=settled.available_microcredits is not None,
            available_microcredits=settled.available_microcredits or 0,
            memories_used=self._progress.memories,
        )
        if usage is not None:
            final.model, final.prompt_tokens, final.completion_tokens = usage.model, usage.prompt_tokens, usage.completion_tokens
        return final

    async def _notice(self, kind: str) -> None:
        """Say what is degraded, once a turn."""
        if kind in self._said_notices:
            return
        self._said_notices.add(kind)
        self._record.notice(kind)
        await self._send(events.notice(kind, notices.words(kind)))

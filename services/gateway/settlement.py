"""What must happen after a turn, whoever is still there: charge or free the hold, and store how the turn ended.

It runs in tasks that cancellation of the turn does not reach, each call within its own time, and a stop of the process waits for them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from services.conversation.client import ConversationClient
from services.credit.client import CreditClient
from services.gateway import requests
from services.runtime import deadline, failures
from services.runtime.errors import HoldExpired, HoldNotActive, ParlourError

_pending = Gauge("parlour_gateway_settlements_pending", "Settlements under way")
_failed = Counter(
    "parlour_gateway_settlements_failed_total", "Settlements left to the settlement job, the expiry of the hold or the orphan poll", ["step"]
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a turn cost and what is left; `available_microcredits` is None where it could not be learnt."""

    charged_microcredits: int = 0
    available_microcredits: int | None = None


class Settlement:
    """Settles turns. A first try takes `settle_s` seconds at most; what fails for want of a service is tried again for `retry_s` seconds."""

    def __init__(self, credit: CreditClient, conversation: ConversationClient, *, settle_s: float, retry_s: float) -> None:
        self._credit = credit
        self._conversation = conversation
        self._settle_s = settle_s
        self._retry_s = retry_s
        self._tasks: set[asyncio.Task[object]] = set()

    async def protected[T](self, work: Coroutine[object, object, T]) -> T:
        """Await `work` in a task of its own: if the caller is cancelled, the work goes on."""
        return await asyncio.shield(self._start(work))

    async def bounded[T](self, work: Coroutine[object, object, T]) -> T | None:
        """Await `work` like `protected`, for `settle_s` seconds at most; None: it takes longer, and goes on."""
        done, _ = await asyncio.wait([task := self._start(work)], timeout=self._settle_s)
        return task.result() if done else None

    def _start[T](self, work: Coroutine[object, object, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        _pending.inc()
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[object]") -> None:
        self._tasks.discard(task)
        _pending.dec()
        if not task.cancelled() and (error := task.exception()) is not None:
            failures.ended(error, failures.Place.BACKGROUND, "settlement failed")

    async def drain(self, seconds: float) -> int:
        """Wait for what is under way, then cancel it; return how many settlements were cancelled (jobs and expiry finish those)."""
        if not self._tasks:
            return 0
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    async def capture(self, turn_id: str, hold: credit_pb2.Hold, usage: conversation_pb2.ModelUsage) -> Settled:
        """Charge what was used. Never raises for a refusal or an outage: then nothing is known of the charge."""
        request = credit_pb2.CaptureHoldRequest(
            request_id=f"{turn_id}:capture", account_id=hold.account_id, hold_id=hold.hold_id, usage=requests.credit_usage(usage)
        )
        try:
            answer = await self._try("capture", lambda left_s: self._credit.capture_hold(request, timeout_s=left_s))
        except HoldNotActive:
            return await self._already_settled(hold)
        except ParlourError:
            return Settled()
        return Settled(answer.charged_microcredits, answer.balance.available_microcredits)

    async def _already_settled(self, hold: credit_pb2.Hold) -> Settled:
        """The settlement job was faster: ask what it charged."""
        held = credit_pb2.GetHoldRequest(account_id=hold.account_id, hold_id=hold.hold_id)
        account = credit_pb2.GetBalanceRequest(account_id=hold.account_id)
        try:
            with deadline.detached(self._settle_s):
                found, balance = await asyncio.gather(
                    self._credit.get_hold(held, timeout_s=self._settle_s), self._credit.get_balance(account, timeout_s=self._settle_s)
                )
        except ParlourError:
            return Settled()
        return Settled(found.hold.captured_microcredits, balance.balance.available_microcredits)

    async def release(self, turn_id: str, hold: credit_pb2.Hold, reason: str) -> Settled:
        """Free the hold. Never raises for a refusal or an outage: the hold expires."""
        request = credit_pb2.ReleaseHoldRequest(request_id=f"{turn_id}:release", account_id=hold.account_id, hold_id=hold.hold_id, reason=reason)
        try:
            answer = await self._try("release", lambda left_s: self._credit.release_hold(request, timeout_s=left_s))
        except ParlourError:
            return Settled()
        return Settled(0, answer.balance.available_microcredits)

    async def free(self, turn_id: str, request: credit_pb2.PlaceHoldRequest, reason: str) -> None:
        """Free a hold whose id is not known, because the answer was lost: asking for the same hold again finds it.

        Where none was placed, this places one and frees it. Never raises for a refusal or an outage: the hold expires.
        """

        async def find_and_release(left_s: float) -> None:
            hold = (await self._credit.place_hold(request, timeout_s=left_s)).hold
            # A repeated request is answered as it was the first time: what became of the hold since then has to be asked.
            asked = credit_pb2.GetHoldRequest(account_id=hold.account_id, hold_id=hold.hold_id)
            if (await self._credit.get_hold(asked, timeout_s=left_s)).hold.state == credit_pb2.Hold.STATE_ACTIVE:
                await self._credit.release_hold(_release_request(turn_id, hold, reason), timeout_s=left_s)

        with suppress(ParlourError):
            await self._try("free", find_and_release)

    def free_later(self, turn_id: str, request: credit_pb2.PlaceHoldRequest, reason: str) -> None:
        """The same, in the background."""
        self._start(self.free(turn_id, request, reason))

    async def end(self, request: conversation_pb2.EndTurnRequest) -> "conversation_pb2.TurnState.ValueType | None":
        """Store how a turn ended; None where it could not be stored: the orphan poll finds the turn."""
        try:
            answer = await self._try("end", lambda left_s: self._conversation.end_turn(request, timeout_s=left_s))
        except ParlourError:
            return None
        return answer.state

    async def _try[A](self, step: str, call: Callable[[float], Awaitable[A]]) -> A:
        """Call once within `settle_s`; an outage is tried again in the background. Raises what the first try failed with."""
        try:
            with deadline.detached(self._settle_s):
                return await call(self._settle_s)
        except (HoldNotActive, HoldExpired):
            raise
        except ParlourError as error:
            if self._worth_retrying(error):
                self._start(self._again(step, call))
            else:
                self._give_up(step, error)
            raise

    def _worth_retrying(self, error: ParlourError) -> bool:
        return self._retry_s > 0 and error.failure.worth_repeating

    async def _again[A](self, step: str, call: Callable[[float], Awaitable[A]]) -> None:
        clock = asyncio.get_running_loop().time
        give_up_at, pause_s = clock() + self._retry_s, 0.25
        while True:
            await asyncio.sleep(pause_s)
            try:
                with deadline.detached(self._settle_s):
                    await call(self._settle_s)
            except (HoldNotActive, HoldExpired):
                return  # the settlement job, or the hold's expiry, was faster
            except ParlourError as error:
                if not self._worth_retrying(error) or clock() + pause_s > give_up_at:
                    self._give_up(step, error)
                    return
            else:
                return
            pause_s = min(pause_s * 2, 5.0)

    @staticmethod
    def _give_up(step: str, error: ParlourError) -> None:
        _failed.labels(step).inc()
        failures.ended(error, failures.Place.BACKGROUND, "settlement given up", step=step)


def _release_request(turn_id: str, hold: credit_pb2.Hold, reason: str) -> credit_pb2.ReleaseHoldRequest:
    return credit_pb2.ReleaseHoldRequest(request_id=f"{turn_id}:release", account_id=hold.account_id, hold_id=hold.hold_id, reason=reason)

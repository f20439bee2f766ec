"""Which gateway answers a message that several of them see.

Two gateways on one shard both get every message. Before work on one, a claim is put into Redis: a message that is done is skipped, and one that a
living gateway works on is left to it and watched until it is done, or until the claim dies with its gateway and is taken over. Claims save work, and
keep a gateway that was paused from writing over what another has answered since; what makes double work harmless is BeginTurn's idempotency, the
fence of the turn and the nonce of a post. So where Redis is away, messages are answered all the same.

A person's messages are done in order over all gateways: what waits is announced in a line of theirs, so that a gateway that has just started, and
saw only the last message of a burst, does not answer that one first.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import redis.asyncio as redis
from prometheus_client import Counter, Gauge

from services.gateway.claim_store import DONE, Behind, ClaimStore, ClaimsUnavailable
from services.runtime.bounded_map import BoundedMap
from services.runtime.telemetry import get_logger

CONFIRM_S = 4.0  # a pause lets commands under way fail, and Redis is given time for some seconds after that
DONE_RETRY_S = 30.0

_claims = Counter("parlour_gateway_message_claims_total", "Messages that were about to be answered, by what their claim said", ["result"])
_lost = Counter("parlour_gateway_message_claims_lost_total", "Claims that another gateway took over before their message was answered")
_held_gauge = Gauge("parlour_gateway_message_claims_held", "Messages being answered under a claim")
_watched_gauge = Gauge("parlour_gateway_messages_watched", "Messages that another gateway answers and this one watches")
_log = get_logger(__name__)


@dataclass(slots=True, eq=False)
class Claim:
    """One message's claim.

    `mine`: this gateway is to answer it; `answered`: it is done, by whomever; `taken_over`: another one had begun;
    `lost`: it no longer is ours, because another one took it over.
    """

    turn_id: str
    mine: bool
    answered: bool = False
    line: str = ""
    secret: bytes = b""
    taken_over: bool = False
    renewed_at_s: float = 0.0
    lost: bool = False
    finished: bool = False

    def done(self) -> None:
        """The message is answered, or refused in words: nobody need answer it again."""
        self.finished = True


@dataclass(slots=True, eq=False)
class _Watch:
    """Waits for a key to say something else than who has it."""

    turn_id: str
    line: str
    changed: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class MessageClaims:
    """Claims of one gateway. Without Redis (`client` None) only what this process answered itself is known.

    `ttl_s`: how long a claim outlives a dead gateway. `done_s`: how long it is remembered that a message was answered. `watched_max`: messages
    watched at once; one more is left to the gateway that has it. `poll_s`: how often those watched are looked at, all in one command.
    """

    def __init__(
        self,
        client: "redis.Redis | None",
        *,
        instance_id: str,
        ttl_s: float,
        done_s: float,
        watched_max: int,
        poll_s: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = ClaimStore(client, ttl_s=ttl_s, done_s=done_s)
        self._instance_id = instance_id
        self._ttl_s = ttl_s
        self._watched_max = watched_max
        self._poll_s = poll_s
        self._done_retry_s = min(DONE_RETRY_S, done_s)
        self._draining = False
        self._clock = clock
        # Plain dictionaries: what is being answered or watched must not be evicted; the gateway's queue and watched_max bound them.
        self._held: dict[str, Claim] = {}
        self._watched: dict[str, list[_Watch]] = {}
        self._answered: BoundedMap[str, bool] = BoundedMap("gateway_answered_messages", ttl_s=done_s)
        self._tasks: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def claimed(self, turn_id: str, line: str = "", *, watch: bool = True) -> AsyncIterator[Claim]:
        """Wait until this gateway is to answer the message, or need not: then the claim is not `mine`. Without `watch`, decide at once.

        `line` names the message's person, the same for every gateway that claims it: it is waited until those before it are done that any gateway
        has announced.
        Say `done()` on it when the answer is where it belongs. Left without that, the message is open again to any gateway, at once.
        """
        claim = await self._claim(turn_id, line, watch)
        if not claim.mine:
            yield claim
            return
        self._held[turn_id] = claim
        _held_gauge.set(len(self._held))
        try:
            yield claim
        finally:
            self._held.pop(turn_id, None)
            _held_gauge.set(len(self._held))
            self._give_back(claim)

    async def still_mine(self, turn_id: str) -> bool:
        """Return whether this gateway may go on showing the answer to a message. One that was never claimed may be shown.

        Asks Redis only where the claim could have run out meanwhile, as after a pause of the process; where Redis cannot say, it is taken to be
        ours: then there is nobody who could have taken it over.
        """
        claim = self._held.get(turn_id)
        if claim is None:
            return True
        give_up_at_s = time.monotonic() + CONFIRM_S
        while self._is_overdue(claim) and time.monotonic() < give_up_at_s:
            await self._renew(claim)
            if self._is_overdue(claim):
                await asyncio.sleep(self._poll_s)
        return not claim.lost

    def _is_overdue(self, claim: Claim) -> bool:
        return not claim.lost and bool(claim.secret) and self._clock() - claim.renewed_at_s >= self._ttl_s

    async def holds(self, turn_id: str) -> bool:
        """Return whether this gateway is answering the message, and no other one has taken it over."""
        claim = self._held.get(turn_id)
        return claim is not None and await self.still_mine(turn_id) and not self._is_overdue(claim)

    def concerns_us(self, turn_id: str) -> bool:
        """Return whether this gateway is answering the message, or watches another one do so."""
        return turn_id in self._held or turn_id in self._watched

    async def drain(self) -> None:
        """Stop renewing and watching, and wait until what was held is given back, for which Redis is asked once more."""
        self._draining = True
        for task in (self._renewing, self._watching):
            if task is not None:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @classmethod
    def alone(cls, done_s: float) -> "MessageClaims":
        """Return the claims of a gateway without Redis: every message is its own, and is answered once in `done_s` seconds."""
        return cls(None, instance_id="", ttl_s=done_s, done_s=done_s, watched_max=0)

    async def announce(self, turn_id: str, line: str) -> None:
        """Say that a message waits here in its person's line, so that a gateway that has not seen it does not answer a later one before it."""
        with suppress(ClaimsUnavailable):
            await self._store.announce(turn_id, line)

    def withdraw(self, turn_id: str, line: str) -> None:
        """Take back what was announced: the message does not wait any more."""
        self._later(self._strike(turn_id, line))

    async def _claim(self, turn_id: str, line: str, watch: bool) -> Claim:
        taken_over = False
        behind = Behind(self._clock())
        while True:
            if turn_id in self._answered:
                return self._refused(turn_id, "done")
            secret = f"{self._instance_id}/{secrets.token_hex(8)}".encode()
            claim = Claim(turn_id, mine=True, line=line, secret=secret, taken_over=taken_over, renewed_at_s=self._clock())
            try:
                held = await self._store.put(turn_id, line, secret, in_order=watch and bool(line))
            except ClaimsUnavailable:
                _claims.labels("unavailable").inc()
                return Claim(turn_id, mine=True, taken_over=taken_over)
            if held is None or held == secret:  # ours: it was put by a command whose answer we did not get
                _claims.labels("taken_over" if taken_over else "granted").inc()
                self._renewing = self._running(self._renewing, self._renew_forever, "renew message claims")
                return claim
            if held == DONE:
                return self._refused(turn_id, "done")
            ahead = behind.of(held, self._clock())
            if ahead is not None:
                await self._let_pass(ahead, line, behind)
            elif watch and await self._change_of(turn_id, line):
                taken_over = True
            else:
                return self._refused(turn_id, "not_watched")

    async def _let_pass(self, ahead: str, line: str, behind: Behind) -> None:
        """Wait for a change of what is ahead in line. What nobody works on for longer than a claim lasts is struck: its gateways are gone."""
        if behind.idle_s(self._clock()) > self._ttl_s:
            _claims.labels("struck").inc()
            await self._strike(ahead, line)
        elif not (behind.a_worker and await self._change_of(ahead, line)):
            await asyncio.sleep(self._poll_s)

    async def _strike(self, turn_id: str, line: str) -> None:
        with suppress(ClaimsUnavailable):
            await self._store.strike(turn_id, line)

    @staticmethod
    def _refused(turn_id: str, result: str) -> Claim:
        _claims.labels(result).inc()
        return Claim(turn_id, mine=False, answered=result == "done")

    async def _change_of(self, turn_id: str, line: str) -> bool:
        """Wait until the message is done or its claim has died; False, at once, where too many are watched."""
        if sum(map(len, self._watched.values())) >= self._watched_max:
            _log.warning("a message is left to the gateway that has it: too many are watched", watched=self._watched_max)
            return False
        watch = _Watch(turn_id, line)
        self._watched.setdefault(turn_id, []).append(watch)
        _watched_gauge.inc()
        self._watching = self._running(self._watching, self._watch_forever, "watch message claims")
        try:
            await watch.changed
        finally:
            _watched_gauge.dec()
            watches = self._watched[turn_id]
            watches.remove(watch)
            if not watches:
                del self._watched[turn_id]
        return True

    @staticmethod
    def _running(task: "asyncio.Task[None] | None", work: Callable[[], object], name: str) -> "asyncio.Task[None]":
        return task if task is not None and not task.done() else asyncio.create_task(work(), name=name)  # type: ignore[arg-type]

    async def _watch_forever(self) -> None:
        """Look at everything watched, until nothing is. While Redis is away, what was claimed counts as being answered: its gateway goes on."""
        while self._watched:
            await asyncio.sleep(self._poll_s)
            turn_ids = list(self._watched)
            try:
                changed = await self._store.open_to_all([(turn_id, self._watched[turn_id][0].line) for turn_id in turn_ids])
            except ClaimsUnavailable:
                continue
            for turn_id in itertools.compress(turn_ids, changed):
                for watch in self._watched.get(turn_id, ()):
                    if not watch.changed.done():
                        watch.changed.set_result(None)

    async def _renew_forever(self) -> None:
        """Prolong every claim that is held, until none is."""
        while self._held:
            await asyncio.sleep(self._ttl_s / 3)
            await asyncio.gather(*(self._renew(claim) for claim in list(self._held.values()) if claim.secret and not claim.lost))

    async def _renew(self, claim: Claim) -> None:
        started_at_s = self._clock()
        try:
            renewed = await self._store.renew(claim.turn_id, claim.line, claim.secret)
        except ClaimsUnavailable:
            return
        if renewed:
            claim.renewed_at_s = started_at_s
        elif not claim.lost and claim.turn_id in self._held and not await self._reclaimed(claim):
            claim.lost = True
            _lost.inc()
            _log.warning("another gateway answers a message that this one was too slow with", turn_id=claim.turn_id)

    async def _reclaimed(self, claim: Claim) -> bool:
        """Take a claim that ran out again, if nobody else has."""
        started_at_s = self._clock()
        try:
            held = await self._store.put(claim.turn_id, claim.line, claim.secret, in_order=False)
        except ClaimsUnavailable:
            return True
        if held is None or held == claim.secret:
            claim.renewed_at_s = started_at_s
        return held is None or held == claim.secret

    def _give_back(self, claim: Claim) -> None:
        """Say that the message is done, or that anybody may have it. Nobody waits for that: a claim that could not be given back runs out."""
        if claim.finished and not claim.lost:
            self._answered.put(claim.turn_id, True)
        if not claim.secret or claim.lost:
            return
        self._later(self._given_back(claim))

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _given_back(self, claim: Claim) -> None:
        """Give a claim back. That a message is done is said until Redis hears it, for a while: another gateway would answer it once more."""
        give_up_at_s = self._clock() + (self._done_retry_s if claim.finished else 0.0)
        give_back = self._store.finish if claim.finished else self._store.release
        while True:
            try:
                await give_back(claim.turn_id, claim.line, claim.secret)
            except ClaimsUnavailable as error:
                if self._clock() >= give_up_at_s or self._draining:
                    _log.info("a claim could not be given back and runs out", problem=str(error))
                    return
            else:
                return
            await asyncio.sleep(self._poll_s * 2)

"""Settling turns that were taken on a lease: each exactly once, repeated until credit has answered."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched, groupby

from parlour.credit.v1 import credit_pb2
from services.credit.client import CreditClient
from services.gateway.outage import metrics
from services.gateway.outage.book import UnsettledTurn
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.records import Record, Settled, WrittenOff
from services.runtime import failures
from services.runtime.errors import ParlourError, UnknownModel
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


def leased_turn(turn: UnsettledTurn) -> credit_pb2.LeasedTurn:
    """Return a turn as credit is told of it."""
    taken = turn.taken
    told = credit_pb2.LeasedTurn(turn_id=taken.turn_id, account_id=taken.account_id, upper_bound_microcredits=taken.bound_microcredits)
    told.take_time.FromMilliseconds(taken.time_ms)
    if (used := turn.used) is not None:
        told.usage.CopyFrom(
            credit_pb2.Usage(
                model=used.model,
                prompt_tokens=used.prompt_tokens,
                cached_prompt_tokens=used.cached_prompt_tokens,
                completion_tokens=used.completion_tokens,
                images=used.images,
            )
        )
    return told


def settle_request(lease_id: str, turns: Sequence[UnsettledTurn], *, with_usage: bool = True) -> credit_pb2.SettleLeaseRequest:
    """Return the request for some turns of one lease. The same turns give the same request id, also after a crash."""
    told = [leased_turn(turn) for turn in turns]
    if not with_usage:
        for one in told:
            one.ClearField("usage")
    digest = hashlib.sha256(b"".join(one.SerializeToString(deterministic=True) for one in told)).hexdigest()[:24]
    return credit_pb2.SettleLeaseRequest(request_id=f"settle:{digest}", lease_id=lease_id, turns=told)


def batches(turns: Iterable[UnsettledTurn], size_max: int) -> Iterator[tuple[str, Sequence[UnsettledTurn]]]:
    """Return the turns by lease, `size_max` at a time, oldest first."""
    ordered = sorted(turns, key=lambda turn: turn.taken.lease_id)
    for lease_id, of_lease in groupby(ordered, key=lambda turn: turn.taken.lease_id):
        for batch in batched(of_lease, size_max):
            yield lease_id, batch


class Settling:
    """Settles what is in the book and not under way. `settled` is told of each turn that is."""

    def __init__(
        self,
        credit: CreditClient,
        kept: JournalledBook,
        running: Callable[[], set[str]],
        settled: Callable[[str], None],
        *,
        call_s: float,
        turns_at_once: int,
    ) -> None:
        self._credit = credit
        self._kept = kept
        self._running = running
        self._settled = settled
        self._call_s = call_s
        self._turns_at_once = turns_at_once

    async def settle(self) -> None:
        """Settle every turn that has ended. Raises what credit failed with where it is away: the turns stay, and are settled the next time."""
        running = self._running()
        ready = [turn for turn_id, turn in self._kept.book.turns.items() if turn_id not in running]
        for lease_id, batch in batches(ready, self._turns_at_once):
            await self._settle(lease_id, batch)

    async def _settle(self, lease_id: str, batch: Sequence[UnsettledTurn], *, with_usage: bool = True) -> None:
        try:
            answer = await self._credit.settle_lease(settle_request(lease_id, batch, with_usage=with_usage), timeout_s=self._call_s)
        except ParlourError as error:
            metrics.failed_calls.labels("settle").inc()
            if not error.failure.final:
                raise
            await self._refused(lease_id, batch, error, with_usage=with_usage)
            return
        self._count(batch, answer, with_usage=with_usage)
        ids = tuple(turn.turn_id for turn in answer.turns)
        for turn_id in ids:
            self._settled(turn_id)
        await self._kept.note(Settled(lease_id, ids, answer.remaining_microcredits))

    async def _refused(self, lease_id: str, batch: Sequence[UnsettledTurn], error: ParlourError, *, with_usage: bool) -> None:
        """Find out which of the turns is refused for good: one alone must not keep the others from being settled."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._settle(lease_id, batch[:middle], with_usage=with_usage)
            await self._settle(lease_id, batch[middle:], with_usage=with_usage)
            return
        turn = batch[0]
        if isinstance(error, UnknownModel) and with_usage and turn.used is not None:
            # The price list has changed: nobody can say any more what it cost, so that the lease pays.
            await self._settle(lease_id, batch, with_usage=False)
            return
        kept: list[Record] = [turn.taken, *([turn.used] if turn.used is not None else [])]
        if not self._kept.set_aside(f"refused {error.reason}", kept):
            return  # it would be in no file any more
        event = "a turn taken without credit cannot be settled and is set aside"
        failures.ended(error, failures.Place.BACKGROUND, event, turn_id=turn.taken.turn_id, lease_id=lease_id)
        self._settled(turn.taken.turn_id)
        await self._kept.note(WrittenOff(lease_id, (turn.taken.turn_id,), turn.taken.bound_microcredits))

    @staticmethod
    def _count(batch: Sequence[UnsettledTurn], answer: credit_pb2.SettleLeaseResponse, *, with_usage: bool) -> None:
        for turn in answer.turns:
            person, lease = turn.charged_to_person_microcredits, turn.charged_to_lease_microcredits
            metrics.settled.labels("person" if person else "lease" if lease else "nobody").inc()
            metrics.settled_microcredits.labels("person").inc(person)
            metrics.settled_microcredits.labels("lease").inc(lease)
        metrics.unknown_usage.inc(sum(1 for turn in batch if turn.used is None or not with_usage))
        _log.info(
            "turns taken without credit are settled",
            turns=len(answer.turns),
            people_microcredits=answer.charged_to_people_microcredits,
            lease_microcredits=answer.charged_to_lease_microcredits,
        )

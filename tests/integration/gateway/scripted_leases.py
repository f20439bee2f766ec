"""The leases of a scripted credit service: it charges each leased turn once, as the real one does, and remembers what it was asked."""

import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2
from services.runtime import errors

TERMS = credit_pb2.OutageTerms(
    tiers=[
        credit_pb2.OutageTier(
            tier="free",
            turns_max=2,
            models=["scripted"],
            prompt_microcredits_per_million_tokens=1_000_000,
            completion_microcredits_per_million_tokens=10_000_000,
            image_microcredits=100,
        ),
        credit_pb2.OutageTier(
            tier="patron",
            turns_max=5,
            models=["scripted"],
            prompt_microcredits_per_million_tokens=1_000_000,
            completion_microcredits_per_million_tokens=10_000_000,
            image_microcredits=100,
        ),
    ],
    default_tier="free",
    price_version="1",
)
"""The prices of ScriptedCredit: one microcredit a prompt token and ten a completion token."""


class ScriptedLeases:
    """`meet` is called with every request before it is carried out, `left` with its method after that, before the answer."""

    def __init__(self, meet: Callable[[str, Message], Awaitable[None]], left: Callable[[str], Awaitable[None]], available: dict[str, int]) -> None:
        self._meet = meet
        self._left = left
        self._available = available
        self.terms = TERMS
        self.open: dict[str, credit_pb2.Lease] = {}
        self.closed: dict[str, credit_pb2.Lease] = {}
        self.settled: dict[str, credit_pb2.SettledTurn] = {}
        self.bounds: dict[str, int] = {}
        self.charges: Counter[str] = Counter()
        """How often a turn was charged; never more than once."""
        self.spent_by_lease: Counter[str] = Counter()
        self.refusals: Mapping[str, Exception] = {}
        """What a turn is refused with."""

    async def acquire(self, request: credit_pb2.AcquireLeaseRequest) -> credit_pb2.AcquireLeaseResponse:
        await self._meet("AcquireLease", request)
        lease = next((one for one in self.open.values() if one.instance_id == request.instance_id), None)
        if lease is None:
            lease = credit_pb2.Lease(
                lease_id=uuid.uuid4().hex,
                instance_id=request.instance_id,
                amount_microcredits=request.amount_microcredits,
                remaining_microcredits=request.amount_microcredits,
            )
            self.open[lease.lease_id] = lease
        _prolong(lease, request.ttl_s)
        await self._left("AcquireLease")
        return credit_pb2.AcquireLeaseResponse(lease=lease, terms=self.terms)

    async def renew(self, request: credit_pb2.RenewLeaseRequest) -> credit_pb2.RenewLeaseResponse:
        await self._meet("RenewLease", request)
        if request.lease_id not in self.open:
            raise errors.NotFound("lease")
        _prolong(self.open[request.lease_id], request.ttl_s)
        return credit_pb2.RenewLeaseResponse(lease=self.open[request.lease_id], terms=self.terms)

    async def settle(self, request: credit_pb2.SettleLeaseRequest) -> credit_pb2.SettleLeaseResponse:
        await self._meet("SettleLease", request)
        if request.lease_id not in self.open:
            raise errors.NotFound("lease")
        for turn in request.turns:
            if turn.turn_id in self.refusals:
                raise self.refusals[turn.turn_id]
        turns = [self._settle(self.open[request.lease_id], turn) for turn in request.turns]
        answer = credit_pb2.SettleLeaseResponse(
            charged_to_people_microcredits=sum(turn.charged_to_person_microcredits for turn in turns),
            charged_to_lease_microcredits=sum(turn.charged_to_lease_microcredits for turn in turns),
            remaining_microcredits=self.open[request.lease_id].remaining_microcredits,
            turns=turns,
        )
        if request.close:
            self.closed[request.lease_id] = self.open.pop(request.lease_id)
        await self._left("SettleLease")
        return answer

    def _settle(self, lease: credit_pb2.Lease, turn: credit_pb2.LeasedTurn) -> credit_pb2.SettledTurn:
        if turn.turn_id in self.settled:
            return self.settled[turn.turn_id]
        used = turn.usage.prompt_tokens + 10 * turn.usage.completion_tokens if turn.HasField("usage") else turn.upper_bound_microcredits
        made = credit_pb2.SettledTurn(turn_id=turn.turn_id)
        if turn.HasField("usage") and self._available[turn.account_id] >= used:
            self._available[turn.account_id] -= used
            made.charged_to_person_microcredits = used
        else:
            made.charged_to_lease_microcredits = min(used, turn.upper_bound_microcredits)
            lease.remaining_microcredits -= made.charged_to_lease_microcredits
            self.spent_by_lease[lease.lease_id] += made.charged_to_lease_microcredits
        self.charges[turn.turn_id] += 1
        self.bounds[turn.turn_id] = turn.upper_bound_microcredits
        self.settled[turn.turn_id] = made
        return made

    def paid(self) -> dict[str, tuple[int, int]]:
        """By turn, what the person and the lease paid."""
        return {turn.turn_id: (turn.charged_to_person_microcredits, turn.charged_to_lease_microcredits) for turn in self.settled.values()}


def _prolong(lease: credit_pb2.Lease, ttl_s: int) -> None:
    lease.expire_time.FromMilliseconds(int((time.time() + ttl_s) * 1000))

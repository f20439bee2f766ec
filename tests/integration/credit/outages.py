"""What can be asked about leases, of the service and of the model beside it."""

from typing import Any

from hypothesis import strategies as st

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations
from services.runtime.errors import ParlourError
from tests.integration.credit.ledger_model import Refused
from tests.integration.credit.side_by_side import LEASES_MAX, SideBySide, happens

INSTANCES = st.sampled_from(["gateway-0", "gateway-1", "gateway-2"])
TAKERS = ["user:1", "user:2", "user:3", "guild:1"]
TURN = st.fixed_dictionaries(
    {
        "number": st.integers(0, 40),
        "name": st.sampled_from(TAKERS),
        "bound": st.integers(0, 160),
        "used": st.none() | st.integers(0, 80) | st.integers(0, 160),
        "model": st.sampled_from(["small", "small", "small", "nobody"]),
    }
)
TURNS = st.lists(TURN, min_size=1, max_size=3)
TTLS = st.sampled_from([90, 210, 7230])
INDEX = st.integers(0, 10**6)


class Outages(SideBySide):
    """Leases are acquired, renewed, settled, cut off, closed and lost."""

    def __init__(self) -> None:
        super().__init__()
        self.leases: list[dict[str, Any]] = []
        self.was_recorded: set[str] = set()

    def pick_lease(self, index: int) -> dict[str, Any]:
        return self.leases[-4:][index % len(self.leases[-4:])]

    @happens(3, instance=INSTANCES, amount=st.integers(1, LEASES_MAX[0] + 20), ttl_s=TTLS)
    def acquire_lease(self, instance: str, amount: int, ttl_s: int) -> None:
        request = pb.AcquireLeaseRequest(request_id=self.number("r"), instance_id=instance, amount_microcredits=amount, ttl_s=ttl_s)
        lease, answer = self.ask("AcquireLease", request, lambda: self.model.acquire(instance, amount, ttl_s))
        if lease is not None:
            assert (answer.lease.amount_microcredits, answer.lease.remaining_microcredits) == (lease["amount"], lease["grant"]["left"])
            assert lease.setdefault("id", answer.lease.lease_id) == answer.lease.lease_id
            if not any(one is lease for one in self.leases):
                self.leases.append(lease)

    @happens(1, needs="leases", index=INDEX, ttl_s=TTLS)
    def renew_lease(self, index: int, ttl_s: int) -> None:
        lease = self.pick_lease(index)
        request = pb.RenewLeaseRequest(request_id=self.number("r"), lease_id=lease["id"], ttl_s=ttl_s)
        renewed, answer = self.ask("RenewLease", request, lambda: self.model.renew_lease(lease, ttl_s))
        if renewed is not None:
            assert answer.lease.remaining_microcredits == lease["grant"]["left"]

    def settlement(self, lease: dict[str, Any], turns: list[dict[str, Any]], close: bool) -> tuple[pb.SettleLeaseRequest, list[dict[str, Any]]]:
        """A request, and the turns as the model takes them."""
        request = pb.SettleLeaseRequest(request_id=self.number("r"), lease_id=lease["id"], close=close)
        told = []
        for turn in turns:
            leased = request.turns.add(turn_id=f"l-{turn['number']}", account_id=turn["name"], upper_bound_microcredits=turn["bound"])
            cost = None
            if turn["used"] is not None:
                leased.usage.CopyFrom(pb.Usage(model=turn["model"], prompt_tokens=turn["used"]))
                cost = turn["used"] if turn["model"] == "small" else None
            told.append({"id": leased.turn_id, "name": turn["name"], "bound": turn["bound"], "cost": cost})
        return request, told

    @happens(7, needs="leases", index=INDEX, turns=TURNS, close=st.sampled_from([False, False, False, True]))
    def settle_lease(self, index: int, turns: list[dict[str, Any]], close: bool) -> None:
        lease = self.pick_lease(index)
        request, told = self.settlement(lease, turns, close)
        settled, answer = self.ask("SettleLease", request, lambda: self.model.settle_lease(lease, told, close))
        if settled is not None:
            shown = [(turn.charged_to_person_microcredits, turn.charged_to_lease_microcredits) for turn in answer.turns]
            assert shown == settled["turns"]
            assert answer.remaining_microcredits == settled["left"]
            assert answer.charged_to_people_microcredits == sum(person for person, _ in shown)
            assert answer.charged_to_lease_microcredits == sum(by_lease for _, by_lease in shown)

    @happens(2, needs="leases", index=INDEX, turns=TURNS)
    def settlement_cut_off(self, index: int, turns: list[dict[str, Any]]) -> None:
        """The service ends after it has taken the turns in."""
        lease = self.pick_lease(index)
        request, told = self.settlement(lease, turns, close=False)

        async def begin(service: Any) -> None:
            keys = await service.teller.leases._keys({turn.account_id for turn in request.turns})
            await service.teller.execute(operations.take_in_turns(request, keys))

        reason = expected = ""
        try:
            self.model.take_in(lease, told)
        except Refused as refused:
            expected = refused.reason
        try:
            self.run(begin)
        except ParlourError as error:
            reason = error.reason
        assert reason == expected

    @happens(2, needs="leases")
    def finish_leased_turns(self) -> None:
        async def finish(service: Any) -> int:
            await service.run("UPDATE leased_turns SET created_at = created_at - interval '400 days' WHERE finished_at IS NULL")
            return int(await service.teller.leases.finish())

        assert self.run(finish) == self.model.finish_all()

    @happens(2, needs="leases")
    def lose_leases(self) -> None:
        assert self.run(lambda service: service.teller.leases.close_lost(1, ahead=service.ahead)) == self.model.close_lost(1)

    @happens(3, needs="leases", index=INDEX, name=st.sampled_from(TAKERS), number=st.integers(0, 40), used=st.integers(0, 160))
    def record_leased_usage(self, index: int, name: str, number: int, used: int) -> None:
        turn_id = f"l-{number}"
        if turn_id in self.was_recorded:
            return
        self.was_recorded.add(turn_id)
        lease, usage = self.pick_lease(index), pb.Usage(model="small", prompt_tokens=used)
        request = pb.RecordUsageRequest(turn_id=turn_id, account_id=name, lease_id=lease["id"], usage=usage)
        charged, answer = self.ask("RecordUsage", request, lambda: self.model.record_leased(name, turn_id, used))
        if charged is not None:
            assert (answer.charged_microcredits, answer.captured_now) == (charged, False)

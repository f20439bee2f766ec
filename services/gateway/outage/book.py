"""Where the outage journal leaves this gateway: its lease, the turns that are not settled, what people have had. Pure.

The same book is kept while the gateway runs and read from the journal when it starts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from google.protobuf.json_format import MessageToDict, ParseDict

from parlour.credit.v1 import credit_pb2
from services.gateway.outage.records import Counted, Dropped, Leased, Opened, Over, Record, Settled, Taken, Used, WrittenOff


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease that this gateway may take turns on. `remaining_microcredits` is what no settled turn has spent."""

    lease_id: str
    amount_microcredits: int
    remaining_microcredits: int
    expire_time_ms: int
    terms: credit_pb2.OutageTerms

    def record(self) -> Leased:
        """The same, for the journal."""
        terms = MessageToDict(self.terms, preserving_proto_field_name=True)
        return Leased(self.lease_id, self.amount_microcredits, self.remaining_microcredits, self.expire_time_ms, terms)


@dataclass(frozen=True, slots=True)
class UnsettledTurn:
    """A turn that was taken and is not settled. `used` None: nobody knows what it used."""

    taken: Taken
    used: Used | None = None


class Book:
    """Follows the records. Its sizes are bounded by the journal's, which takes no turn beyond its limit."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.instance = ""
        self.lease: HeldLease | None = None
        self.closing = ""
        """The lease that credit is still to be told to close."""
        self.written_off: dict[str, int] = {}
        """By lease, what turns may have cost that credit refused to settle: one that is used no more may be given to this gateway again."""
        self.turns: dict[str, UnsettledTurn] = {}
        self.turns_by_account: Counter[str] = Counter()
        """Turns taken in the outage that is not over."""
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Go on by one record; what does not fit what is known changes nothing."""
        self._apply_to_lease(record)
        match record:
            case Taken():
                self._take(record)
            case Used() if record.turn_id in self.turns:
                self.turns[record.turn_id] = replace(self.turns[record.turn_id], used=record)
            case Settled() | WrittenOff():
                for turn_id in record.turn_ids:
                    self.turns.pop(turn_id, None)
            case Counted():
                self.turns_by_account = Counter(record.turns_by_account)
            case Over():
                self.turns_by_account.clear()

    def _apply_to_lease(self, record: Record) -> None:
        match record:
            case Opened():
                self.instance = record.instance
            case Leased():
                self._hold(held_lease(record))
            case Settled() if self.lease is not None and self._holds(record.lease_id):
                self.lease = replace(self.lease, remaining_microcredits=record.remaining_microcredits)
            case WrittenOff() if self.lease is None or self._holds(record.lease_id):
                self.written_off[record.lease_id] = self.written_off.get(record.lease_id, 0) + record.microcredits
            case Dropped():
                if self._holds(record.lease_id):
                    self.lease = None
                if record.to_be_closed:
                    self.closing = record.lease_id
                elif self.closing == record.lease_id:
                    self.closing = ""

    def _hold(self, lease: HeldLease) -> None:
        """Use a lease. Credit has one open for an instance at a time, so that any other one will not be used again."""
        self.lease = lease
        self.written_off = {lease_id: lost for lease_id, lost in self.written_off.items() if lease_id == lease.lease_id}
        if self.closing == lease.lease_id:
            self.closing = ""

    def _take(self, record: Taken) -> None:
        if record.turn_id in self.turns:
            return
        self.turns[record.turn_id] = UnsettledTurn(record)
        self.turns_by_account[record.account_id] += 1

    def untake(self, record: Taken) -> None:
        """Take back a record that could not be written: no turn was taken."""
        self.turns.pop(record.turn_id, None)
        self.turns_by_account[record.account_id] -= 1
        if not self.turns_by_account[record.account_id]:
            del self.turns_by_account[record.account_id]

    def _holds(self, lease_id: str) -> bool:
        return self.lease is not None and self.lease.lease_id == lease_id

    @property
    def written_off_microcredits(self) -> int:
        """Of the lease, what turns may have cost that credit refused to settle."""
        return self.written_off.get(self.lease.lease_id, 0) if self.lease is not None else 0

    @property
    def set_aside_microcredits(self) -> int:
        """What unsettled turns may cost the lease at most."""
        if self.lease is None:
            return 0
        return sum(turn.taken.bound_microcredits for turn in self.turns.values() if turn.taken.lease_id == self.lease.lease_id)

    @property
    def left_microcredits(self) -> int:
        """What of the lease is neither spent nor set aside."""
        if self.lease is None:
            return 0
        return self.lease.remaining_microcredits - self.written_off_microcredits - self.set_aside_microcredits

    def records(self) -> Sequence[Record]:
        """Return the fewest records that say the same."""
        made: list[Record] = [Opened(self.instance)]
        if self.lease is not None:
            made.append(self.lease.record())
        made += [WrittenOff(lease_id, (), microcredits) for lease_id, microcredits in self.written_off.items()]
        if self.closing:
            made.append(Dropped(self.closing, to_be_closed=True))
        for turn in self.turns.values():
            made.append(turn.taken)
            if turn.used is not None:
                made.append(turn.used)
        # Behind the turns: these are in it.
        made.append(Counted(dict(self.turns_by_account)))
        return made


def compacted(records: Sequence[Record]) -> Sequence[Record]:
    """Return the fewest records that say the same as these."""
    return Book(records).records()


def held_lease(record: Leased) -> HeldLease:
    """Return the lease of a record; terms of a later version are read as far as they are known."""
    terms: Mapping[str, object] = record.terms
    parsed = ParseDict(dict(terms), credit_pb2.OutageTerms(), ignore_unknown_fields=True)
    return HeldLease(record.lease_id, record.amount_microcredits, record.remaining_microcredits, record.expire_time_ms, parsed)

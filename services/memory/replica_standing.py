"""Whether a replica may serve a read, and what it means if it may not. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from services.memory.last_writes import Position
from services.runtime.breaker import Outcome


class Reason(StrEnum):
    """Why a read was served where it was."""

    FIT = "fit"  # the replica has what the read must see
    NO_REPLICA = "no_replica"  # none is configured
    SAME_AS_BEFORE = "same_as_before"  # the primary served an earlier part of the same answer
    RESTING = "resting"  # every replica failed lately and is left alone
    UNSETTLED = "unsettled"  # a scope was just written to, and it is not known yet how far a replica must be
    LAGS = "lags"  # it did not get as far as the read needs in time
    PROMOTED = "promoted"  # it takes writes of its own
    OTHER_TIMELINE = "other_timeline"  # it follows another primary, or has not noticed that there is a new one
    OTHER_CLUSTER = "other_cluster"  # it is no copy of the primary
    UNREACHABLE = "unreachable"  # no connection, or one that was lost
    SLOW = "slow"  # it did not answer in time
    CANCELLED = "cancelled"  # it gave up the query for the sake of replaying
    MISSING = "missing"  # the read failed as it would where something is not there, or not there yet
    BROKEN = "broken"  # anything else that failed

    @property
    def outcome(self) -> Outcome:
        """What the replica's circuit is told."""
        return _OUTCOMES.get(self, Outcome.UNWELL)


# A replica that cancelled a query or lacked a row answers, and the next read may go well.
_OUTCOMES = {
    Reason.FIT: Outcome.ALIVE,
    Reason.CANCELLED: Outcome.ALIVE,
    Reason.MISSING: Outcome.ALIVE,
    Reason.UNREACHABLE: Outcome.UNREACHABLE,
}


class Unfit(Exception):
    """No replica serves this read, for a reason: the primary does. It never leaves the router."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server says of itself; `replayed` names the timeline that it follows."""

    in_recovery: bool
    replayed: Position
    system_identifier: int

    @staticmethod
    def of(in_recovery: bool, replayed: str, timeline: int, system_identifier: int) -> "Standing":
        """Return the standing that a server's answer tells; `replayed` is in PostgreSQL's own form."""
        return Standing(in_recovery, Position(timeline, Position.parse(replayed).lsn), system_identifier)


def judge(standing: Standing, needed: Position, system_identifier: int | None) -> Reason:
    """Return FIT where a server may serve a read that needs a position, else why not. A system_identifier of None, like timeline 0, is not known.

    Only on the timeline of the position does a greater log sequence number mean that a server has what lies before it.
    """
    if not standing.in_recovery:
        return Reason.PROMOTED
    if system_identifier is not None and standing.system_identifier != system_identifier:
        return Reason.OTHER_CLUSTER
    if needed.timeline not in (0, standing.replayed.timeline):
        return Reason.OTHER_TIMELINE
    return Reason.FIT if standing.replayed.lsn >= needed.lsn else Reason.LAGS

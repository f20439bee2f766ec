"""What is broken, how and when, and what a person then gets: decided here before anything is run.

The expectations come from docs/turn.md ("What happens when a part fails"), docs/memory.md ("Replicas"), docs/discord.md and the outage allowance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Dependency(StrEnum):
    """What can break."""

    CREDIT = "credit"
    CREDIT_DATABASE = "credit_database"
    MEMORY = "memory"
    MEMORY_DATABASE = "memory_database"
    MEMORY_REPLICA = "memory_replica"
    CONVERSATION = "conversation"
    CONVERSATION_DATABASE = "conversation_database"
    REDIS = "redis"
    MODEL = "model"
    """The tier's first model; the second one works."""
    EVERY_MODEL = "every_model"
    DISCORD = "discord"


class Fault(StrEnum):
    """How it breaks: the faults of tests/fakes/fault_proxy.py, and SIGSTOP."""

    REFUSED = "refused"
    SLOW = "slow"
    RESET = "reset"
    HALF_OPEN = "half_open"
    GARBAGE = "garbage"
    FULL = "full"
    PAUSED = "paused"


class Moment(StrEnum):
    """When it breaks."""

    BEFORE = "before the turn"
    HELD = "between hold and reply"
    STREAMING = "mid-stream"
    REPLIED = "between reply and capture"


class Outcome(StrEnum):
    """How a turn ends for the person."""

    ANSWERED = "answered"
    CUT = "cut"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the person gets. `notice` and `words` are keys of services/gateway/notices.py: what is said beside the answer, and instead of it or
    behind what was cut; `or_words`: whichever of two is noticed first. `on_lease`: the turn is taken on the gateway's lease and charged later."""

    outcome: Outcome
    notice: str = ""
    words: str = ""
    or_words: str = ""
    on_lease: bool = False

    def is_met_by(self, seen: "Expected") -> bool:
        """Whether what was seen is what was expected."""
        said = seen.words in (self.words, self.or_words) if self.or_words else seen.words == self.words
        return said and (seen.outcome, seen.notice) == (self.outcome, self.notice)

    @property
    def text(self) -> str:
        """In short, for a table."""
        told = " or ".join(filter(None, (self.words, self.or_words))) or self.notice
        return f"{self.outcome}{f': {told}' if told else ''}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the matrix."""

    dependency: Dependency
    fault: Fault
    moment: Moment

    @property
    def name(self) -> str:
        return f"{self.dependency} {self.fault} {self.moment}"


@dataclass(frozen=True, slots=True)
class _Row:
    """What is expected of every fault at a moment, but for those that differ."""

    usual: Expected
    differing: Mapping[Fault, Expected] = field(default_factory=dict)

    def of(self, fault: Fault) -> Expected:
        return self.differing.get(fault, self.usual)


TURN_S = 5.0
WITHIN_S = 5.5
"""The turn's deadline, and half a second for a machine that does much else."""

_ANSWERED = Expected(Outcome.ANSWERED)
_NO_MEMORIES = Expected(Outcome.ANSWERED, notice="memory_unavailable")
_NOT_KEPT = Expected(Outcome.ANSWERED, notice="not_kept")
_ON_LEASE = Expected(Outcome.ANSWERED, notice="outage", on_lease=True)
_BUSY = Expected(Outcome.REFUSED, words="busy")
_NO_CONVERSATION = Expected(Outcome.REFUSED, words="conversation_unavailable")
_NO_MODEL = Expected(Outcome.REFUSED, words="model_unavailable")
# A connection that has fallen silent is noticed by gRPC's keepalive, or the turn's time is over before.
_SILENT_BEFORE = Expected(Outcome.REFUSED, words="conversation_unavailable", or_words="took_too_long")
_CUT = Expected(Outcome.CUT, words="cut")
_SILENT_CUT = Expected(Outcome.CUT, words="cut", or_words="cut_time")
_SILENT = (Fault.SLOW, Fault.HALF_OPEN, Fault.PAUSED)


def _silent(expected: Expected) -> dict[Fault, Expected]:
    return dict.fromkeys(_SILENT, expected)


_UNNOTICED = dict.fromkeys(Moment, _Row(_ANSWERED))
_CREDIT_LATER = {Moment.HELD: _Row(_ANSWERED), Moment.STREAMING: _Row(_ANSWERED), Moment.REPLIED: _Row(_ANSWERED)}
_MODEL_LATER = {Moment.STREAMING: _Row(_CUT, {Fault.FULL: _ANSWERED}), Moment.REPLIED: _Row(_ANSWERED)}

EXPECTED: Mapping[Dependency, Mapping[Moment, _Row]] = {
    # A full service refuses, which is no outage: the allowance is for those.
    Dependency.CREDIT: {Moment.BEFORE: _Row(_ON_LEASE, {Fault.FULL: _BUSY}), **_CREDIT_LATER},
    Dependency.CREDIT_DATABASE: {Moment.BEFORE: _Row(_ON_LEASE), **_CREDIT_LATER},
    # A search that is under way goes on in a full service.
    Dependency.MEMORY: _UNNOTICED | {Moment.BEFORE: _Row(_NO_MEMORIES), Moment.HELD: _Row(_NO_MEMORIES, {Fault.FULL: _ANSWERED})},
    # The replica serves what it has.
    Dependency.MEMORY_DATABASE: _UNNOTICED,
    Dependency.MEMORY_REPLICA: _UNNOTICED,
    Dependency.REDIS: _UNNOTICED,
    Dependency.CONVERSATION: {
        Moment.BEFORE: _Row(_NO_CONVERSATION, {Fault.FULL: _BUSY}),
        Moment.HELD: _Row(_NO_CONVERSATION, {Fault.FULL: _BUSY, **_silent(_SILENT_BEFORE)}),
        Moment.STREAMING: _Row(_CUT, {Fault.FULL: _ANSWERED, **_silent(_SILENT_CUT)}),
        Moment.REPLIED: _Row(_ANSWERED),
    },
    Dependency.CONVERSATION_DATABASE: {
        Moment.BEFORE: _Row(_NOT_KEPT),
        Moment.HELD: _Row(_NOT_KEPT),
        Moment.STREAMING: _Row(_NOT_KEPT),
        Moment.REPLIED: _Row(_ANSWERED),
    },
    Dependency.MODEL: {Moment.BEFORE: _Row(_ANSWERED), Moment.HELD: _Row(_ANSWERED), **_MODEL_LATER},
    Dependency.EVERY_MODEL: {Moment.BEFORE: _Row(_NO_MODEL, {Fault.FULL: _BUSY}), Moment.HELD: _Row(_NO_MODEL, {Fault.FULL: _BUSY}), **_MODEL_LATER},
    # The person reads the answer when Discord is back: it is kept and tried again.
    Dependency.DISCORD: _UNNOTICED,
}

WITHOUT_SENSE: Mapping[tuple[Dependency, Fault], str] = {
    (Dependency.DISCORD, Fault.PAUSED): "Discord is no process of ours; to us a paused one is a half-open connection, which is run",
}

FULL_MEANS: Mapping[Dependency, str] = {
    Dependency.CREDIT: "calls under way go on, new ones are refused with OVERLOADED; health stays SERVING",
    Dependency.MEMORY: "the same",
    Dependency.CONVERSATION: "the same",
    Dependency.CREDIT_DATABASE: "connections are closed, new ones refused: too many clients (53300)",
    Dependency.MEMORY_DATABASE: "the same",
    Dependency.CONVERSATION_DATABASE: "the same",
    Dependency.MEMORY_REPLICA: "the same",
    Dependency.REDIS: "maxmemory is reached: it reads, and refuses writes with OOM",
    Dependency.MODEL: "new requests are refused with 429; what is being generated goes on",
    Dependency.EVERY_MODEL: "the same, for both",
    Dependency.DISCORD: "connections are closed, every request is answered 429",
}


def cells() -> Iterator[Cell]:
    """Every cell that makes sense, those of a dependency together."""
    for dependency in Dependency:
        for fault in Fault:
            if (dependency, fault) not in WITHOUT_SENSE:
                yield from (Cell(dependency, fault, moment) for moment in Moment)


def expected_of(cell: Cell) -> Expected:
    """What a person gets in a cell."""
    return EXPECTED[cell.dependency][cell.moment].of(cell.fault)

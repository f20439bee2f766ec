"""What the outage journal says, and how a record is a line: a checksum, and JSON that people can read. Pure.

9d2f1c04 {"kind":"taken","turn_id":"m1:0","account_id":"user:ada","lease_id":"7f","bound_microcredits":320000,"time_ms":1764224871000}
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar, Protocol


class BadLine(Exception):
    """A line is not what was written, or not of this version."""


class Record(Protocol):
    """One thing that happened."""

    KIND: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose journal this is. The name is made with the journal and goes with it, so that a gateway that lost its journal gets another lease."""

    KIND: ClassVar[str] = "opened"
    instance: str


@dataclass(frozen=True, slots=True)
class Leased:
    """A lease as credit granted or prolonged it. `terms` is credit's OutageTerms, by the names of its fields."""

    KIND: ClassVar[str] = "leased"
    lease_id: str
    amount_microcredits: int
    remaining_microcredits: int
    expire_time_ms: int
    terms: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn was taken on a lease, before the model was called. A turn is taken once, whatever happens to it."""

    KIND: ClassVar[str] = "taken"
    turn_id: str
    account_id: str
    lease_id: str
    bound_microcredits: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class Used:
    """What was delivered of a turn; no tokens: nothing was."""

    KIND: ClassVar[str] = "used"
    turn_id: str
    model: str
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    images: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """Credit has settled turns; `remaining_microcredits` is what it says is left of the lease."""

    KIND: ClassVar[str] = "settled"
    lease_id: str
    turn_ids: tuple[str, ...]
    remaining_microcredits: int


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """Turns that credit refuses to settle: what they may have cost is not there to be spent again."""

    KIND: ClassVar[str] = "written_off"
    lease_id: str
    turn_ids: tuple[str, ...]
    microcredits: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A lease is used no more: credit has closed it, or does not know it, or this journal has lost something of it.

    `to_be_closed`: credit is still to be told, and no other lease is acquired before it has answered.
    """

    KIND: ClassVar[str] = "dropped"
    lease_id: str
    to_be_closed: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """How many turns people have had in the outage that is not over; kept when the turns themselves leave the journal."""

    KIND: ClassVar[str] = "counted"
    turns_by_account: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Over:
    """The outage is over: the next one gives everybody their turns again."""

    KIND: ClassVar[str] = "over"


_TYPES: Mapping[str, type] = {made.KIND: made for made in (Opened, Leased, Taken, Used, Settled, WrittenOff, Dropped, Counted, Over)}


def line_of(record: Record) -> bytes:
    """Return a record as its line, the line feed included."""
    text = json.dumps({"kind": record.KIND, **asdict(record)}, separators=(",", ":"))  # type: ignore[call-overload]  # every record is a dataclass
    return f"{zlib.crc32(text.encode()):08x} {text}\n".encode()


def record_of(line: bytes) -> Record:
    """Read a line without its line feed. Raises BadLine."""
    checksum, _, text = line.partition(b" ")
    if checksum != f"{zlib.crc32(text):08x}".encode():
        raise BadLine("checksum")
    try:
        values = json.loads(text)
        made = _TYPES[values.pop("kind")]
        if "turn_ids" in values:
            values["turn_ids"] = tuple(values["turn_ids"])
        known = {one.name for one in fields(made)}
        return made(**{name: value for name, value in values.items() if name in known})  # type: ignore[no-any-return]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadLine(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Read:
    """What a journal's bytes say. `torn`: the end that was not written whole, so that nobody was told it was; `bad`: lines that are lost."""

    records: tuple[Record, ...]
    bad: tuple[bytes, ...] = ()
    torn: bytes = b""


def read(content: bytes) -> Read:
    """Read a journal; never fails."""
    *lines, torn = content.split(b"\n")
    records: list[Record] = []
    bad: list[bytes] = []
    for line in lines:
        try:
            records.append(record_of(line))
        except BadLine:
            bad.append(line)
    return Read(tuple(records), tuple(bad), torn)

"""What a fuzzer has learnt from answers: ids that exist, and which of them belong together. Bounded; with it, requests get past the first check."""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from google.protobuf.message import Message

from tests.chaos.fuzz.field_values import rules_of
from tests.chaos.fuzz.markers import IDS, MADE_BY_CALLERS, New, Remembered, kind_of

PEOPLE, GUILDS, CHANNELS, INSTANCES = 24, 6, 12, 3
_KEPT = 300
_RECENT = 40
"""Of these a record is chosen: an older hold has been charged, an older plan carried out."""
_ITEMS_MAX = 5
_RARE_FIRST = (
    "fence",
    "hold_id",
    "lease_id",
    "grant_id",
    "plan_id",
    "confirmation_id",
    "erasure_id",
    "finding_id",
    "memory_id",
    "page_token",
    "consistency_token",
    "version",
    "turn_id",
    "message_id",
    "request_id",
)
"""By which id the record is chosen that a request is filled in from."""

_NUMBERS = ("attempt", "fence", "version")
_PLACES = ("guild_id", "channel_id")

type Record = Mapping[str, Any]


class Knowledge:
    """Ids by kind, and records of ids that came together. People, guilds and channels are few, so that requests meet; `renew` replaces some."""

    def __init__(self, name: str, *, secret: str) -> None:
        self._name = name
        self._secret = secret
        self._numbers = count(1)
        self._records: dict[str, deque[Record]] = {kind: deque(maxlen=_KEPT) for kind in _RARE_FIRST}
        self._values: dict[str, deque[Any]] = {kind: deque(maxlen=_KEPT) for kind in IDS}
        self.people: deque[str] = deque((self.new("user_id") for _ in range(PEOPLE)), maxlen=PEOPLE)
        self.guilds: deque[str] = deque((self.new("guild_id") for _ in range(GUILDS)), maxlen=GUILDS)
        self._channels = [f"{name}-channel-{number}" for number in range(CHANNELS)]
        self._instances = [f"{name}-gateway-{number}" for number in range(INSTANCES)]

    def new(self, kind: str) -> str:
        """Return an id that nobody has used."""
        return f"{self._name}-{kind.removesuffix('_id')}-{next(self._numbers)}"

    def renew(self) -> None:
        """Let new people and a new guild come: accounts are closed and people erased for good."""
        self.people.extend(self.new("user_id") for _ in range(2))
        self.guilds.append(self.new("guild_id"))

    def remembered(self, kind: str, choice: int) -> Any:
        """Return an id of a kind; one that is new where none is known and callers think it up, else what is certainly none."""
        match kind:
            case "user_id":
                return self.people[choice % len(self.people)]
            case "guild_id":
                return self.guilds[choice % len(self.guilds)]
            case "channel_id":
                return self._channels[choice % len(self._channels)]
            case "instance_id":
                return self._instances[choice % len(self._instances)]
            case "account_id":
                guild = choice % 7 == 0
                return f"guild:{self.remembered('guild_id', choice)}" if guild else f"user:{self.remembered('user_id', choice)}"
            case "guild_account_id":
                return f"guild:{self.remembered('guild_id', choice)}"
            case "attempt" | "version":
                return choice % 3
        known = self._values[kind]
        if known:
            return known[choice % len(known)]
        return self.new(kind) if kind in MADE_BY_CALLERS else 0 if kind == "fence" else ""

    def record_for(self, kinds: frozenset[str], choice: int, *, of_memories: bool) -> Record:
        """Return ids that belong together, among them the rarest of these kinds; nothing where none is known.

        `of_memories`: where no rare one is asked for, those of somebody who has a memory.
        """
        for kind in _RARE_FIRST:
            if kind == "message_id" and of_memories:
                kind, kinds = "memory_id", kinds | {"memory_id"}
            if kind in kinds and (records := self._records[kind]):
                return records[-1 - choice % min(len(records), _RECENT)]
        return {}

    def learn(self, request: Message, response: Message | None) -> None:
        """Keep the ids of an accepted request and of an answer to it."""
        of_request = dict(_ids(request))
        if response is None:
            self._keep(of_request)
            return
        self._keep(of_request | dict(_ids(response)))
        for item in _items(response):
            self._keep(of_request | dict(_ids(item)))

    def _keep(self, record: dict[str, Any]) -> None:
        record = {kind: value for kind, value in record.items() if kind in IDS and self._secret not in str(value)}
        for kind, value in record.items():
            if kind in self._records:
                self._records[kind].append(record)
            if value not in self._values[kind]:
                self._values[kind].append(value)

    @property
    def size(self) -> int:
        """How many ids are kept."""
        return sum(len(values) for values in self._values.values())


def _ids(message: Message) -> Iterator[tuple[str, Any]]:
    """The ids of a message, those of its inner messages first, so that its own count."""
    own = []
    for field, value in message.ListFields():
        kind = kind_of(field.name)
        if kind in _NUMBERS and not isinstance(value, int):
            continue  # the version of a program, not of a memory
        if field.message_type is not None and not field.is_repeated:
            yield from _ids(value)
        elif kind is not None and not field.is_repeated:
            own.append((kind, value))
        elif kind is not None and len(value):
            own.append((kind, value[0]))
    yield from own


def _items(message: Message) -> Iterator[Message]:
    for field, value in message.ListFields():
        if field.message_type is not None and field.is_repeated and not field.message_type.GetOptions().map_entry:
            yield from list(value)[:_ITEMS_MAX]


class Filler:
    """Makes one request out of a recipe's fields. The first id of each kind is the record's, further ones are others.

    With a record, the place is the record's: a guild or a channel that it names is named, and one that it does not name is not.
    """

    def __init__(self, knowledge: Knowledge, record: Record) -> None:
        self._knowledge = knowledge
        self._places = {kind: record.get(kind) for kind in _PLACES} if record else {}
        self._left = dict(record)

    def fill(self, message: Message, fields: Mapping[str, Any]) -> None:
        """Put fields into a message; what is None is left out."""
        for field in message.DESCRIPTOR.fields:
            value = fields.get(field.name)
            if field.name in self._places and (value is None or isinstance(value, Remembered)):
                value = self._places[field.name] or (value if rules_of(field).required else None)
            if value is not None:
                self._set(message, field, value)

    def _set(self, message: Message, field: Any, value: Any) -> None:
        target = getattr(message, field.name)
        if field.message_type is None:
            if field.is_repeated:
                target.extend([self._value(one) for one in value])
            else:
                setattr(message, field.name, self._value(value))
        elif field.message_type.GetOptions().map_entry:
            target.update({self._value(key): self._value(one) for key, one in value.items()})
        elif field.is_repeated:
            for one in value:
                self.fill(target.add(), one)
        else:
            target.SetInParent()
            self.fill(target, value)

    def _value(self, value: Any) -> Any:
        match value:
            case New(kind):
                return self._knowledge.new(kind)
            case Remembered(kind, choice):
                found = self._left.pop(kind, None)
                return self._knowledge.remembered(kind, choice) if found is None else found
            case _:
                return value


def kinds_in(value: Any) -> Iterator[str]:
    """The kinds of remembered ids in a recipe's fields."""
    match value:
        case Remembered(kind, _):
            yield kind
        case dict():
            for one in value.values():
                yield from kinds_in(one)
        case list():
            for one in value[:_ITEMS_MAX]:
                yield from kinds_in(one)

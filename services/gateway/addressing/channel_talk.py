"""Who spoke to whom in a channel lately: people, minutes and addressees of the last messages, never what they said."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.addressing.fingerprints import Fingerprint
from services.gateway.addressing.meanings import Meaning
from services.gateway.addressing.names import name_keys

ASSISTANT = ""
"""Stands for the assistant where people are named by their ids."""
SOMEBODY = "?"
"""Stands for people who were named but not heard."""
_KEYS_PER_MESSAGE = 2


@dataclass(slots=True)
class Heard:
    """One message. `to` is whom it named: an id, ASSISTANT, SOMEBODY, or None; `likely` is whom it was likely meant for, as far as that is known.

    `message` is the hash of its id, 0 for what the assistant said; `words` is a fingerprint, which keeps none;
    `meaning` is what it is about.
    """

    message: int
    author: str
    minute: int
    to: str | None
    asks: bool
    likely: Mapping[str, float] = field(default_factory=dict)
    words: Fingerprint = ()
    meaning: Meaning = b""


class ChannelTalk:
    """The last messages of one channel, at most `messages_max`, and the names of their authors as hashes."""

    __slots__ = ("_heard", "_known", "_names", "_names_max")

    def __init__(self, messages_max: int) -> None:
        self._heard: deque[Heard] = deque(maxlen=messages_max)
        self._known: set[int] = set()
        self._names: OrderedDict[int, str] = OrderedDict()
        self._names_max = messages_max * _KEYS_PER_MESSAGE

    def note(self, heard: Heard) -> None:
        """Take note of a message: of the newest, for which the oldest is dropped when there are too many, or anew of one that was heard before."""
        if heard.message in self._known:
            self._heard[self._position(heard.message)] = heard
            return
        if len(self._heard) == self._heard.maxlen:
            self._known.discard(self._heard[0].message)
        self._heard.append(heard)
        if heard.message:
            self._known.add(heard.message)

    def before(self, message: int) -> list[Heard]:
        """Return what was heard before a message, the newest first; all of it if that message was not heard yet."""
        newest_first = list(self._heard)
        if message in self._known:
            del newest_first[self._position(message) :]
        newest_first.reverse()
        return newest_first

    def meet(self, author: str, name: str) -> None:
        """Learn how a person is called."""
        for key in name_keys(name):
            self._names[key] = author
            self._names.move_to_end(key)
        while len(self._names) > self._names_max:
            self._names.popitem(last=False)

    def person(self, key: int) -> str | None:
        """Return who is called so, by a key of `name_keys`."""
        return self._names.get(key)

    def _position(self, message: int) -> int:
        return next(position for position, heard in enumerate(self._heard) if heard.message == message)

    def __len__(self) -> int:
        return len(self._heard)

"""Questions before what cannot be taken back. Pure: all that a yes needs is in the id of the question, so that it works after a restart and anywhere.

The id names what is asked, until when, and of whom: a check against mix-ups (somebody else's button, another channel) and no secret. Who says yes
only ever acts for themselves and with what they may do at that moment.
"""

import hashlib
from dataclasses import dataclass

from parlour.gateway.v1 import gateway_pb2
from services.gateway import requests

RESET = "reset"
ERASE = "erase"
ERASING = "erasing"
"""How far an erasure is that an earlier yes began: the same request, and no longer to be declined."""

_OF_A_PLACE = frozenset({RESET})
"""What is about the channel that it was asked in; the others are about a person, wherever the answer to the question was shown."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class NotTheirs(Exception):
    """The question was asked of somebody else, or somewhere else, or never."""


class TooLate(Exception):
    """The question's time is over."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a confirmation_id holds: what is asked, until when (seconds by the wall clock), and which asking it was."""

    about: str
    until_s: int
    asking: str

    @property
    def request_id(self) -> str:
        """The request id of what a yes sets off: two presses, or a later look at how far it is, are one request."""
        return f"{ERASE if self.about == ERASING else self.about}:{self.asking}"


def ask(about: str, message: gateway_pb2.IncomingMessage, until_s: float) -> str:
    """Return the id of a new question to who wrote the message; at most 64 characters, letters, digits and full stops."""
    return _written(about, message, until_s, _digest(message.user_id, requests.turn_id_of(message)))


def look(asked: Asked, message: gateway_pb2.IncomingMessage, until_s: float) -> str:
    """Return the id of the question whether to look again how far an erasure is, that a yes to `asked` began."""
    return _written(ERASING, message, until_s, asked.asking)


def read(confirmation_id: str, message: gateway_pb2.IncomingMessage, now_s: float) -> Asked:
    """Return what who wrote the message was asked. Raises NotTheirs, TooLate."""
    about, *rest = confirmation_id.split(".")
    if len(rest) != 3:
        raise NotTheirs
    until, asking, asker = rest
    if asker != _asker(message, about, until, asking) or not set(until) <= set(_DIGITS):
        raise NotTheirs
    until_s = int(until or "0", 36)
    if until_s <= now_s:
        raise TooLate
    return Asked(about, until_s, asking)


def _written(about: str, message: gateway_pb2.IncomingMessage, until_s: float, asking: str) -> str:
    until = _in_base_36(int(until_s))
    return ".".join((about, until, asking, _asker(message, about, until, asking)))


def _asker(message: gateway_pb2.IncomingMessage, about: str, *asked: str) -> str:
    place = (message.guild_id, message.channel_id) if about in _OF_A_PLACE else ()
    return _digest(message.user_id, *place, about, *asked)[:10]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _in_base_36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits

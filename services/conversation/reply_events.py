"""What a reply's stream is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.conversation.turn import Usage
from services.conversation.window.context_window import PartReport


@dataclass(frozen=True, slots=True)
class Started:
    """A model has begun to answer."""

    model: str
    prompt_tokens: int
    left_out: Sequence[str] = ()
    fell_back: bool = False
    parts: Sequence[PartReport] = ()
    persona_change: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """More text; completion_tokens counts from the start of the reply, a reasoning model's thoughts included."""

    text: str
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Generated:
    """The model is done, and the reply is about to be stored."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole reply."""

    text: str
    usage: Usage
    stored: bool
    truncated: bool

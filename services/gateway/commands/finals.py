"""What the answers of commands are made of. Pure, but for `refusing`, which waits for the work of a command."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.gateway import events, notices, requests
from services.gateway.commands.parsing import Kind, without_invisible
from services.gateway.events import Final
from services.gateway.readable_text import beginning, thinned, without_reordering
from services.runtime import failures
from services.runtime.errors import CircuitOpen, ParlourError

Handler = Callable[[gateway_pb2.IncomingMessage, str], Awaitable[Final]]
"""Carries out a command: the message that it came in, and what follows the command's name."""

LISTED_MAX = 25
"""Memories that are written out in one text; all of them are in the Final's own fields."""
LISTED_CHARACTERS_MAX = 300
"""Of each."""

Tell = Callable[[str], Awaitable[None]]
"""Shows more text of an answer while its command is still under way; the text of its Final begins with all of it."""


class Area(Protocol):
    """Commands that belong together. `away` is the key of what is said where the service that they need cannot be reached."""

    away: str

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""


def said(message: gateway_pb2.IncomingMessage, text: str, *, private: bool = False) -> Final:
    """A command was carried out, or its right form is shown; `private`: for nobody else's eyes."""
    return Final(turn_id=requests.turn_id_of(message), text=text, outcome=Final.OUTCOME_COMMAND, private=private)


async def refusing(message: gateway_pb2.IncomingMessage, away_key: str, work: Callable[[], Awaitable[Final]]) -> Final:
    """Wait for the work of a command; what fails is a refusal in plain words."""
    try:
        return await work()
    except ParlourError as error:
        away = error.failure.unwell or isinstance(error, CircuitOpen)
        text = notices.words(away_key) if away else notices.words_for(error)
        turn_id = requests.turn_id_of(message)
        failures.ended(error, failures.Place.COMMAND, "a command is refused", turn_id=turn_id)
        return events.refused(turn_id, text, error.reason)


def is_typed(message: gateway_pb2.IncomingMessage) -> bool:
    """Whether a command was given by its slash name: in Discord nobody else sees its answer, so that a listing of the person's own may be private."""
    return without_invisible(message.text).startswith("/")


def is_personal(message: gateway_pb2.IncomingMessage) -> bool:
    """Whether what is listed of a person is for their eyes only: in a guild always, however it was asked for, and wherever the command was typed."""
    return bool(message.guild_id) or is_typed(message)


def texts_of(memories: Sequence[memory_pb2.Memory], *, items_max: int = LISTED_MAX) -> str:
    """Write what memories say as one line: the beginning of each where it is long, and how many more there are where they are many."""
    listed = notices.list_text(beginning(without_reordering(memory.text), LISTED_CHARACTERS_MAX) for memory in memories[:items_max])
    more = len(memories) - items_max
    return notices.words("list_more", list=listed, more=more) if more > 0 else listed


def shown_of(memories: Iterable[memory_pb2.Memory]) -> list[gateway_pb2.ShownMemory]:
    """Return memories as their owner is shown them."""
    return [
        gateway_pb2.ShownMemory(
            memory_id=memory.memory_id,
            text=memory.text,
            create_time=memory.create_time if memory.HasField("create_time") else None,
            version=memory.version,
        )
        for memory in memories
    ]


def quotable(text: str) -> str:
    """Return a person's words as they can stand among others: nothing in them turns round or covers what stands beside."""
    return thinned(without_reordering(text))

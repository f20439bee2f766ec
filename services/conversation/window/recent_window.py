"""Where the recent messages of a prompt begin: as far back as there is room, in steps. Pure.

Were the oldest message dropped with every new one, no two prompts would begin alike and no provider's prefix cache would ever hit. So a
conversation has a ruler: every message knows about how much was said before it (`offset_bytes`), lines are drawn at every multiple of a step,
and the recent messages begin at one that a line runs through. They begin there until they no longer fit; then the beginning moves on to the next line
that leaves room. That depends on nothing but the conversation and the room: every instance, and everybody who asks with the same budget, has the
same beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MESSAGE_BYTES = 32
"""What a message counts on the ruler beside its text: a chat template and a name are some tokens, however short it is."""

_STEP_BYTES_MIN = 64


@dataclass(frozen=True, slots=True)
class Placed:
    """A message's place on the ruler, its bytes there, what it costs in tokens, and whether a person said it."""

    offset_bytes: int
    size_bytes: int
    tokens: int
    by_person: bool


def step_bytes(room_tokens: int) -> int:
    """Return the distance of the ruler's lines: a power of two, so that it is the same for rooms that differ a little.

    A token is about four bytes, so that this is a quarter to half of the room; two bytes where the script is not Latin, and twice as much of it.
    Larger steps keep the prefix for longer. They cost nothing but that: what they leave out of the recent messages stands with the earlier ones.
    """
    return max(_STEP_BYTES_MIN, _power_of_two(room_tokens * 2))


def recent_start(messages: Sequence[Placed], room_tokens: int, *, whole: bool) -> int:
    """Return the index of the first message to be shown of those given, oldest first; their number where none fits.

    What is shown begins with something that a person said: many chat templates want that. `whole`: nothing was said before them. In a conversation
    that only grows, and with the same room, the first message changes at most once for every step_bytes(room_tokens) bytes said.
    """
    first = _first_that_fits(messages, room_tokens)
    if first > 0 or not whole:
        step = step_bytes(room_tokens)
        if first == 0:  # so many are looked at and no more: the step must leave most of them in
            step = min(step, _power_of_two(sum(message.size_bytes for message in messages) // 4))
        first = next((index for index in range(first, len(messages)) if _on_a_line(messages[index], step)), first)
    return next((index for index in range(first, len(messages)) if messages[index].by_person), len(messages))


def _first_that_fits(messages: Sequence[Placed], room_tokens: int) -> int:
    for index in range(len(messages) - 1, -1, -1):
        room_tokens -= messages[index].tokens
        if room_tokens < 0:
            return index + 1
    return 0


def _on_a_line(message: Placed, step: int) -> bool:
    return message.offset_bytes == 0 or message.offset_bytes // step < (message.offset_bytes + message.size_bytes) // step


def _power_of_two(number: int) -> int:
    return 1 << (max(number, 1).bit_length() - 1)

"""Which parts of a conversation go into a prompt's room. Pure: tokens in, choices out; context_window.py says what the parts are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.conversation.window.window_blocks import Said

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A piece that may stand in the last message, in or out as a whole.

    `block` names the marks around it, `day` is the line that heads it there; each is paid for by the first piece that needs it. `said`: the message.
    """

    part: str
    text: str
    tokens: int
    block: str = ""
    day: str = ""
    said: Said | None = None

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands among other messages: by its time, and by the order in which they were stored."""
        said = self.said
        return (_LONG_AGO, 0) if said is None else (said.sent_at or _LONG_AGO, said.sequence)


@dataclass(slots=True)
class Tail:
    """What is chosen for the last message, and the tokens that are left for more."""

    left: int
    mark_tokens: Callable[[str], int]
    taken: list[Candidate] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)

    def fill(self, candidates: Sequence[Candidate], limit: int, *, gaps: bool = True) -> None:
        """Take candidates, best first, for at most `limit` tokens. `gaps`: what does not fit is passed over; else it ends the matter."""
        limit = min(limit, self.left)
        chosen = set(map(id, self.taken))
        for candidate in candidates:
            if id(candidate) in chosen:
                continue
            marks = {mark for mark in (candidate.block, candidate.day) if mark} - self._open
            tokens = candidate.tokens + sum(map(self.mark_tokens, marks))
            if tokens <= limit:
                limit -= tokens
                self.left -= tokens
                self._open |= marks
                self.taken.append(candidate)
            elif not gaps:
                return

    def of(self, *parts: str) -> list[Candidate]:
        """Return what was taken of some parts, in the order in which it was."""
        return [candidate for candidate in self.taken if candidate.part in parts]


def newest_that_fit(tokens: Sequence[int], room_tokens: int) -> int:
    """Return where the longest end of a sequence starts that fits."""
    start = len(tokens)
    while start and tokens[start - 1] <= room_tokens:
        start -= 1
        room_tokens -= tokens[start]
    return start


def distinct(messages: Iterable[Said], but: Iterable[Said] = ()) -> list[Said]:
    """Return messages without those that come again, and without those of `but`."""
    seen = set(map(identity, but))
    found = []
    for said in messages:
        if (key := identity(said)) not in seen:
            seen.add(key)
            found.append(said)
    return found


def identity(said: Said) -> object:
    """Return what makes a message the same as another."""
    return said.sequence or (said.author_id, said.text)


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a whole number by weights, so that the shares add up to it."""
    whole, so_far, given = sum(weights) or 1, 0, 0
    shares = []
    for weight in weights:
        so_far += weight
        shares.append(total * so_far // whole - given)
        given += shares[-1]
    return shares

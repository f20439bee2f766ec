"""Who says what when: all of it decided before the first message is sent, from a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.load.arrivals import Bursts, Phase, arrivals
from tests.load.mix import KINDS, Kind, Mix

GUILD_PEOPLE = 50
"""People of one guild; they talk in its three channels."""
CHANNELS = 3
DIRECT_EVERY = 5
"""Every so many persons of a guild talk to the assistant in direct messages."""
EDIT_AFTER_S = (2.0, 45.0)
"""How old a question is that gets edited: later than a minute it would not be answered anew (docs/turn.md)."""
_NO_EDIT = -1


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One message of the schedule."""

    number: int
    due_s: float
    """Seconds from the beginning."""
    kind: Kind
    person: int
    phase: int
    edits: int | None
    """The number of the question that it writes anew."""


class Plan:
    """A schedule. It is kept in arrays: 25 bytes a message."""

    def __init__(self, phases: Sequence[Phase], mix: Mix, users: int, seed: int, bursts: Bursts | None = None) -> None:
        """Raises ValueError where the schedule would be too long."""
        dice = np.random.default_rng(seed)
        came = arrivals(phases, bursts or Bursts(), dice)
        self.phases, self.users, self.seed = tuple(phases), users, seed
        self._due_s, self._phase = came.at_s, came.phase.astype(np.uint8)
        self._kinds = dice.choice(len(KINDS), came.at_s.size, p=[mix.shares.get(kind, 0.0) for kind in KINDS]).astype(np.uint8)
        self._people = _people(came.burst, users, dice)
        _move_chatter_to_channels(self._kinds, self._people, users)
        self._edits = _choose_edited(self._due_s, self._kinds, self._people, dice)

    def __len__(self) -> int:
        return int(self._due_s.size)

    def __iter__(self) -> Iterator[Scheduled]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Scheduled:
        edits = int(self._edits[number])
        return Scheduled(
            number,
            float(self._due_s[number]),
            KINDS[self._kinds[number]],
            int(self._people[number]),
            int(self._phase[number]),
            None if edits == _NO_EDIT else edits,
        )

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)

    def counts(self) -> dict[Kind, int]:
        """How many messages of each kind there are."""
        return {kind: int((self._kinds == number).sum()) for number, kind in enumerate(KINDS)}


def is_direct(person: int) -> bool:
    """Whether somebody talks to the assistant in direct messages, where all is meant for it."""
    return person % DIRECT_EVERY == 0


def _people(burst: NDArray[np.int64], users: int, dice: np.random.Generator) -> NDArray[np.uint32]:
    """Draw a guild for every burst, and one of its people for every message."""
    guilds = -(-users // GUILD_PEOPLE)
    guild = dice.integers(0, guilds, int(burst.max()) + 1 if burst.size else 0)[burst]
    size = np.minimum(GUILD_PEOPLE, users - guild * GUILD_PEOPLE)
    return (guild * GUILD_PEOPLE + (dice.random(burst.size) * size).astype(np.int64)).astype(np.uint32)


def _move_chatter_to_channels(kinds: NDArray[np.uint8], people: NDArray[np.uint32], users: int) -> None:
    """Nobody chats with others in direct messages: the next person does it, in their guild's channel."""
    moved = (kinds == KINDS.index(Kind.CHATTER)) & (people % DIRECT_EVERY == 0)
    people[moved] = np.where(people[moved] + 1 < users, people[moved] + 1, people[moved] - 1)


def _choose_edited(due_s: NDArray[np.float64], kinds: NDArray[np.uint8], people: NDArray[np.uint32], dice: np.random.Generator) -> NDArray[np.int32]:
    """Choose the question that each edit writes anew, each at most once. Where nobody asked one lately, the edit becomes a question."""
    edits = np.full(due_s.size, _NO_EDIT, dtype=np.int32)
    questions = np.flatnonzero(kinds == KINDS.index(Kind.QUESTION))
    asked_s, edited = due_s[questions], set[int]()
    for number in np.flatnonzero(kinds == KINDS.index(Kind.EDIT)):
        earliest, latest = EDIT_AFTER_S
        first, after = np.searchsorted(asked_s, [due_s[number] - latest, due_s[number] - earliest])
        chosen = int(questions[dice.integers(first, after)]) if after > first else _NO_EDIT
        if chosen == _NO_EDIT or chosen in edited:
            kinds[number] = KINDS.index(Kind.QUESTION)
            continue
        edited.add(chosen)
        edits[number], people[number] = chosen, people[chosen]
    return edits

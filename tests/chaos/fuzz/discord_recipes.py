"""Hostile events of Discord: what each begins as, and what is done to it. Strategies of hypothesis, and the doing. Pure."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from services.gateway.discord.custom_ids import PressKind
from tests.chaos.fuzz.hostile_texts import ODD, SAID

_CHOICES_MAX = 10_000
_DEEP: list[Any] = []
for _ in range(60):
    _DEEP = [_DEEP]


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to one place of a payload: `value` stands there afterwards, or nothing. `place` picks one of all places."""

    place: int
    gone: bool
    value: Any = None


@dataclass(frozen=True, slots=True)
class EventRecipe:
    """One event. `kind`: which genuine payload it begins as. `choice`, `text` and `custom_id` are for whoever makes that."""

    kind: str
    choice: int
    text: str
    custom_id: str
    changes: tuple[Change, ...]


_values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from((None, True, False, 0, -1, 1, 99, 2**31, 2**63, 2**70, 1.5, -0.0, 1e308, "", "0", "-1", "abc", "9" * 30, "1" * 20)),
    st.sampled_from(ODD),
    st.sampled_from(("2026-99-99T99:99:99", "2026-11-27T10:00:00", "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+14:00")),
    st.sampled_from(([], {}, [None], [[]], [{}], {"id": None}, [{"id": "x"}], [{"id": "1"}] * 300, {"a": {"b": {"c": []}}}, _DEEP)),
    st.sampled_from(("x" * 5_000, "👩" * 4_000, "<@1>" * 1_000, ["1"] * 2_000)),
)
_texts = st.one_of(st.sampled_from(SAID), st.sampled_from(SAID), st.sampled_from(ODD), st.sampled_from(("x" * 4_000, "a b " * 1_000, "\n" * 500)))
_subjects = st.one_of(
    st.sampled_from(ODD),
    st.sampled_from(
        (
            "",
            "1",
            "a:b:c",
            "00000000-0000-0000-0000-000000000000:1",
            "00000000-0000-0000-0000-000000000000:1:1234",
            "x" * 90,
            "1:99999999999999999999",
        )
    ),
)
_kinds = st.sampled_from((*PressKind, "", "unknown", "stop", "again"))
_askers = st.sampled_from(("{me}", "{me}", "{me}", "{me}", "1", "", "x"))
_custom_ids = st.builds(lambda kind, subject, asker: f"{kind}:{subject}:{asker}", _kinds, _subjects, _askers) | st.sampled_from(ODD)
_change = st.builds(Change, st.integers(0, _CHOICES_MAX), st.booleans(), _values)


def event_recipes(kinds: Sequence[str]) -> st.SearchStrategy[EventRecipe]:
    """Events that begin as one of these kinds."""
    changes = st.one_of(st.just(()), st.lists(_change, min_size=1, max_size=3).map(tuple))
    return st.builds(EventRecipe, st.sampled_from(kinds), st.integers(0, _CHOICES_MAX), _texts, _custom_ids, changes)


def made_events(number: int, kinds: Sequence[str], count: int) -> list[EventRecipe]:
    """Make so many (about); the same number makes the same ones."""
    found: list[EventRecipe] = []

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False)
    @given(event_recipes(kinds))
    def collect(recipe: EventRecipe) -> None:
        found.append(recipe)

    collect()
    return found


def changed(payload: Any, changes: Sequence[Change]) -> Any:
    """Return a payload with changes made to it; it may no longer be an object at all."""
    payload = {"payload": deepcopy(payload)}
    for change in changes:
        places = list(_places(payload))
        holder, key = places[change.place % len(places)]
        if not change.gone or holder is payload:
            holder[key] = deepcopy(change.value)
        elif isinstance(holder, dict):
            del holder[key]
        else:
            holder.pop(key)
    return payload["payload"]


def _places(value: Any) -> Any:
    """Every place in a payload that something stands at, as its holder and its key there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items)[:50]:
        yield value, key
        yield from _places(inner)

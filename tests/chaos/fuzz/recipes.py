"""How to make a request: its fields, what is done to its bytes, what comes along, and how its answer is read. Strategies of hypothesis.

A recipe is plain data, made ahead and in other processes; `Remembered` and `New` in it are filled in when the request is sent.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.chaos.fuzz.call_metadata import Deadline, Headers, deadlines, headers
from tests.chaos.fuzz.field_values import Values, fitting, fitting_time, hostile, hostile_time, items_max, rules_of
from tests.chaos.fuzz.methods import all_methods

type Fields = dict[str, Any]

_USUAL_ITEMS_MAX = 3
_TIME = "google.protobuf.Timestamp"


@dataclass(frozen=True, slots=True)
class Reading:
    """How an answer is read: to its end, for so many responses, or not at all; given up after so many milliseconds where that is set."""

    responses_max: int | None = None
    cancelled_after_ms: int | None = None
    sends_max: int = 1
    """Of an upload: how often the request is sent, which no end follows where it is many."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One request. `faithful`: ids that belong together are taken together. `spoilt` is the seed of what is done to its bytes; None: nothing."""

    method: int
    fields: Fields
    fits: bool
    faithful: bool
    choice: int
    spoilt: int | None = None
    headers: Headers = ()
    deadline: Deadline = "usual"
    reading: Reading = field(default_factory=Reading)


@cache
def fitting_message(descriptor: Descriptor) -> Values:
    """The fields of a message as a well-meant caller fills them in."""
    required: dict[str, Values] = {}
    optional: dict[str, Values] = {}
    for one in descriptor.fields:
        if one.containing_oneof is not None and len(one.containing_oneof.fields) > 1:
            continue
        rules = rules_of(one)
        needed = rules.required or (rules.minimum > 0 and not one.has_presence)
        (required if needed else optional)[one.name] = _fitting_field(one)
    whole: Values = st.fixed_dictionaries(required, optional=optional)
    for oneof in descriptor.oneofs:
        if len(oneof.fields) > 1:
            chosen = st.one_of([_only(one) for one in oneof.fields] + ([st.just({})] if oneof.name == "action" else []))
            whole = st.builds(lambda fields, more: fields | more, whole, chosen)
    return whole


def _only(one: FieldDescriptor) -> Values:
    return st.builds(lambda value: {one.name: value}, _fitting_field(one))


def _fitting_field(one: FieldDescriptor) -> Values:
    if one.message_type is not None and one.message_type.GetOptions().map_entry:
        by_name = one.message_type.fields_by_name
        return st.dictionaries(fitting(by_name["key"]), fitting(by_name["value"]), max_size=_USUAL_ITEMS_MAX)
    single = _fitting_single(one)
    if not one.is_repeated:
        return single
    return st.lists(single, min_size=1 if rules_of(one).required else 0, max_size=min(_USUAL_ITEMS_MAX, items_max(one)))


def _fitting_single(one: FieldDescriptor) -> Values:
    if one.message_type is None:
        return fitting(one)
    return fitting_time(one.name) if one.message_type.full_name == _TIME else fitting_message(one.message_type)


@cache
def spoilt_message(descriptor: Descriptor) -> Values:
    """The fields of a message of which one or two do not fit."""
    if descriptor.full_name == _TIME:
        return hostile_time
    if not descriptor.fields:
        return st.just({})
    odd = st.one_of([st.builds(lambda value, name=one.name: {name: value}, _spoilt_field(one)) for one in descriptor.fields])
    absent = st.builds(lambda name: {name: None}, st.sampled_from([one.name for one in descriptor.fields]))
    once = st.builds(lambda fields, more: fields | more, fitting_message(descriptor), odd)
    twice = st.builds(lambda fields, more: fields | more, once, odd | absent)
    return st.one_of(once, once, twice)


def _spoilt_field(one: FieldDescriptor) -> Values:
    if one.message_type is not None and one.message_type.GetOptions().map_entry:
        by_name = one.message_type.fields_by_name
        odd = st.dictionaries(hostile(by_name["key"]), hostile(by_name["value"]), min_size=1, max_size=_USUAL_ITEMS_MAX)
        many = st.sampled_from((items_max(one), items_max(one) + 1, 1_000)).map(lambda count: {f"key {number}": "value" for number in range(count)})
        return st.one_of(odd, odd, many)
    single = spoilt_message(one.message_type) if one.message_type is not None else hostile(one)
    if not one.is_repeated:
        return single
    usual = _fitting_single(one)
    repeated = st.builds(lambda value, count: [value] * count, usual, st.sampled_from((items_max(one), items_max(one) + 1, 2_000)))
    return st.one_of(st.lists(single, min_size=1, max_size=_USUAL_ITEMS_MAX), repeated, st.just([]))


_readings: Values = st.one_of(
    st.builds(Reading, responses_max=st.integers(0, 2)),
    st.builds(Reading, cancelled_after_ms=st.sampled_from((0, 1, 5, 20, 100))),
    st.builds(Reading, cancelled_after_ms=st.sampled_from((5, 50, 300)), sends_max=st.sampled_from((2, 20, 500))),
)


@cache
def _of_method(number: int) -> Values:
    descriptor = all_methods()[number].request.DESCRIPTOR
    seeds = st.integers(0, 2**32)
    kept = {"method": st.just(number), "choice": seeds, "fields": fitting_message(descriptor)}
    plain: Values = st.builds(Recipe, **kept, fits=st.just(True), faithful=st.sampled_from((True, True, True, False)))
    odd = st.builds(Recipe, **kept | {"fields": spoilt_message(descriptor)}, fits=st.just(False), faithful=st.booleans())
    raw = st.builds(Recipe, **kept, fits=st.just(False), faithful=st.booleans(), spoilt=seeds)
    with_headers = st.builds(Recipe, **kept, fits=st.just(False), faithful=st.just(True), headers=headers, deadline=deadlines)
    left = st.builds(Recipe, **kept, fits=st.just(False), faithful=st.just(True), reading=_readings)
    kinds = [plain] * 10 + [odd] * 6 + [raw] * 2 + [with_headers, left]
    return st.integers(0, len(kinds) - 1).flatmap(lambda chosen: kinds[chosen])


def made(number: int, share: float = 1.0) -> Sequence[Recipe]:
    """Make recipes for every RPC, by their weights and in no order; the same number makes the same ones.

    About so many: hypothesis leaves out what it has had. The whole share is some 800.
    """
    found: list[Recipe] = []
    for method, one in enumerate(all_methods()):
        _collect(number * len(all_methods()) + method, max(1, round(one.weight * share)), _of_method(method), found)
    random.Random(number).shuffle(found)
    return found


def _collect(number: int, count: int, strategy: Values, found: list[Recipe]) -> None:
    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False)
    @given(strategy)
    def collect(recipe: Recipe) -> None:
        found.append(recipe)

    collect()

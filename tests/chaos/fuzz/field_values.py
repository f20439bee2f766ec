"""What may stand in one field of a request: what fits its rules (parlour.rules.v1), and what does not. Strategies of hypothesis."""

from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st

from parlour.rules.v1 import rules_pb2
from services.conversation.personas.persona_presets import PRESETS
from services.credit.usage_report import GROUPS
from services.memory.facts import Kind
from services.runtime.validation import ITEMS_MAX, LENGTH_MAX
from tests.chaos.fuzz.hostile_texts import FACTS, ODD, SAID
from tests.chaos.fuzz.markers import MADE_BY_CALLERS, New, Remembered, kind_of

type Values = st.SearchStrategy[Any]

MODELS = ("small", "large")
TIERS = ("free", "strict", "extend")
_CHOICES_MAX = 1_000
_PAST_S, _FUTURE_S = 1_780_000_000, 4_000_000_000
_PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_WORDS: dict[str, tuple[str, ...]] = {
    "feature": ("reply", "summary", "extraction"),
    "group_by": tuple(GROUPS),
    "json_schema": ("", '{"type": "object", "properties": {"facts": {"type": "array", "items": {"type": "string"}}}, "required": ["facts"]}'),
    "kind": tuple(Kind),
    "kinds": tuple(Kind),
    "language": ("en", "de", "pt-BR", "zh-Hant"),
    "media_type": ("image/png", "image/jpeg"),
    "model": MODELS,
    "models": MODELS,
    "origin": ("api", "discord", "fuzz"),
    "preset": tuple(preset.name for preset in PRESETS),
    "reason": ("superseded", "stated", "edited"),
    "role": ("user", "assistant"),
    "source": ("stated", "extracted", "imported", "purchase", "gift", "promotion"),
    "tier": TIERS,
    "url": ("https://example.com/cat.png", _PICTURE),
}
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_USUAL_NUMBER_MAX = 100_000
_ABOUT_FACTS = ("NewMemory", "PlanForgetRequest")
_USUAL_NUMBERS = {"ttl_s": (1, 2, 60, 600), "format_version": (1,), "priority": (0, 10, 1_000)}
_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_word = st.sampled_from(("alpha", "beta", "gamma", "delta"))


def rules_of(field: Any) -> rules_pb2.FieldRules:
    """Return the rules that a field's proto states."""
    rules: rules_pb2.FieldRules = field.GetOptions().Extensions[rules_pb2.field]
    return rules


@cache
def fitting(field: FieldDescriptor) -> Values:
    """What a well-meant caller puts into a scalar field (one item, where it is repeated)."""
    kind = kind_of(field.name)
    if kind is not None:
        return _fitting_id(kind)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_STRING:
            return _fitting_text(field)
        case FieldDescriptor.CPPTYPE_STRING:
            return st.binary(max_size=40)
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_ENUM:
            numbers = [value.number for value in _enum(field).values]
            return st.sampled_from([number for number in numbers if number or not rules_of(field).required])
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return st.sampled_from((0.0, 0.25, 0.5, 1.0))
        case _:
            return _fitting_number(field)


def _fitting_id(kind: str) -> Values:
    known = st.builds(Remembered, st.just(kind), st.integers(0, _CHOICES_MAX))
    if kind in MADE_BY_CALLERS:
        return st.integers(0, 9).flatmap(lambda die: known if die == 0 else st.just(New(kind)))
    return st.one_of(st.just(""), known) if kind in ("page_token", "consistency_token") else known


def _enum(field: FieldDescriptor) -> Any:
    assert field.enum_type is not None
    return field.enum_type


def _fitting_text(field: FieldDescriptor) -> Values:
    if field.name == "text" and getattr(field.containing_type, "name", "") in _ABOUT_FACTS:
        return st.sampled_from(FACTS)
    if field.name in _WORDS:
        return st.sampled_from(_WORDS[field.name])
    rules = rules_of(field)
    if rules.identifier:
        return _word
    return st.sampled_from(SAID if rules.multiline else [one for one in SAID if "\n" not in one]) | _word


def _fitting_number(field: FieldDescriptor) -> Values:
    if field.name in _USUAL_NUMBERS:
        return st.sampled_from(_USUAL_NUMBERS[field.name])
    rules = rules_of(field)
    low = rules.minimum if rules.HasField("minimum") else 0
    high = rules.maximum if rules.HasField("maximum") else _NUMBERS[field.cpp_type][1]
    usual = st.integers(low, max(low, min(high, _USUAL_NUMBER_MAX)))
    return usual if field.name in ("seconds", "nanos") else st.one_of(usual, usual, st.sampled_from((low, high)))


@cache
def hostile(field: FieldDescriptor) -> Values:
    """What breaks a scalar field's rules, or just keeps them (one item, where it is repeated)."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_STRING:
            return _hostile_text(field)
        case FieldDescriptor.CPPTYPE_STRING:
            return st.binary(max_size=300)
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_ENUM:
            return st.sampled_from((0, -1, 99, 2**31 - 1, -(2**31)))
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return st.sampled_from((float("nan"), float("inf"), float("-inf"), -0.0, -1e-9, 1.0 + 1e-9, 1e308, 5e-324))
        case _:
            return _hostile_number(field)


def _hostile_text(field: FieldDescriptor) -> Values:
    limit = rules_of(field).max_length or LENGTH_MAX
    filling = st.sampled_from(("a", "é", "\U0001f600", "\u0301", "a ", "\n", "'"))
    at_the_limit = st.builds(lambda one, more: (one * (limit + 1))[: limit + more], filling, st.sampled_from((-1, 0, 0, 1)))
    far_beyond = st.builds(lambda one: one * (4 * limit // len(one)), filling)
    odd = st.sampled_from(ODD)
    in_the_middle = st.builds(lambda one: f"user:{one}"[:limit], odd)
    return st.one_of(odd, odd, in_the_middle, at_the_limit, _any_text, st.just(""), st.just("   "), far_beyond)


def _hostile_number(field: FieldDescriptor) -> Values:
    lowest, highest = _NUMBERS[field.cpp_type]
    rules = rules_of(field)
    bounds = [rules.minimum, rules.maximum, 0, 1, -1, lowest, highest, lowest + 1, highest - 1, 2**31, -(2**31) - 1, 2**32, 10**12, 2**53 + 1]
    numbers = sorted({number + more for number in bounds for more in (-1, 0, 1) if lowest <= number + more <= highest})
    return st.sampled_from(numbers)


def items_max(field: FieldDescriptor) -> int:
    """How many items a repeated field or a map takes."""
    return rules_of(field).max_items or ITEMS_MAX


_past = st.builds(lambda ago: {"seconds": _PAST_S - ago}, st.integers(0, 10_000_000))
_future = st.builds(lambda ahead: {"seconds": _FUTURE_S + ahead}, st.integers(0, 10_000_000))


def fitting_time(field_name: str) -> Values:
    """A time that makes sense in a field of this name: what ends ends in the future, everything else was in the past."""
    return _future if field_name in ("expire_time", "end_time", "to", "valid_to") else _past


hostile_time: Values = st.fixed_dictionaries(
    {
        "seconds": st.sampled_from(
            (-(2**63), 2**63 - 1, -62_135_596_800, -62_135_596_801, 253_402_300_799, 253_402_300_800, -1, 0, 10**11, -(10**10), -210_866_803_200)
        ),
        "nanos": st.sampled_from((0, 1, 999_999_999, 1_000_000_000, -1, 2**31 - 1, -(2**31))),
    }
)

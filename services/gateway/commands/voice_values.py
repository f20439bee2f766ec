"""How people write what they want of the assistant's voice: "formality 1", "your formality to very formal", "language de", "emoji default". Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from parlour.conversation.v1 import conversation_pb2
from services.gateway.commands.arguments import Unclear

SCALES: Mapping[str, tuple[str, str, str, str, str]] = {
    "formality": ("very casual", "casual", "neutral", "formal", "very formal"),
    "verbosity": ("very short", "short", "neutral", "detailed", "very detailed"),
    "humour": ("very serious", "serious", "neutral", "playful", "witty"),
    "warmth": ("cool", "matter-of-fact", "neutral", "warm", "very warm"),
    "directness": ("very gentle", "gentle", "neutral", "direct", "blunt"),
    "emoji": ("never", "rarely", "neutral", "sometimes", "often"),
}
"""What the values from -2 to 2 are called."""

INSTRUCTIONS_CHARS_MAX = 1_000
DEFAULT = "default"
_LEAST = -2
_ALIASES = {"humor": "humour", "emojis": "emoji", "instruction": "instructions"}
_IDLE = frozenset({"your", "the", "my"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to change. `value` None: no longer to be set by this person."""

    name: str
    value: int | str | None


def wish(text: str) -> Wish:
    """Read "<dimension> [to] <value>". Raises Unclear."""
    words = text.split()
    while words and words[0].lower() in _IDLE:
        words.pop(0)
    if not words:
        raise Unclear("personality_dimension", names=", ".join(SCALES))
    name = _ALIASES.get(words[0].lower(), words[0].lower())
    rest = words[2:] if len(words) > 2 and words[1].lower() == "to" else words[1:]
    said = " ".join(rest)
    if name in SCALES:
        return Wish(name, None if said.lower() == DEFAULT else _level(name, said))
    if name == "language":
        return Wish(name, _language(said))
    if name == "instructions":
        # As they were written, but for the white space around them: lines may matter.
        return Wish(name, _instructions(text[text.lower().index(words[0].lower()) + len(words[0]) :].strip()))
    raise Unclear("personality_dimension", names=", ".join(SCALES))


def wished(own: conversation_pb2.Persona, wish: Wish) -> conversation_pb2.Persona:
    """Return what a person has set themselves with one wish more."""
    changed = conversation_pb2.Persona()
    changed.CopyFrom(own)
    if wish.value is None:
        changed.ClearField(wish.name)  # type: ignore[arg-type]  # one of the names above
    else:
        setattr(changed, wish.name, wish.value)
    return changed


def value_words(name: str, value: int | str) -> str:
    """Write a value as people read it."""
    return SCALES[name][int(value) - _LEAST] if name in SCALES else str(value)


def _level(name: str, said: str) -> int:
    called = SCALES[name]
    if said.lower() in called:
        return called.index(said.lower()) + _LEAST
    levels = {str(level): level for level in range(_LEAST, _LEAST + len(called))} | {"+1": 1, "+2": 2}
    if said in levels:
        return levels[said]
    words = ", ".join(f"{level} {word}" for level, word in enumerate(called, _LEAST))
    raise Unclear("personality_value", name=name, words=words)


def _language(said: str) -> str | None:
    if said.lower() == DEFAULT:
        return None
    if not said or " " in said or not said.isascii() or not 2 <= len(said) <= 35:
        raise Unclear("personality_language")
    return said


def _instructions(said: str) -> str | None:
    if said.lower() == DEFAULT:
        return None
    if not said or len(said) > INSTRUCTIONS_CHARS_MAX:
        raise Unclear("personality_instructions", limit=INSTRUCTIONS_CHARS_MAX)
    return said

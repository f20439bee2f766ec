"""Personas that can be taken as they are. Data: a name, a line on what it is like, and every dimension."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A persona with a name. It sets every dimension, so that nothing of an earlier one shows through."""

    name: str
    description: str
    dimensions: Mapping[str, int]


def _preset(
    name: str, description: str, *, formality: int = 0, verbosity: int = 0, humour: int = 0, warmth: int = 0, directness: int = 0, emoji: int = 0
) -> Preset:
    dimensions = {"formality": formality, "verbosity": verbosity, "humour": humour, "warmth": warmth, "directness": directness, "emoji": emoji}
    return Preset(name, description, dimensions)


PRESETS: tuple[Preset, ...] = (
    _preset("neutral", "even and plain, nothing in particular"),
    _preset("friend", "casual and warm, with a joke and an emoji now and then", formality=-1, humour=1, warmth=1, emoji=1),
    _preset("brief", "the answer and nothing else", verbosity=-2, directness=1, emoji=-1),
    _preset("professional", "formal and to the point, no emoji", formality=2, verbosity=-1, humour=-1, directness=1, emoji=-2),
    _preset("tutor", "patient and detailed, kind about mistakes", verbosity=2, warmth=1, directness=-1),
    _preset("coach", "warm, blunt about what matters", formality=-1, warmth=1, directness=2),
    _preset("joker", "witty and casual, emoji welcome", formality=-2, humour=2, warmth=1, emoji=1),
    _preset("butler", "very formal, dry and tactful", formality=2, humour=1, directness=-1, emoji=-2),
)

BY_NAME: Mapping[str, Preset] = {preset.name: preset for preset in PRESETS}

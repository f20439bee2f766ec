"""Layers of a persona: what a user, a guild and the default set, and what comes out where they lie over each other. Pure.

Each dimension is inherited on its own: the user's over the guild's over the default's. Instructions are words and add up: the guild's (or else the
default's) and the user's are both shown to the model, each as whose they are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.conversation.personas.persona import DIMENSIONS, Persona

NAMES = (*DIMENSIONS, "language")
"""What is inherited on its own."""
SETTABLE = (*NAMES, "instructions")
"""What a layer can set; instructions are not set where they are empty."""
STEP_MIN, STEP_MAX = -2, 2

type Value = int | str | None


class Source(StrEnum):
    """Whose a value is."""

    USER = "user"
    GUILD = "guild"
    DEFAULT = "default"


class Origin(StrEnum):
    """What a change of a persona came from."""

    SET = "set"
    PRESET = "preset"
    SAID = "said"
    WRITING = "writing"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one user, guild or the default sets; None is left to the next layer. `reasons` names, for what is set, the version that set it."""

    formality: int | None = None
    verbosity: int | None = None
    humour: int | None = None
    warmth: int | None = None
    directness: int | None = None
    emoji: int | None = None
    language: str | None = None
    instructions: str = ""
    version: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        """Return what it sets a name of SETTABLE to; None where it does not."""
        value: Value = getattr(self, name)
        return None if name == "instructions" and not value else value

    def values(self) -> dict[str, Value]:
        """Return all that it sets or leaves."""
        return {name: self.value(name) for name in SETTABLE}

    @property
    def sets_anything(self) -> bool:
        """Whether anything is not left to the next layer."""
        return any(value is not None for value in self.values().values())

    def differing(self, values: Mapping[str, Value]) -> list[str]:
        """Return the names that `values` would change."""
        return [name for name in SETTABLE if name in values and values[name] != self.value(name)]

    def changed(self, values: Mapping[str, Value]) -> "Layer":
        """Return the layer in its next version, with `values` in the place of what it had; their reason is that version."""
        version = self.version + 1
        names = self.differing(values)
        reasons = {name: reason for name, reason in self.reasons.items() if name not in names}
        reasons |= {name: version for name in names if values[name] is not None}
        fields = {name: "" if name == "instructions" and values[name] is None else values[name] for name in names}
        return replace(self, **fields, version=version, reasons=reasons)  # type: ignore[arg-type]  # each value is of its field's kind

    def restored(self, earlier: "Layer") -> "Layer":
        """Return the layer in its next version, set as it was earlier, for the reasons of then."""
        return replace(earlier, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Change:
    """What a layer shall set from now on, by name (None: nothing any more), what that came from, and the words and message it was read from."""

    values: Mapping[str, Value]
    origin: Origin
    quote: str = ""
    message_id: str = ""
    about: Collection[str] = ()
    """Names that were meant, whether they change or not; those that do change need not be named."""


@dataclass(frozen=True, slots=True)
class Version:
    """A layer as it became by one change."""

    layer: Layer
    changed: Sequence[str]
    origin: Origin
    quote: str
    update_time: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class InForce:
    """The persona in force, and whose each value of it is. `layers` are those that were laid over each other, the nearest first."""

    persona: Persona
    sources: Mapping[str, Source]
    layers: Mapping[Source, Layer]
    own_source: Source

    @property
    def own(self) -> Layer:
        """What the one who was asked for sets."""
        return self.layers[self.own_source]

    @property
    def source(self) -> Source:
        """The nearest layer that sets anything."""
        return next((source for source, layer in self.layers.items() if layer.sets_anything), Source.DEFAULT)


def own_source(guild_id: str, user_id: str) -> Source:
    """Return whose layer a guild and a user name."""
    if user_id:
        return Source.USER
    return Source.GUILD if guild_id else Source.DEFAULT


def layer_keys(guild_id: str, user_id: str) -> dict[Source, tuple[str, str]]:
    """Return the (guild_id, user_id) of each layer that counts, the nearest first. In direct messages there is no guild's."""
    keys = {Source.USER: (guild_id, user_id), Source.GUILD: (guild_id, ""), Source.DEFAULT: ("", "")}
    counts = {Source.USER: bool(user_id), Source.GUILD: bool(guild_id), Source.DEFAULT: True}
    return {source: key for source, key in keys.items() if counts[source]}


def laid_over(guild_id: str, user_id: str, stored: Mapping[tuple[str, str], Layer]) -> InForce:
    """Lay the layers of a user in a guild over each other; `stored` has them by (guild_id, user_id), those that there are."""
    layers = {source: stored.get(key, Layer()) for source, key in layer_keys(guild_id, user_id).items()}
    values: dict[str, Value] = {}
    sources = {}
    for name in NAMES:
        source = next((source for source, layer in layers.items() if layer.value(name) is not None), Source.DEFAULT)
        sources[name] = source
        if (value := layers[source].value(name)) is not None:
            values[name] = value
    guild, default, own = layers.get(Source.GUILD, Layer()), layers[Source.DEFAULT], own_source(guild_id, user_id)
    persona = Persona(
        **values,  # type: ignore[arg-type]  # each value is of its field's kind
        guild_instructions=guild.instructions or default.instructions,
        instructions=layers[Source.USER].instructions if Source.USER in layers else "",
        version=layers[own].version,
    )
    return InForce(persona, sources, layers, own)


def stepped(value: int, steps: int) -> int:
    """Return a dimension's value so many steps on, within its bounds."""
    return max(STEP_MIN, min(STEP_MAX, value + steps))

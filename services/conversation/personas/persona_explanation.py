"""Why the assistant talks as it does, in plain words. Pure; the words are data.

Nothing here speaks of versions, layers or dimensions: a person reads it in the chat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.conversation.personas.language_names import language_name
from services.conversation.personas.persona_layers import NAMES, InForce, Origin, Source, Value, Version

WAYS: Mapping[str, tuple[str, str, str, str, str]] = {
    "formality": ("I write very casually", "I write casually", "", "I write formally", "I write very formally"),
    "verbosity": ("I answer in one short sentence", "I keep answers short", "", "I answer in some detail", "I answer in full detail"),
    "humour": ("I am strictly serious", "I stay serious", "", "I am a little playful", "I try to be witty"),
    "warmth": ("I keep a cool distance", "I am matter-of-fact", "", "I am warm", "I am very warm"),
    "directness": ("I phrase things very gently", "I phrase things gently", "", "I am direct", "I am blunt"),
    "emoji": ("I never use emoji", "I avoid emoji", "", "I use an emoji now and then", "I use emoji freely"),
}
"""What each value from -2 to 2 means; 0 is nothing to speak of."""

_SHIFTS: Mapping[str, tuple[str, str]] = {
    "formality": ("I am more casual", "I am more formal"),
    "verbosity": ("Answers are shorter", "Answers are longer"),
    "humour": ("I am more serious", "I am more playful"),
    "warmth": ("I am less effusive", "I am warmer"),
    "directness": ("I put things more gently", "I am more direct"),
    "emoji": ("I use fewer emoji", "I use more emoji"),
}
_EXTREMES: Mapping[tuple[str, int], str] = {
    ("emoji", -2): "I use no emoji",
    ("humour", -2): "I make no jokes",
    ("verbosity", -2): "Answers are as short as can be",
}
_SUBJECTS: Mapping[str, str] = {
    "formality": "how formal I am",
    "verbosity": "how long my answers are",
    "humour": "how much I joke",
    "warmth": "how warm I am",
    "directness": "how direct I am",
    "emoji": "how many emoji I use",
    "language": "the language I answer in",
    "instructions": "the instructions for my style",
}
NOTHING_SPECIAL = "I talk as I do by default: nobody has asked for anything else here. Tell me if you would like it different, shorter for example."
_UNDO_HINT = 'say "undo that" to go back'


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one dimension is what it is. `origin` is empty where that is not known any more."""

    name: str
    value: int | str
    source: Source
    origin: Origin | None
    quote: str
    update_time: datetime | None


def reasons_of(persona: InForce, versions: Mapping[Source, Mapping[int, Version]]) -> list[Reason]:
    """Return a reason for each dimension that is not neutral; `versions` hold those that the layers name, as far as they are kept."""
    reasons = []
    for name in NAMES:
        value: int | str = getattr(persona.persona, name)
        if not value:
            continue
        source = persona.sources[name]
        version = versions.get(source, {}).get(persona.layers[source].reasons.get(name, 0))
        if version is None:
            reasons.append(Reason(name, value, source, None, "", None))
        else:
            reasons.append(Reason(name, value, source, version.origin, version.quote, version.update_time))
    return reasons


def explanation(persona: InForce, reasons: Sequence[Reason]) -> str:
    """Return the whole for a person: a sentence for each reason, and how to change it."""
    sentences = [f"{_way(reason.name, reason.value)}: {_because(reason)}." for reason in reasons]
    if persona.persona.guild_instructions:
        sentences.append("The people who run this place also wrote instructions for my style.")
    if persona.persona.instructions:
        sentences.append("You also gave me instructions for my style.")
    if not sentences:
        return NOTHING_SPECIAL
    if persona.own_source is Source.USER and persona.own.sets_anything:
        sentences.append('Say "talk like before" to take back the last change.')
    return "\n".join(sentences)


def shift_text(values: Mapping[str, Value], steps: Mapping[str, int], *, kept: bool | None = True) -> str:
    """Say what changes where `values` are set, each dimension by so many steps; empty: nothing.

    `kept`: for later answers, too; None where that is not known.
    """
    phrases = [_shift(name, values[name], steps.get(name, 0)) for name in NAMES if values.get(name) is not None]
    if not phrases:
        return ""
    joined = "; ".join([phrases[0], *(phrase if phrase.startswith("I ") else phrase[0].lower() + phrase[1:] for phrase in phrases[1:])])
    if kept:
        return f"{joined} from now on; {_UNDO_HINT}."
    return f"{joined} in this answer." if kept is None else f"{joined} in this answer; I can't note it for later ones right now."


def reset_text() -> str:
    """Say that a person's wishes on how they are talked to are dropped."""
    return f"I talk normally again from now on; {_UNDO_HINT}."


def undone_text(version: Version) -> str:
    """Say what was taken back."""
    subjects = [_SUBJECTS[name] for name in version.changed]
    listed = subjects[0] if len(subjects) == 1 else f"{', '.join(subjects[:-1])} and {subjects[-1]}"
    return f"I took back the last change to {listed}."


def day_text(time: datetime) -> str:
    """Write the day of a time (in its own zone), such as 3 March 2026."""
    return f"{time.day} {time:%B %Y}"


def _way(name: str, value: int | str) -> str:
    return f"I answer in {language_name(value)}" if isinstance(value, str) else WAYS[name][value + 2]


def _because(reason: Reason) -> str:
    when = f" on {day_text(reason.update_time)}" if reason.update_time else ""
    match reason.source, reason.origin:
        case Source.DEFAULT, _:
            return "that is how I am set up"
        case Source.GUILD, _:
            return f"the people who run this place chose that{when}"
        case _, Origin.SAID if reason.quote:
            return f'you said "{reason.quote}"{when}'
        case _, Origin.SAID:
            return f"you asked for it{when}"
        case _, Origin.WRITING:
            return f"you write that way yourself; I noticed it{when}"
        case _, Origin.PRESET:
            return f"it belongs to the personality you chose{when}"
        case _:
            return f"you chose that{when}"


def _shift(name: str, value: Value, steps: int) -> str:
    if isinstance(value, str):
        return f"I answer in {language_name(value)}"
    return _EXTREMES.get((name, int(value or 0))) or _SHIFTS[name][steps > 0]

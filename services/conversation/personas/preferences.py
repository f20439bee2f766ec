"""What a person wants of how they are talked to, read from what they say to the assistant. Pure; the phrases are data (`preference_phrases`).

Precision before recall: a model that reads "answer in one sentence" does so anyway, while a wish that nobody had changes every later answer. So a
wish is a whole sentence, or the whole message where the words may as well be about a text; what is quoted, code, asked, or said beside a task for the
model counts for nothing, unless it says that it lasts. (Libraries considered: none reads intents without a model of its own.)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.conversation.personas import preference_phrases as phrases
from services.conversation.personas.language_names import SPOKEN_NAMES
from services.conversation.personas.persona import DIMENSIONS, Persona
from services.conversation.personas.persona_layers import NAMES, STEP_MAX, STEP_MIN, Value, stepped

TEXT_CHARS_MAX = 2_000
"""Nobody states a wish in a longer message; it is not looked at."""
QUOTE_CHARS_MAX = 120
_SENTENCES_MAX = 12
_AFFIXES_MAX = 5
_OPAQUE = "\ufffc"


@dataclass(frozen=True, slots=True)
class Wish:
    """One step (or, where `extreme`, all the way) up or down a dimension."""

    steps: int
    extreme: bool = False


@dataclass(frozen=True, slots=True)
class Preference:
    """What was asked for: wishes by dimension, a language (BCP 47; empty: the person's own), or all back to normal; and the words that said it."""

    quote: str
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    language: str | None = None
    reset: bool = False

    def values(self, persona: Persona) -> dict[str, Value]:
        """Return what the person's own layer shall set. A step goes on from `persona`, which is in force; what is so already is left."""
        if self.reset:
            return dict.fromkeys(NAMES)
        values: dict[str, Value] = {}
        for name, wish in self.wishes.items():
            before: int = getattr(persona, name)
            after = (STEP_MAX if wish.steps > 0 else STEP_MIN) if wish.extreme else stepped(before, wish.steps)
            if after != before:
                values[name] = after
        if self.language is not None and self.language != persona.language:
            values["language"] = self.language
        return values

    @property
    def about(self) -> tuple[str, ...]:
        """The names that were meant."""
        if self.reset:
            return NAMES
        return (*self.wishes, *(("language",) if self.language is not None else ()))


@dataclass(frozen=True, slots=True)
class _Effect:
    name: str  # a dimension, language, or reset
    wish: Wish | None = None
    alone: bool = False
    polite: bool = False


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence as it was written, what it wishes for, and whether it says anything else."""

    text: str
    asks: bool
    effects: tuple[tuple[_Effect, str], ...] = ()
    filler: bool = False

    @property
    def other(self) -> bool:
        return not self.effects and not self.filler

    @property
    def lasting(self) -> bool:
        return _LASTING.search(self.text.lower().replace("'", "")) is not None


def detect(text: str) -> Preference | None:
    """Return what a message asks for about the voice of the assistant, None where it asks for nothing of the kind."""
    if len(text) > TEXT_CHARS_MAX or text.startswith("/"):
        return None
    sentences = list(_sentences(_QUOTED.sub(_OPAQUE, text.replace("’", "'").replace("‘", "'"))))
    if len(sentences) > _SENTENCES_MAX or not any(sentence.effects for sentence in sentences):
        return None
    others = [sentence for sentence in sentences if sentence.other]
    asked = any(sentence.asks or _TASK.search(sentence.text.lower()) for sentence in others)
    counted = [sentence for sentence in sentences if sentence.effects and _counts(sentence, bool(others), asked)]
    return _preference(counted) if counted else None


def _counts(sentence: _Sentence, others: bool, asked: bool) -> bool:
    if not others:
        return True
    return not any(effect.alone for effect, _ in sentence.effects) and (sentence.lasting or not asked)


def _preference(sentences: list[_Sentence]) -> Preference | None:
    wishes: dict[str, Wish] = {}
    language: str | None = None
    quote = " ".join(" ".join(sentence.text.split()) for sentence in sentences)[:QUOTE_CHARS_MAX].strip()
    for sentence in sentences:
        for effect, tag in sentence.effects:
            if effect.name == "reset":
                return Preference(quote, reset=True)
            if effect.name == "language":
                language = tag if language is None else language
            elif effect.wish is not None:
                wishes.setdefault(effect.name, effect.wish)
    return Preference(quote, wishes, language)


def _sentences(text: str) -> Iterator[_Sentence]:
    for written, mark in _SENTENCE.findall(text):
        if plain := _plain(written):
            yield _read(written.strip() + mark.strip(), plain, asks="?" in mark)


def _plain(written: str) -> str:
    return " ".join(_DECORATION.sub(" ", written.lower().replace("'", "")).split()).strip(" ,:-–—()*_~")


def _read(written: str, plain: str, *, asks: bool) -> _Sentence:
    if _OPAQUE in plain or len(plain) > QUOTE_CHARS_MAX or _ABILITY.fullmatch(plain):
        return _Sentence(written, asks)
    whole = _effect(plain, asks=asks)
    if whole is not None:
        return _Sentence(written, asks, (whole,))
    if _FILLER.fullmatch(plain):
        return _Sentence(written, asks, filler=True)
    clauses = [clause for clause in (part.strip(" ,") for part in _CLAUSE.split(plain)) if clause and not _FILLER.fullmatch(clause)]
    effects = []
    for number, clause in enumerate(clauses if len(clauses) <= len(NAMES) else ()):
        effect = _effect(clause, asks=asks and number == 0)
        if effect is None:
            return _Sentence(written, asks)
        effects.append(effect)
    return _Sentence(written, asks, tuple(effects))


def _effect(plain: str, *, asks: bool) -> tuple[_Effect, str] | None:
    """Return what a sentence or clause wishes for, and the language it names."""
    if _ABILITY.fullmatch(plain):
        return None
    kindly = _INFIX.sub(" ", plain)
    for core, polite, requested in _cores(_BEING.sub("be", _NOT.sub("you dont", _WERE.sub("you would be", kindly)))):
        if asks and not requested:
            continue
        match = _PHRASES.fullmatch(core) if _ANY_PHRASE.fullmatch(core) else None
        if match is None or match.lastgroup is None:
            continue
        effect = _EFFECTS[int(match.lastgroup[1:])]
        if effect.polite and not (polite or kindly != plain):
            continue
        return effect, _language(core)
    return None


def _cores(plain: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield the sentence with ever less of what is around it: the core, whether a please was taken off, and whether it was a request."""
    polite, requested = False, False
    for _ in range(_AFFIXES_MAX):
        tail, tail_polite = plain, polite
        for _ in range(_AFFIXES_MAX):
            yield tail, tail_polite, requested
            shorter = _ENDING.sub("", tail)
            if shorter == tail:
                break
            tail_polite = tail_polite or _PLEASE.search(tail[len(shorter) :]) is not None
            tail = shorter
        shorter = _REQUEST.sub("", plain)
        if shorter != plain:
            requested = True
        else:
            shorter = _LEADING_FILLER.sub("", plain)
        if shorter == plain:
            return
        polite = polite or _PLEASE.search(plain[: len(plain) - len(shorter)]) is not None
        plain = shorter


def _language(core: str) -> str:
    found = _LANGUAGE.search(core)
    return _TAGS[found.group()] if found else ""


def _expanded(pattern: str) -> str:
    meanings = {**phrases.SHORTHANDS, "LANG": f"(?:{'|'.join(SPOKEN_NAMES.values())})"}
    names = "|".join(sorted(meanings, key=len, reverse=True))
    return re.sub(names, lambda found: meanings[found.group()], pattern.replace("D?", "D")).replace("'", "")


def _alternatives(patterns: Sequence[str]) -> str:
    return "|".join(patterns).replace("'", "")


def _all_phrases() -> Iterator[tuple[_Effect, str]]:
    steps = {"+1": Wish(1), "-1": Wish(-1), "max": Wish(1, extreme=True), "min": Wish(-1, extreme=True)}
    for pattern in phrases.OWN_LANGUAGE_PHRASES:
        yield _Effect("language"), pattern
    for pattern in phrases.RESET_PHRASES:
        yield _Effect("reset"), pattern
    for name, step, patterns in phrases.PHRASES:
        assert name in DIMENSIONS
        for pattern in patterns:
            yield _Effect(name, steps[step]), pattern
    for pattern in phrases.LANGUAGE_PHRASES:
        yield _Effect("language"), pattern


def _compiled() -> tuple[list[_Effect], re.Pattern[str], re.Pattern[str]]:
    """Return the effects, the phrases as a group each, and the phrases alone: without groups, one that begins otherwise costs next to nothing."""
    effects, groups, plain = [], [], []
    for number, (effect, pattern) in enumerate(_all_phrases()):
        alone = pattern.startswith("~")
        polite = pattern.startswith("~!")
        effects.append(_Effect(effect.name, effect.wish, alone, polite))
        expanded = _expanded(pattern.lstrip("~!"))
        groups.append(f"(?P<e{number}>{expanded})")
        plain.append(expanded)
    return effects, re.compile("|".join(groups)), re.compile("|".join(plain))


_EFFECTS, _PHRASES, _ANY_PHRASE = _compiled()
_TAGS = {name: tag for tag, names in SPOKEN_NAMES.items() for name in names.split("|")}
_LANGUAGE = re.compile(rf"\b(?:{'|'.join(sorted(_TAGS, key=len, reverse=True))})\b")
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|[“„«»][^”“«»\n]*[”“«»]|(?<!\w)'[^'\n]+'(?!\w)|^[ \t]*>[^\n]*|https?://\S+|\w+://\S+",
    re.DOTALL | re.MULTILINE,
)
_SENTENCE = re.compile(r"([^.!?…\n;]+)([.!?…\n;]*)")
_DECORATION = re.compile(r"[^\w\s',:/&+\-\ufffc]|(?<!\w)[:;]-?[)(dp](?!\w)|<a?:\w+:\d+>|<@!?\d+>")
_CLAUSE = re.compile(r",\s*(?:and|but|und|aber|et|mais|y|pero)?\s+|\s+(?:and|but|und|aber|et|mais|y|pero|plus)\s+|\s+[-–—]\s+")
_FILLER = re.compile(rf"(?:(?:{_alternatives(phrases.FILLERS)})[\s,]*)+")
_LEADING_FILLER = re.compile(rf"^(?:{_alternatives(phrases.FILLERS)})[\s,:]+")
_REQUEST = re.compile(rf"^(?:{_alternatives(phrases.REQUESTS)})")
_ENDING = re.compile(rf"[\s,]+(?:{_alternatives(phrases.ENDINGS)})$")
_PLEASE = re.compile(r"\b(?:please|pls|plz|bitte|por favor|stp|svp|sil)\b")
_ABILITY = re.compile(_expanded(phrases.ABILITY_QUESTIONS))
_TASK = re.compile(phrases.TASKS)
_LASTING = re.compile(phrases.LASTING.replace("'", ""))
_INFIX = re.compile(r"(?<=\S) (?:please|pls|plz|bitte|mal) (?=\S)")
_WERE = re.compile(r"\byou were\b")
_BEING = re.compile(r"(?<=mind )being\b")
_NOT = re.compile(r"(?<=(?:can|uld|ill) )you (?:please )?not\b")

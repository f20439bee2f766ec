"""How a person writes, and what that suggests for how they are written to. Pure.

Every figure is a share of messages or a median, so that one long or odd message counts as one. Between a bound that suggests a change and the one
that takes it back lies room where nothing is suggested, so that nobody's assistant wavers.

The language is the one whose commonest words are most frequent (the method of the stop-word vote: Dunning, "Statistical Identification of Language",
1994, compares it). py3langid (4.6 MB, BSD) and lingua (over 100 MB) were considered: they read single short texts of some hundred languages, while
here at least twenty messages of one person are read in eight, for which a vote is enough and needs no model in every process.
"""

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MESSAGES_MIN = 20
"""Fewer messages say nothing about how somebody writes."""
_ALL_BUT_EMOJI_MIN = 40  # messages without any emoji, before that means something
_LANGUAGE_SHARE, _LANGUAGE_MESSAGES_MIN, _WORDS_OF_LANGUAGE_MIN = 0.9, 20, 3


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMOJI = re.compile("[\U0001f300-\U0001faff☀-➿\U0001f1e6-\U0001f1ff]|<a?:\\w{2,32}:\\d+>|(?<!\\w)[:;]-?[)(DPp](?!\\w)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_UNREAD = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|^>[^\n]*|\w+://\S+|<[@#:][^>\s]*>", re.DOTALL | re.MULTILINE)
_INFORMAL = _words(
    "lol lmao rofl haha hahaha u ur r idk btw tbh imo ngl gonna wanna gotta kinda dunno yeah yep nope nah ya yo sup bro dude omg wtf thx pls plz cuz "
    "tho rly cya gn brb hey hi digga alter jo nö nix mdr ptdr slt cc jaja jeje tio wey cmq nn hoi ff zeg sorta lemme ain't y'all xd"
)
_FORMAL = _words(
    "dear sincerely regards kindly furthermore however therefore would could shall grateful appreciate sir madam moreover sie ihnen ihre geehrte "
    "geehrter freundlichen grüßen vous votre vos veuillez cordialement usted ustedes estimado estimada saludos gentile cordiali vossa senhor senhora "
    "geachte vriendelijke groet uw bonjour goedemorgen"
)
_CONTRACTED = re.compile(r"[^\W\d_]['’](?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)
_COMMON_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words("the and is are you i to of it that in for have not with this was my do what so but be me can just we they on if"),
    "de": _words("der die das und ist nicht ich du ein eine es zu mit auf für auch wie was wir sie den dem noch aber ja mir mich kann hat sind"),
    "fr": _words("le la les et est je tu vous un une de des pas que qui ce il elle nous pour dans avec sur mais c'est j'ai on plus au du"),
    "es": _words("el la los las y es yo tú un una de que no en por para con pero lo me se como muy más mi está eso qué si al"),
    "it": _words("il lo la i gli le e è io tu un una di che non in per con ma mi ti si come più sono ho questo della del anche cosa"),
    "pt": _words("o a os as e é eu você um uma de que não em por para com mas me se como muito mais meu minha está isso tem da do"),
    "nl": _words("de het een en is niet ik je jij van dat in te op voor met maar ook zijn heb wat er nog als naar wel geen mijn we"),
    "pl": _words("i w na nie to się że jest z do co jak ale ja ty mnie mi tak czy po za już tylko być ma są tego"),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How somebody writes. Shares from 0 to 1; `words` is the median length of a message; `language` is empty where none prevails."""

    messages: int
    emoji: float
    words: float
    informal: float
    formal: float
    language: str


def style_of(texts: Sequence[str]) -> Style | None:
    """Return how the writer of these messages writes; None where they are too few."""
    read = [plain for text in texts if (plain := _UNREAD.sub(" ", text).strip())]
    if len(read) < MESSAGES_MIN:
        return None
    words = [[word.lower().replace("’", "'") for word in _WORD.findall(text)] for text in read]
    return Style(
        messages=len(read),
        emoji=_share([_EMOJI.search(text) is not None for text in texts if text.strip()]),
        words=statistics.median(len(each) for each in words),
        informal=_share([_is_informal(text, each) for text, each in zip(read, words, strict=True)]),
        formal=_share([_is_formal(text, each) for text, each in zip(read, words, strict=True)]),
        language=_language(words),
    )


def suggestions(style: Style) -> dict[str, int | str]:
    """Return what the style suggests, by dimension: -1, 0 or 1, or a language. What is left out is not suggested, nor taken back."""
    suggested: dict[str, int | str | None] = {
        "emoji": _of_emoji(style),
        "verbosity": _of_length(style.words),
        "formality": _of_formality(style),
        "language": style.language or None,
    }
    return {name: value for name, value in suggested.items() if value is not None}


def _of_emoji(style: Style) -> int | None:
    if style.emoji >= 0.4:
        return 1
    if style.emoji == 0 and style.messages >= _ALL_BUT_EMOJI_MIN:
        return -1
    return 0 if 0.02 < style.emoji < 0.25 else None


def _of_length(words: float) -> int | None:
    if words <= 4:
        return -1
    if words >= 60:
        return 1
    return 0 if 7 <= words <= 40 else None


def _of_formality(style: Style) -> int | None:
    if style.informal >= 0.5 and style.formal < 0.1:
        return -1
    if style.formal >= 0.5 and style.informal < 0.1:
        return 1
    return 0 if style.informal < 0.3 and style.formal < 0.3 else None


def moved(before: Mapping[str, int | str | None], suggested: Mapping[str, int | str]) -> dict[str, int | str | None]:
    """Return what of a layer changes: each dimension goes one step towards what is suggested, and never beyond one from neutral, which is not set."""
    changes: dict[str, int | str | None] = {}
    for name, target in suggested.items():
        value = before.get(name)
        if isinstance(target, str):
            after: int | str | None = target
        else:
            now = int(value or 0)
            stepped = max(-1, min(1, now + (target > now) - (target < now)))
            after = stepped or None
        if after != value:
            changes[name] = after
    return changes


def _is_informal(text: str, words: Sequence[str]) -> bool:
    slang = any(word in _INFORMAL for word in words)
    careless = text[0].islower() and text[-1] not in ".!?…" and not any(letter.isupper() for letter in text)
    return slang or (careless and len(words) > 2) or "!!" in text or "??" in text


def _is_formal(text: str, words: Sequence[str]) -> bool:
    careful = text[0].isupper() and text[-1] in ".!?…:," and not _CONTRACTED.search(text)
    return careful and len(words) > 3 and not any(word in _INFORMAL for word in words) and any(word in _FORMAL for word in words)


def _language(messages: Sequence[Sequence[str]]) -> str:
    votes: Counter[str] = Counter()
    for words in messages:
        counts = {tag: sum(word in common for word in words) for tag, common in _COMMON_WORDS.items()}
        best, second = sorted(counts.values(), reverse=True)[:2]
        if len(words) >= _WORDS_OF_LANGUAGE_MIN and best > second:
            votes[max(counts, key=lambda tag: counts[tag])] += 1
    if votes.total() < _LANGUAGE_MESSAGES_MIN:
        return ""
    tag, count = votes.most_common(1)[0]
    return tag if count >= _LANGUAGE_SHARE * votes.total() else ""


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.0

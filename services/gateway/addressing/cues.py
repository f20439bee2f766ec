"""What the words of a message tell about whom it is meant for, as a few numbers. Pure; no word is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TEXT_MAX = 1_000
"""Characters that are looked at: who is meant shows at the beginning."""

_START = r"\W*(?:(?:ok(?:ay)?|well|so|and|but|hi|hey|oh|ah|hm+|lol)\b\W*)?"
# How a message begins.
_BEGINNINGS: Mapping[str, str] = {
    "question_word": _START + r"(?:what|where|when|who|whose|which|why|how|is|are|can|could|do|does|did|would|will|should|has|have|any)\b",
    "assents": (
        r"\W*(?:yes|yep|yea|yeah|yup|ya|no|nope|nah|ok|okay|k|kk|right|sure|true|exactly|correct|agreed|indeed|i see|got it|ah+|oh+|aha|hm+|cool)\b"
    ),
    "refers_back": r"\W*(?:(?:but|and|so|then|or|because|cause|also|well)\b|(?:it|that|this|they|those|these|he|she|which one)(?:'?s|'?re)?\b)",
    "greets": r"\W*(?:hi|hello|hey|hiya|yo|howdy|morning|good (?:morning|evening|afternoon|day)|greetings)\b",
    "advises": r"\W*(?:try|use|check|look|read|see|type|run|install|go|just|edit|open|add|you (?:can|could|should|need|have|might|want))\b",
}
# Words that stand anywhere in it.
_WORDS: Mapping[str, str] = {
    "thanks": "thank thanks thx ty tnx cheers appreciate",
    "you": "you your yours u ur you're youre you've you'd you'll",
    "i": "i i'm im i've ive i'd i'll my me mine",
    "everybody": "anyone anybody everyone everybody someone somebody all guys folks people y'all channel here",
    "reports": (
        "tried done did say says said work works worked working still now error not cannot "
        "doesn't doesnt didn't didnt isn't isnt won't wont can't cant"
    ),
}
_LAUGHS = frozenset(("lol", "lmao", "rofl", "heh"))
_SMILE = re.compile(r"[:;]-?[)pd(]")
_BEGIN = tuple(re.compile(pattern).match for pattern in _BEGINNINGS.values())
_SOUGHT = tuple(frozenset(words.split()) for words in _WORDS.values())
CUES = ("asks", *_BEGINNINGS, *_WORDS, "laughs", "links")
_WORD = re.compile(r"\w+(?:'\w+)?")


@dataclass(frozen=True, slots=True)
class Cues:
    """What was found: 0 or 1 for each of CUES, in order, and how many words there are."""

    found: tuple[int, ...]
    words: int

    @property
    def asks(self) -> bool:
        """It is a question by its mark."""
        return bool(self.found[0])


def cues_of(text: str) -> Cues:
    """Look at what somebody says."""
    looked_at = text[:TEXT_MAX].casefold()
    words = _WORD.findall(looked_at)
    different = set(words)
    found = (
        "?" in looked_at,
        *(begins(looked_at) is not None for begins in _BEGIN),
        *(not different.isdisjoint(sought) for sought in _SOUGHT),
        not different.isdisjoint(_LAUGHS) or _laughs(looked_at),
        "http://" in looked_at or "https://" in looked_at or "www." in looked_at,
    )
    return Cues(tuple(map(int, found)), len(words))


def _laughs(text: str) -> bool:
    # A search for a sign that is not there takes a tenth of that for a pattern.
    return "haha" in text or "hehe" in text or ((":" in text or ";" in text) and _SMILE.search(text) is not None)

"""What the words of a message tell about whom it is meant for, as a few numbers. Pure; no word is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TEXT_MAX = 1_000
"""Characters that are looked at: who is meant shows at the beginning."""

_START = r"^\W*(?:(?:ok(?:ay)?|well|so|and|but|hi|hey|oh|ah|hm+|lol)\b\W*)?"
_PATTERNS: Mapping[str, str] = {
    "asks": r"\?",
    "question_word": _START + r"(?:what|where|when|who|whose|which|why|how|is|are|can|could|do|does|did|would|will|should|has|have|any)\b",
    "thanks": r"\b(?:thanks?|thx|ty|tnx|cheers|appreciate)\b",
    "assents": (
        r"^\W*(?:yes|yep|yea|yeah|yup|ya|no|nope|nah|ok|okay|k|kk|"
        r"right|sure|true|exactly|correct|agreed|indeed|i see|got it|ah+|oh+|aha|hm+|cool)\b"
    ),
    "refers_back": r"^\W*(?:(?:but|and|so|then|or|because|cause|also|well)\b|(?:it|that|this|they|those|these|he|she|which one)(?:'?s|'?re)?\b)",
    "you": r"\b(?:you|your|yours|u|ur|you're|youre|you've|you'd|you'll)\b",
    "i": r"\b(?:i|i'm|im|i've|ive|i'd|i'll|my|me|mine)\b",
    "everybody": r"\b(?:any ?one|any ?body|every ?one|every ?body|some ?one|some ?body|all|guys|folks|people|y'all|channel|here)\b",
    "greets": r"^\W*(?:hi|hello|hey|hiya|yo|howdy|morning|good (?:morning|evening|afternoon|day)|greetings)\b",
    "reports": r"\b(?:tried|done|did|says?|said|works?|worked|working|still|now|error|doesn'?t|didn'?t|isn'?t|won'?t|can'?t|cannot|not)\b",
    "laughs": r"\b(?:lol|lmao|rofl|haha+|hehe+|heh)\b|[:;]-?[)pPdD(]",
    "advises": r"^\W*(?:try|use|check|look|read|see|type|run|install|go|just|edit|open|add|you (?:can|could|should|need|have|might|want))\b",
    "links": r"https?://|www\.",
}
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _PATTERNS.items())
CUES = tuple(_PATTERNS)
_WORD = re.compile(r"\w+")


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
    looked_at = text[:TEXT_MAX]
    return Cues(tuple(1 if pattern.search(looked_at) else 0 for _, pattern in _COMPILED), len(_WORD.findall(looked_at)))

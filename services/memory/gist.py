"""What a text says once the words that change nothing are left out: two texts of one gist may be one memory. Pure.

The terms of a search are too coarse for that: "I lived in Oslo", "I do not live in Oslo" and "I live in Oslo" have the same terms, and so have
"Tom is older than Ann" and the reverse, whose vectors are as close (0.985) as those of any two ways to say the same. So every word counts, in its
form and in its place, except those listed here. Taking two facts for one loses a fact without a trace; taking one for two lists it twice, and a
search shows it once. When in doubt, therefore, two.
"""

import hashlib
import re
import unicodedata

NEAR_DUPLICATE_COSINE = 0.85
"""How close the vectors of two texts of one gist must be as well: a second opinion, for what the list of idle words does not foresee.

With the model in use, texts that differ in articles, commas, contractions or the order around "is" lie between 0.89 and 0.99; texts that an idle word
sets apart after all ("I do a lot", "I a lot") below 0.8. No threshold could decide alone: what differs in one name or date reaches 0.98.
"""

# Of the search's stop words those without which a plain statement is still the same. Never: negations, pronouns, tenses, "just", "only", "from".
_IDLE = frozenset({"a", "an", "the", "also", "too", "so", "do", "does", "now", "then", "that"})
_EDGES = "\"'“”‘’«»()[]*_`.,;:!…"
_CONTRACTIONS = {
    "i'm": "i am",
    "you're": "you are",
    "we're": "we are",
    "they're": "they are",
    "i've": "i have",
    "i'd": "i would",
    "i'll": "i will",
    "it's": "it is",
    "that's": "that is",
    "name's": "name is",
    "cannot": "can not",
    "can't": "can not",
    "won't": "will not",
}
# "My cat's called Miso" contracts "is", "my cat's name" does not.
_IS = re.compile(r"'s (?=(?:called|named|a|an|the|not|from|in|at|allergic)\b)")
# These go on in either form; "I am moving to Oslo" and "I move to Oslo" say different things.
_LASTING = re.compile(r"\b(?:am|is|are) (liv|work|study)ing\b")
_LASTING_VERBS = {"liv": "live", "work": "work", "study": "study"}
_COPULAS = frozenset({"is", "are"})


def gist(text: str) -> str:
    """Return the words that tell, in an order that "my cat's name is Miso" and "Miso is my cat's name" share."""
    plain_text = unicodedata.normalize("NFKC", text).replace("’", "'")
    asked = " ?" if plain_text.rstrip().endswith("?") else ""
    bare = [word for token in plain_text.split() if (word := token.rstrip("?").strip(_EDGES))]
    shouted = plain_text.isupper()
    words = " ".join(word.casefold() if shouted or not _named(place, word) else f"={word.casefold()}" for place, word in enumerate(bare))
    spelled = " ".join(_spelled_out(word) for word in _IS.sub(" is ", words).split())
    plain = _LASTING.sub(lambda match: _LASTING_VERBS[match.group(1)], spelled)
    return " ".join(_around_copula([word for word in plain.split() if word not in _IDLE])) + asked


def gist_hash(text: str) -> bytes:
    """Return the hash of a text's gist."""
    return hashlib.sha256(gist(text).encode()).digest()


def _named(place: int, word: str) -> bool:
    """Whether a word that could be left out is a part of a name: "vitamin A", "The Band"."""
    return place > 0 and word.casefold() in _IDLE and word.istitle()


def _spelled_out(word: str) -> str:
    return f"{word[:-3]} not" if word.endswith("n't") and word not in _CONTRACTIONS else _CONTRACTIONS.get(word, word)


def _around_copula(words: list[str]) -> list[str]:
    """What is said to be the same may stand on either side of its only "is"; with a negation or a comparison it stays where it is."""
    places = [place for place, word in enumerate(words) if word in _COPULAS]
    if len(places) != 1 or {"not", "than", "never", "no"} & set(words):
        return words
    left, right = words[: places[0]], words[places[0] + 1 :]
    return [*min(left, right), words[places[0]], *max(left, right)]

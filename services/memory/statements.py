"""Plain statements of a person about themself: what they are about (subject, attribute), and what is said of it. Pure.

"My cat is called Miso" is about the name of the cat: a later statement on the same subject and attribute replaces it. A statement without an
attribute ("I like tea") says one of many things that may hold together, and replaces nothing. The patterns are data, in one place.
"""

import re
from dataclasses import dataclass

SELF = "self"
"""The subject of what a person says about themself."""

VALUE_CHARACTERS_MAX = 120
"""A longer value is a story, not a plain statement."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """`text` is matched against a whole sentence; its groups are `subject` (else SELF) and `value`. An empty attribute replaces nothing."""

    text: str
    attribute: str
    kind: str = "fact"


@dataclass(frozen=True, slots=True)
class Statement:
    """A plain statement. `text` is the person's own words."""

    text: str
    subject: str
    attribute: str
    value: str
    kind: str


# One to four words, none of which begins a clause: "my cat", "my younger sister", never "my guess is that she".
_THING = (
    r"(?P<subject>(?!(?:the|a|an|own|guess|point|question|problem|opinion|bad|god|code|name)\b)[\w-]+"
    r"(?:\s(?!(?:is|are|was|who|that|and|or|of)\b)[\w-]+){0,3}?)"
)
_VALUE = r"(?P<value>\S.*)"
_NAME = r"(?P<value>(?!(?:not|what|when|so|a|an|the|that|too|to|out|off|it|this|me|after|by|in|on)\b)\S.*)"
# What follows "I live in" and is no place.
_NO_PLACE = (
    r"(?:fear|hope|peace|pain|hell|denial|a\s+(?:bubble|dream|lie|nightmare|world|society|time|simulation)|my\s+(?:head|own)"
    r"|the\s+(?:moment|past|present|now|future)|an?\s+(?:age|era)|constant|this|that)\b"
)
_AM = r"(?:am|'m)"

PATTERNS: tuple[Pattern, ...] = (
    Pattern(r"my\s+name\s*(?:is|'s)\s+" + _NAME, "name"),
    Pattern(r"(?:i\s*" + _AM + r"|i\s+go\s+by(?:\s+the\s+name(?:\s+of)?)?)\s+(?:called|named)\s+" + _NAME, "name"),
    Pattern(r"i\s+go\s+by\s+(?:the\s+name\s+(?:of\s+)?)?" + _NAME, "name"),
    Pattern(r"(?:please\s+)?call\s+me\s+(?!(?:back|later|when|if|crazy|old|maybe|tomorrow|at|on|in|a|an|the)\b)" + _NAME, "nickname", "preference"),
    Pattern(r"my\s+" + _THING + r"\s+(?:is|are|was)\s+(?:called|named)\s+" + _NAME, "name"),
    Pattern(r"my\s+" + _THING + r"(?:'s|s')\s+(?:name|names)\s+(?:is|are)\s+" + _NAME, "name"),
    Pattern(r"the\s+name\s+of\s+my\s+" + _THING + r"\s+is\s+" + _NAME, "name"),
    Pattern(r"my\s+" + _THING + r"(?:'s|s')\s+birthday\s+is\s+" + _VALUE, "birthday"),
    Pattern(r"i\s+have\s+an?\s+" + _THING + r"\s+(?:called|named)\s+" + _NAME, "name"),
    Pattern(r"i\s+(?:currently\s+|now\s+|still\s+)?live\s+(?:in|near)\s+(?!" + _NO_PLACE + ")" + _VALUE, "home"),
    Pattern(
        r"i(?:\s+have|'ve)?\s+(?:just\s+|recently\s+)?moved\s+to\s+(?!(?:the|a|an)\s+(?:next|other|new\s+(?:version|role|team))\b)" + _VALUE, "home"
    ),
    Pattern(r"i\s*" + _AM + r"\s+(?:originally\s+)?from\s+" + _VALUE, "origin"),
    Pattern(r"i\s+(?:come|hail)\s+from\s+" + _VALUE, "origin"),
    Pattern(r"i\s+was\s+born\s+(?:in|on)\s+" + _VALUE, "birth"),
    Pattern(r"my\s+birthday\s+is\s+(?:on\s+)?" + _VALUE, "birthday"),
    Pattern(r"my\s+(?:pronouns\s+are|pronoun\s+is)\s+" + _VALUE, "pronouns"),
    Pattern(r"my\s+time\s?zone\s+is\s+" + _VALUE, "timezone"),
    Pattern(r"my\s+(?:job|occupation|profession)\s+is\s+" + _VALUE, "job"),
    Pattern(r"i\s+work\s+(?:as|for|at)\s+(?!(?:well|home|night|nights|least|best|it|that|this|now)\b)" + _VALUE, "job"),
    Pattern(r"my\s+(?:favou?rite|fave)\s+" + _THING + r"\s+(?:is|are)\s+" + _VALUE, "favourite", "preference"),
    Pattern(r"my\s+(?:native\s+language|mother\s+tongue|first\s+language)\s+is\s+" + _VALUE, "native language"),
    Pattern(
        r"i\s+(?:really\s+|much\s+|strongly\s+|generally\s+|usually\s+)?prefer\s+(?!(?:not|that|it|this|if|when|the\s+(?:first|second|other|latter|former))\b)"
        + _VALUE,
        "",
        "preference",
    ),
    Pattern(
        r"i\s+(?:really\s+|absolutely\s+)?(?:love|adore|hate|dislike|can't\s+stand|cannot\s+stand)\s+(?!(?:you|it|this|that|these|those|how|when|to\s+see|him|her|them|the\s+(?:way|idea|fact))\b)"
        + _VALUE,
        "",
        "preference",
    ),
    Pattern(r"i\s*" + _AM + r"\s+(?:very\s+|highly\s+|severely\s+)?allergic\s+to\s+(?!(?:mondays|work|this|that)\b)" + _VALUE, "", "fact"),
    Pattern(r"i\s*" + _AM + r"\s+an?\s+(?P<value>(?:strict\s+)?(?:vegetarian|vegan|pescatarian))", "diet"),
    Pattern(r"i\s*" + _AM + r"\s+(?P<value>(?:strictly\s+)?(?:vegetarian|vegan|pescatarian))", "diet"),
    Pattern(r"i\s+speak\s+(?!(?:for|to|with|from|about|up|out|as|of|on|your|my)\b)" + _VALUE, ""),
    Pattern(r"i\s+play\s+(?:the\s+)?(?P<value>guitar|piano|violin|drums|bass|cello|flute|saxophone|trumpet|chess)", ""),
)
# Said before a statement without changing it.
_LEAD_IN = re.compile(
    r"(?:(?:oh|well|so|and|but|also|hey|hi|hello|btw|fyi|ok|okay|actually|anyway|yes|yeah|no|by\s+the\s+way|just\s+so\s+you\s+know|for\s+the\s+record"
    r"|(?:please\s+)?(?:remember|note)(?:\s+that)?|did\s+i\s+mention(?:\s+that)?|you\s+know|today|these\s+days|now)\s*[,:;–—-]*\s+)+",
    re.IGNORECASE,
)
# A value ends where another clause begins.
_NEXT_CLAUSE = re.compile(
    r"\s*(?:[,;:]\s+(?:and|but|so|which|who|because|since|though|although|while|if|what|do|can|could|is|are|any|how|where|when|i|he|she|it|they|we|you|my|lol|haha)\b"
    r"|\s[–—-]\s|\s\(|\b(?:and|but)\s+(?:i|my|he|she|it|they|we|you|then|now|is|was)\b|\s(?:because|since|but|although|though|which|lol|haha|xd)\b).*",
    re.IGNORECASE | re.DOTALL,
)
# Not meant as it stands.
_UNREAL = re.compile(
    r"\b(?:if|wish|would|unless|suppose|imagine|hypothetically|pretend|maybe|perhaps|not|no\s+longer|used\s+to|never|jk|kidding|lie|lying)\b",
    re.IGNORECASE,
)
_COMPILED = tuple((pattern, re.compile(pattern.text, re.IGNORECASE)) for pattern in PATTERNS)


def parse_statement(sentence: str) -> Statement | None:
    """Return the plain statement that a sentence makes; None for a question, a condition, a denial, or anything that no pattern knows."""
    plain = " ".join(sentence.replace("’", "'").split())
    if plain.endswith("?") or len(plain) > 2 * VALUE_CHARACTERS_MAX:
        return None
    plain = plain.rstrip(" .!")
    lead_in = _LEAD_IN.match(plain)
    plain = plain[lead_in.end() :] if lead_in else plain
    own = _NEXT_CLAUSE.sub("", plain).rstrip(" ,;:.!")
    if _UNREAL.search(own) or _UNREAL.search(plain[len(own) :][:24]):
        return None
    for pattern, compiled in _COMPILED:
        match = compiled.fullmatch(own)
        if match is not None:
            return _statement(pattern, match, own)
    return None


def _statement(pattern: Pattern, match: re.Match[str], text: str) -> Statement | None:
    groups = match.groupdict()
    value = groups["value"].strip(" \"'`*_")
    if not value or len(value) > VALUE_CHARACTERS_MAX:
        return None
    subject = " ".join((groups.get("subject") or SELF).casefold().split())
    return Statement(text, subject, pattern.attribute, value, pattern.kind)

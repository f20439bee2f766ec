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
# What follows "I moved to" and is no place either.
_NO_MOVE = (
    r"(?:(?:the|a|an)\s+(?:next|other|new\s+(?:version|role|team))"
    r"|be|do|get|make|have|see|go|help|start|find|dismiss|adjourn|strike|tears|it|this|that)\b"
)
_AM = r"(?:am|'m)"
_I_AM = r"i\s*" + _AM
_WE_ARE = r"(?:" + _I_AM + r"|we\s*(?:are|'re))"
# "Tomorrow" is another day each day.
_DATE = (
    r"(?P<value>(?=.*(?:\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|christmas|halloween|new\s+year|easter)))"
    r"(?!(?:in|coming|over|within|only|just)\b)\S.*)"
)
_KIN_AND_PETS = (
    r"(?P<subject>kids|children|sons|daughters|boys|girls|brothers|sisters|siblings|grandchildren|grandkids|cats|dogs|pets|horses|rabbits|hamsters"
    r"|birds|chickens|goats|sheep|snakes|kittens|puppies)"
)
_COUNT = r"(?P<value>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
# What follows a verb of taste and names no thing.
_NO_THING = r"(?:you|your|it|this|that|these|those|how|when|to\s+see|him|her|them|myself|being|the\s+(?:way|idea|fact))\b"

PATTERNS: tuple[Pattern, ...] = (
    Pattern(r"my\s+(?:real\s+|first\s+|full\s+)?name\s*(?:is|'s)\s+" + _NAME, "name"),
    Pattern(r"(?:" + _I_AM + r"|i\s+go\s+by(?:\s+the\s+name(?:\s+of)?)?)\s+(?:called|named)\s+" + _NAME, "name"),
    Pattern(r"i\s+go\s+by\s+(?:the\s+name\s+(?:of\s+)?)?" + _NAME, "name"),
    Pattern(
        r"(?:please\s+|just\s+|you\s+can\s+|my\s+friends\s+|friends\s+|people\s+|everyone\s+|everybody\s+)*calls?\s+me\s+"
        r"(?!(?:back|later|when|if|crazy|old|maybe|tomorrow|tonight|today|at|on|in|a|an|the|every|all|names|again|whatever|anything|once|asap)\b)"
        + _NAME,
        "nickname",
        "preference",
    ),
    Pattern(r"my\s+" + _THING + r"(?:\s+(?:is|are|was)|'s)\s+(?:called|named)\s+" + _NAME, "name"),
    Pattern(r"my\s+" + _THING + r"(?:'s|s')\s+(?:name|names)\s+(?:is|are)\s+" + _NAME, "name"),
    Pattern(r"the\s+name\s+of\s+my\s+" + _THING + r"\s+is\s+" + _NAME, "name"),
    Pattern(r"my\s+" + _THING + r"(?:'s|s')\s+birthday\s+is\s+(?:on\s+)?" + _DATE, "birthday"),
    # "A cat" may be one of several: it replaces none.
    Pattern(r"i(?:\s+have|'ve\s+got|\s+have\s+got|'ve|\s+got)\s+an?\s+" + _THING + r"\s+(?:called|named)\s+" + _NAME, ""),
    Pattern(
        r"(?:(?:i|we)\s+(?:currently\s+|now\s+|still\s+)?live|"
        + _WE_ARE
        + r"\s+(?:currently\s+|now\s+|still\s+)?(?:living|based))\s+in\s+(?!"
        + _NO_PLACE
        + ")"
        + _VALUE,
        "home",
    ),
    # Beside a place there are many others.
    Pattern(r"(?:i|we)\s+(?:currently\s+|now\s+|still\s+)?live\s+near\s+(?!" + _NO_PLACE + ")" + _VALUE, ""),
    Pattern(r"(?:i|we)(?:\s+have|'ve)?\s+(?:just\s+|recently\s+)?moved\s+to\s+(?!" + _NO_MOVE + ")" + _VALUE, "home"),
    Pattern(
        _I_AM + r"\s+(?:originally\s+)?from\s+(?!(?:the\s+(?:future|past|internet|government|same)|here|there|hell|heaven|mars|work)\b)" + _VALUE,
        "origin",
    ),
    Pattern(r"i\s+(?:come|hail)\s+from\s+" + _VALUE, "origin"),
    Pattern(r"i\s+grew\s+up\s+in\s+" + _VALUE, ""),
    Pattern(r"i\s+was\s+born\s+(?:in|on)\s+" + _DATE, "birth"),
    Pattern(r"i\s+was\s+born\s+in\s+" + _VALUE, "birthplace"),
    Pattern(r"my\s+birthday(?:\s+is|'s)\s+(?:on\s+)?" + _DATE, "birthday"),
    Pattern(r"my\s+(?P<subject>wedding|work)\s+anniversary\s+is\s+(?:on\s+)?" + _DATE, "anniversary"),
    Pattern(_I_AM + r"\s+(?P<value>[1-9]\d|1[01]\d)\s+(?:years?\s+old|yo|y/o)", "age"),
    Pattern(r"my\s+(?:pronouns\s+are|pronoun\s+is)\s+" + _VALUE, "pronouns"),
    Pattern(r"my\s+time\s?zone\s+is\s+" + _VALUE, "timezone"),
    Pattern(r"my\s+(?:job|occupation|profession)\s+is\s+" + _VALUE, "job"),
    Pattern(r"(?:i\s+work|" + _I_AM + r"\s+working)\s+as\s+(?!(?:well|hard|much|long|fast|little|if|soon|it|that|this|now)\b)" + _VALUE, "job"),
    Pattern(
        r"(?:i\s+work|"
        + _I_AM
        + r"\s+working)\s+(?:for|at)\s+(?!(?:home|night|nights|least|best|it|that|this|now|free|fun|peanuts|money|food|nothing"
        r"|a\s+living|you|him|her|them)\b)" + _VALUE,
        "employer",
    ),
    Pattern(
        r"(?:i\s+study|"
        + _I_AM
        + r"\s+(?:studying|learning))\s+(?!(?:a|an|the|hard|harder|for|in|at|with|on|every|all|when|this|that|how|what|why|to|from|about|here|too"
        r"|very|so|more|my|your|it|now|new|lots|things|something)\b)" + _VALUE,
        "",
    ),
    Pattern(_I_AM + r"\s+married\s+to\s+(?!(?:my\s+(?:job|work)|the|a|an|food|this|that|it)\b)" + _VALUE, "spouse", "relationship"),
    Pattern(r"(?:i|we)\s+have\s+" + _COUNT + r"\s+" + _KIN_AND_PETS, "number", "relationship"),
    Pattern(r"my\s+(?:favou?rite|fave)\s+" + _THING + r"\s+(?:is|are)\s+" + _VALUE, "favourite", "preference"),
    Pattern(r"my\s+(?:native\s+language|mother\s+tongue|first\s+language)\s+is\s+" + _VALUE, "native language"),
    Pattern(
        r"(?:i\s+(?:really\s+|much\s+|strongly\s+|generally\s+|usually\s+)?prefer|i'd\s+rather\s+have)\s+"
        r"(?!(?:not|that|it|this|if|when|the\s+(?:first|second|other|latter|former))\b)" + _VALUE,
        "",
        "preference",
    ),
    Pattern(
        r"i\s+(?:really\s+|absolutely\s+)?(?:love|adore|enjoy|hate|dislike|can't\s+stand|cannot\s+stand)\s+(?!" + _NO_THING + ")" + _VALUE,
        "",
        "preference",
    ),
    Pattern(
        r"i\s+(?:don't|do\s+not|never)\s+(?:eat|drink)\s+(?!(?:it|this|that|much|enough|and|at|before|after|when|there|here|out|alone|anything|all"
        r"|with|in|any\s+more|anymore|now|well|today|yet)\b)" + _VALUE,
        "",
        "preference",
    ),
    Pattern(
        _I_AM
        + r"\s+(?:very\s+|highly\s+|severely\s+)?allergic\s+to\s+(?!(?:mondays|mornings|work|people|stupid|bullshit|drama|you|this|that)\b)"
        + _VALUE,
        "",
    ),
    Pattern(
        r"my\s+" + _THING + r"(?:\s+(?:is|are)|'s)\s+(?:very\s+|highly\s+|severely\s+)?allergic\s+to\s+(?!(?:mondays|work|this|that)\b)" + _VALUE, ""
    ),
    Pattern(r"i\s+have\s+an?\s+(?:severe\s+|bad\s+)?(?P<value>[\w-]+(?:\s[\w-]+)?)\s+allergy", ""),
    Pattern(_I_AM + r"\s+(?P<value>lactose|gluten|fructose|histamine)[\s-]+intolerant", ""),
    Pattern(_I_AM + r"\s+an?\s+(?P<value>(?:strict\s+)?(?:vegetarian|vegan|pescatarian))", "diet"),
    Pattern(_I_AM + r"\s+(?P<value>(?:strictly\s+)?(?:vegetarian|vegan|pescatarian))", "diet"),
    Pattern(r"i\s+speak\s+(?!(?:for|to|with|from|about|up|out|as|of|on|your|my)\b)" + _VALUE, ""),
    Pattern(r"i\s+play\s+(?:the\s+)?(?P<value>guitar|piano|violin|drums|bass|cello|flute|saxophone|trumpet|chess)", ""),
)
SINGLE_VALUED = frozenset(pattern.attribute for pattern in PATTERNS if pattern.attribute)
"""Attributes of which one value holds at a time: the only ones by which anything is replaced without a person saying so."""

# Said before a statement without changing it.
_LEAD_IN = re.compile(
    r"(?:(?:oh|well|so|and|but|also|hey|hi|hello|all|everyone|everybody|folks|guys|btw|fyi|ok|okay|actually|anyway|yes|yeah|no|sorry|correction"
    r"|that's\s+(?:wrong|not\s+right|incorrect)|by\s+the\s+way|just\s+so\s+you\s+know|for\s+the\s+record"
    r"|(?:please\s+)?(?:remember|note)(?:\s+that)?|did\s+i\s+mention(?:\s+that)?|you\s+know|today|these\s+days|now)\s*[^\w\s'\"]*\s+)+",
    re.IGNORECASE,
)
# A value ends where another clause begins.
_NEXT_CLAUSE = re.compile(
    r"\s*(?:[,;:]\s+(?:and|but|so|which|who|because|since|though|although|while|if|what|do|can|could|is|are|any|how"
    r"|where|when|i|he|she|it|they|we|you|my|lol|haha)\b"
    r"|\s[–—-]\s|\s\(|\b(?:and|but)\s+(?:i|my|he|she|it|they|we|you|then|now|is|was)\b|\s(?:because|since|but|although|though|which|lol|haha|xd)\b).*",
    re.IGNORECASE | re.DOTALL,
)
# Said of the present, and no part of the value.
_NOWADAYS = re.compile(r"\s+(?:right\s+)?(?:now|nowadays|currently|these\s+days|at\s+the\s+moment|atm)$", re.IGNORECASE)
# Not meant as it stands.
_UNREAL = re.compile(
    r"\b(?:if|wish|would|unless|suppose|imagine|hypothetically|pretend|maybe|perhaps|jk|kidding|lie|lying|no\s+longer|used\s+to"
    r"|not(?!\s+(?:eat|drink)\b)|never(?!\s+(?:eat|drink)\b))\b",
    re.IGNORECASE,
)
# How people say that something has ended, and what it was.
_ANY_MORE = r"\s+(?:any\s?more|any\s+longer)"
_ENDED = tuple(
    (re.compile(pattern, re.IGNORECASE), was)
    for pattern, was in (
        (r"(i|we|my\s+[\w\s'-]+?)\s+no\s+longer\s+(.+)", r"\1 \2"),
        (r"(i)\s*(?:am|'m)\s+no\s+longer\s+(.+)", r"\1 am \2"),
        (r"(i)\s*(?:am|'m)\s+not\s+(.+?)" + _ANY_MORE, r"\1 am \2"),
        (r"(my\s+[\w\s'-]+?)\s+is\s+no\s+longer\s+(.+)", r"\1 is \2"),
        (r"(i|we)\s+(?:don't|do\s+not)\s+(.+?)" + _ANY_MORE, r"\1 \2"),
    )
)
_COMPILED = tuple((pattern, re.compile(pattern.text, re.IGNORECASE)) for pattern in PATTERNS)


def parse_ending(sentence: str) -> str | None:
    """Return the plain statement that a sentence says is true no more ("I no longer live in Oslo": "I live in Oslo"); None if there is none."""
    plain = _without_lead_in(sentence)
    if plain is None:
        return None
    own = _NEXT_CLAUSE.sub("", plain).rstrip(" ,;:.!")
    for pattern, was in _ENDED:
        match = pattern.fullmatch(own)
        if match is not None and parse_statement(ended := match.expand(was)) is not None:
            return ended
    return None


def _without_lead_in(sentence: str) -> str | None:
    plain = " ".join(sentence.replace("’", "'").split())
    if plain.endswith("?") or len(plain) > 2 * VALUE_CHARACTERS_MAX:
        return None
    plain = plain.rstrip(" .!")
    lead_in = _LEAD_IN.match(plain)
    return plain[lead_in.end() :] if lead_in else plain


def parse_statement(sentence: str) -> Statement | None:
    """Return the plain statement that a sentence makes; None for a question, a condition, a denial, or anything that no pattern knows."""
    plain = _without_lead_in(sentence)
    if plain is None:
        return None
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
    value = _NOWADAYS.sub("", groups["value"]).strip(" \"'`*_")
    if not value or len(value) > VALUE_CHARACTERS_MAX:
        return None
    subject = " ".join((groups.get("subject") or SELF).casefold().split())
    return Statement(text, subject, pattern.attribute, value, pattern.kind)

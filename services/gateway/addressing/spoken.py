"""What somebody says in a message themselves: without the code and the quotes in it, and without signs that nobody sees. Pure."""

import re
import unicodedata

_FENCE = re.compile(r"(`{3,}|~{3,}).*?(?:\1|\Z)", re.DOTALL)
_INLINE = re.compile(r"(`+)[^`\n]+\1")
_QUOTED_REST = re.compile(r"^ {0,3}>>> .*", re.DOTALL | re.MULTILINE)
_QUOTED_LINE = re.compile(r"^ {0,3}> .*$", re.MULTILINE)
_INVISIBLE = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})
# Letters and signs that show nothing though Unicode does not count them as formatting: fillers, the braille blank, variation selectors.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}


def spoken(text: str) -> str:
    """Return the text without code blocks, inline code and quotes: what stands there addresses nobody."""
    if "`" in text or "~~~" in text:
        text = _INLINE.sub(" ", _FENCE.sub(" ", text))
    if ">" in text:
        text = _QUOTED_LINE.sub(" ", _QUOTED_REST.sub(" ", text))
    return text


def is_blank(text: str) -> bool:
    """Return whether there is nothing to see: white space, zero-width signs and the like alone."""
    return all(sign in _BLANK or unicodedata.category(sign) in _INVISIBLE for sign in text)

"""Text as it can stand beside other text: nothing in it that reorders its neighbours, and cut where no sign is torn. Pure.

Library considered: `regex` for whole graphemes; what is cut here is short, and joining signs are told by their category.
"""

import re
import unicodedata

ELLIPSIS = " …"

# Embeddings, overrides and isolates (Unicode Standard Annex 9) and the deprecated shaping controls: they act on what follows, ours or another's. The
# plain marks U+200E, U+200F and U+061C stay: Hebrew and Arabic are written with them, and they reorder nothing but their own place.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u206f]")
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_MARKS_MAX = 4


def without_reordering(text: str) -> str:
    """Return the text without the characters that change the direction of what follows them."""
    return text if text.isascii() else _REORDERING.sub("", text)


def cut(text: str, characters_max: int) -> str:
    """Return the beginning of a text, of at most so many characters, that ends between two signs as people see them.

    A letter with its accents, an emoji of several characters and a flag stay whole; one sign that is longer than the limit by itself is cut.
    """
    if len(text) <= characters_max:
        return text
    end = characters_max
    while end > 0 and joined(text, end):
        end -= 1
    return text[: end or characters_max]


def beginning(text: str, characters_max: int) -> str:
    """Return the beginning of a text on one line, cut at a word where there is one; what is left out shows as an ellipsis."""
    line = " ".join(thinned(text).split())
    if len(line) <= characters_max:
        return line
    head = cut(line, max(1, characters_max - len(ELLIPSIS)))
    words = head.rsplit(" ", 1)[0] if " " in head and not line[len(head)].isspace() else head
    return (words if len(words) * 2 > len(head) else head).rstrip() + ELLIPSIS


def thinned(text: str) -> str:
    """Return the text with at most four combining marks behind each sign: a pile of them covers the lines around it."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks <= _MARKS_MAX:
            kept.append(sign)
    return "".join(kept)


def joined(text: str, place: int) -> bool:
    """Return whether what stands at a place (1 or more) belongs to the sign before it."""
    sign, before = text[place], text[place - 1]
    if before == _JOINER or sign == _JOINER or unicodedata.category(sign).startswith("M") or ord(sign) in _SKIN_TONES or ord(sign) in _TAGS:
        return True
    if ord(sign) not in _FLAG_LETTERS:
        return False
    letters = 0
    while letters < place and ord(text[place - 1 - letters]) in _FLAG_LETTERS:
        letters += 1
    return letters % 2 == 1

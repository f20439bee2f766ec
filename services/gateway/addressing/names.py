"""Whom a text names: the assistant, somebody who was heard in the channel, or somebody unknown.

Names are kept as hashes that mean nothing outside of this process: the state of a channel holds no words that people wrote or chose.
"""

import re
import string
from collections.abc import Callable
from dataclasses import dataclass

NAME_MAX = 40
_WORDS_LOOKED_AT = 60
_SHORTEST = 3
# "anna: ...", "@anna ...", "anna, ..." or "anna - ..."; a name is one word here, or the whole of a display name, looked up as it stands.
_ADDRESS = re.compile(rf"^\W{{0,3}}@?([^\s:,;][^:,;\n]{{0,{NAME_MAX - 1}}}?)\s?([:,;]+(?=\s|$)|\s[-–—]+\s)")
_FIRST = re.compile(r"\W{0,3}(\S+)\s")
_CALLED_SHORTEST = 4
"""Shorter names are too often words where no sign says that they are names."""
# In a text of so few words the last one may be a name without a comma in front.
_SHORT = re.compile(r"(?:\S+\s){1,5}\S+")
_WORD = re.compile(r"[^\s@:,;.!?()\"<>]+")
_TRIMMED = "_-`^|"


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a text names. `addressed` is somebody's id named in front, `mentioned` whether anybody else is named further on.

    `addresses_unknown`: it starts as an address does, but with a name that nobody here has. `mentions_assistant`: its name stands somewhere.
    """

    addressed: str | None = None
    mentioned: str | None = None
    addresses_unknown: bool = False
    mentions_assistant: bool = False


def name_keys(name: str) -> tuple[int, ...]:
    """Return the keys that a name is found by: as a whole, and its first word where that is long enough to be one."""
    whole = _folded(name)
    first = whole.split(" ", 1)[0]
    keys = {hash(whole)} if len(whole) > 1 else set()
    if len(first) >= _SHORTEST:
        keys.add(hash(first))
    return tuple(keys)


def named_in(
    text: str, *, assistant: re.Pattern[str], find: Callable[[int], str | None], is_common: Callable[[str], bool] = lambda word: False
) -> Named:
    """Find the names in what somebody says. `assistant` matches the assistant's name; `find` gives the id of a person by a key of their name.

    `is_common` tells words that everybody uses: without the signs of an address they are no names, whatever somebody calls themselves.
    """
    mentions_assistant = assistant.search(text) is not None
    match = _ADDRESS.match(text)
    addressed: str | None = None
    unknown = False
    if match is not None and not (mentions_assistant and assistant.search(match[1])):
        name = _folded(match[1])
        addressed = find(hash(name))
        # "ok, ..." and "well, ..." address nobody, so that a name that nobody has counts before a colon or after an @ alone.
        unknown = addressed is None and " " not in name and (":" in match[2] or text.lstrip().startswith("@"))
    mentioned = _mentioned(text, find)
    if addressed is None and not unknown and mentioned is not None:
        addressed = _called(text, find, is_common)
    return Named(addressed, mentioned, unknown, mentions_assistant)


def assistant_pattern(name: str) -> re.Pattern[str]:
    """Return what finds the assistant's name as a word of its own."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _mentioned(text: str, find: Callable[[int], str | None]) -> str | None:
    for word in _WORD.findall(text.casefold(), 0, 600)[:_WORDS_LOOKED_AT]:
        if len(word) >= _SHORTEST and (found := find(hash(word.strip(_TRIMMED)))) is not None:
            return found
    return None


def _called(text: str, find: Callable[[int], str | None], is_common: Callable[[str], bool]) -> str | None:
    """Return whom a text calls on at its very beginning or end without the signs of an address: "anna did you see ...", "any news, anna?"."""
    first = _FIRST.match(text)
    for name in (first[1] if first is not None else "", _last(text)):
        if len(name) >= _CALLED_SHORTEST and not is_common(name) and (found := find(hash(_folded(name)))) is not None:
            return found
    return None


def _last(text: str) -> str:
    """Return the last word if a comma or an @ stands before it, or the text is short. Every step is linear: texts may be hostile."""
    text = text.rstrip(f"{string.whitespace}.!?)")
    words = text.split()
    if not words:
        return ""
    _, sign, name = words[-1].rpartition("@" if "@" in words[-1] else ",")
    follows = sign or (len(words) > 1 and (words[-2].endswith((",", "@")) or _SHORT.fullmatch(text)))
    return name if follows else ""


def _folded(name: str) -> str:
    return " ".join(name.casefold().split()).strip(_TRIMMED)

"""Whom a command means where people are written by their names, as Discord's messages reach us: "@Bob Smith 5 credits". Pure.

Names are whatever people choose to be called: a name may hold blanks, numbers and words of a command. So a name is only taken for somebody where
there is no other way to read it: one person is mentioned, one name stands there, and one number. Everything else is asked about, and the slash
command, whose options hold ids, is always clear.
"""

import re
from collections.abc import Sequence

from services.gateway.commands.arguments import Unclear

ASSISTANT = "assistant"
"""The id that stands for the assistant."""

_NUMBER = re.compile(r"-?[0-9][0-9.,]*")
_BY_ID = re.compile(r"<[@#]")
_TO = re.compile(r"(?P<amount>\S+(?:\s+credits?)?\s+to)\s+@.+?(?P<rest>\s+(?:for|because|as)\s.*)?", re.IGNORECASE | re.DOTALL)


def with_ids(text: str, mentioned: Sequence[str], assistant_name: str) -> str:
    """Return "<person> <amount> ..." or "<amount> to <person> ..." with <@id> for the name; as it was where no name stands there.

    `mentioned` are the other people whom the message mentions. Raises Unclear where a name could be read in two ways.
    """
    called = re.compile(rf"@{re.escape(assistant_name)}(?![\w-])", re.IGNORECASE)
    if _BY_ID.search(text) or not mentioned:
        return called.sub(f"<@{ASSISTANT}>", text, count=1)
    if "@" not in text:
        return text
    words = text.split()
    numbers = [index for index, word in enumerate(words) if _NUMBER.fullmatch(word)]
    if len(mentioned) > 1 or text.count("@") > 1 or len(numbers) > 1:
        raise Unclear("person_unclear")
    mention = f"<@{mentioned[0]}>"
    if text.startswith("@"):
        # Without a number the whole is the name, and the amount is asked for.
        return " ".join([mention, *(words[numbers[0] :] if numbers else [])])
    match = _TO.fullmatch(text)
    return f"{match['amount']} {mention}{match['rest'] or ''}" if match is not None else text


def people_in(text: str, mentioned: Sequence[str]) -> str:
    """Return a list of people with <@id> for each who is mentioned by name; a list that holds ids, or channels by their names, is left as it is."""
    if _BY_ID.search(text) or not mentioned or "#" in text or "@" not in text:
        return text
    return " ".join(f"<@{user_id}>" for user_id in mentioned)

"""Is a message meant for the assistant? Rules only; pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from parlour.gateway.v1 import gateway_pb2


class Reason(StrEnum):
    """What decided."""

    DIRECT_MESSAGE = "direct_message"
    MENTION = "mention"
    REPLY = "reply"
    NAME = "name"
    SLASH = "slash"
    EMPTY = "empty"
    NOT_ADDRESSED = "not_addressed"


# Discord writes a mention as <@id>; in front of the text it is an address and no part of what was said.
_MENTION = re.compile(r"^<@!?\d+>[\s,:]*")
_IGNORED = frozenset({Reason.EMPTY, Reason.NOT_ADDRESSED})


@dataclass(frozen=True, slots=True)
class Addressing:
    """The decision. `text` is what was said to the assistant, without its name or mention in front."""

    reason: Reason
    text: str

    @property
    def addressed(self) -> bool:
        """The message is meant for the assistant."""
        return self.reason not in _IGNORED


def decide(message: gateway_pb2.IncomingMessage, *, name: str, slash: bool) -> Addressing:
    """Decide whether a message is meant for the assistant called `name`; `slash`: its text is a slash command of ours."""
    text = message.text.strip()
    if message.mentions_assistant:
        text = _MENTION.sub("", text, count=1).strip() or text
    named = _after_name(text, name)
    said = text if named is None else named
    if not text:
        return Addressing(Reason.EMPTY, "")
    if slash:
        return Addressing(Reason.SLASH, text)
    if not message.guild_id:
        return Addressing(Reason.DIRECT_MESSAGE, said or text)
    if message.mentions_assistant:
        return Addressing(Reason.MENTION, said or text)
    if message.HasField("replied_to") and message.replied_to.from_assistant:
        return Addressing(Reason.REPLY, said or text)
    if named is not None:
        return Addressing(Reason.NAME, said or text)
    return Addressing(Reason.NOT_ADDRESSED, text)


def _after_name(text: str, name: str) -> str | None:
    """What follows "<name>," or "hey <name>:" at the start; None where the text does not start so.

    A name followed by a plain word ("parlour games are fun") is no address: it needs a pause, or nothing after it.
    """
    match = re.match(rf"\s*(?:(?:hey|hi|hello|ok|okay)[\s,]+)?@?{re.escape(name)}\s*(?:[,:;!?…—-]+\s*|$)", text, re.IGNORECASE)
    return text[match.end() :].strip() if match else None

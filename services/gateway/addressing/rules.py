"""Is a message meant for the assistant? What can be said without a model; pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.spoken import is_blank, spoken


class Reason(StrEnum):
    """What decided."""

    DIRECT_MESSAGE = "direct_message"
    MENTION = "mention"
    REPLY = "reply"
    NAME = "name"
    SLASH = "slash"
    CHANNEL = "channel"
    MODEL = "model"
    IGNORED = "ignored"
    EMPTY = "empty"
    NOT_ADDRESSED = "not_addressed"


# Discord writes a mention as <@id>; in front of the text it is an address and no part of what was said.
_MENTION = re.compile(r"^<@!?\d+>[\s,:]*")
_ANY_MENTION = re.compile(r"<@[!&]?\d+>")
# What somebody who names the assistant without a pause asks of it, and what is said to it before its name at the end.
_ASKED = (
    r"(?:(?:what|who|where|when|why|how|which|what's|who's|how's|please|explain|thanks)\b"
    r"|(?:can|could|would|will|do|did|are|have) you\b|(?:tell|show|help|give) (?:me|us)\b)"
)
_GREETED = "hi|hello|hey|thanks|thank you|thx|good morning|good night|good evening|bye|yes|no|ok|okay"
_END_MAX = 120  # characters at the end that are looked at
_UNANSWERED = frozenset({Reason.EMPTY, Reason.IGNORED, Reason.NOT_ADDRESSED})
_NO_SETTINGS = conversation_pb2.GuildSettings()


@dataclass(frozen=True, slots=True)
class Addressing:
    """The decision. `text` is what was said to the assistant, without its name or mention in front.

    `probability` and `threshold` are set where the model was asked.
    """

    reason: Reason
    text: str
    probability: float | None = None
    threshold: float | None = None

    @property
    def addressed(self) -> bool:
        """The message is meant for the assistant."""
        return self.reason not in _UNANSWERED


def decide(message: gateway_pb2.IncomingMessage, *, name: str, slash: bool, settings: conversation_pb2.GuildSettings = _NO_SETTINGS) -> Addressing:
    """Decide by rules whether a message is meant for the assistant called `name`; `slash`: its text is a slash command of ours.

    NOT_ADDRESSED means that no rule says that it is.
    """
    text = message.text.strip()
    mentioned = _is_mentioned(message, name)
    if mentioned:
        text = _MENTION.sub("", text, count=1).strip() or text
    named = _after_name(text, name)
    said = named or text
    if _is_ignored(message, slash, settings):
        return Addressing(Reason.IGNORED, text)
    if is_blank(text) and not (message.images or message.text_files or message.unread_files):
        return Addressing(Reason.EMPTY, "")
    if slash:
        return Addressing(Reason.SLASH, text)
    if not message.guild_id:
        return Addressing(Reason.DIRECT_MESSAGE, said)
    if mentioned:
        return Addressing(Reason.MENTION, said)
    if message.HasField("replied_to") and message.replied_to.from_assistant:
        return Addressing(Reason.REPLY, said)
    if named is not None:
        return Addressing(Reason.NAME, said)
    if message.channel_id in settings.answered_channel_ids and not names_another(message):
        return Addressing(Reason.CHANNEL, said)
    return Addressing(Reason.NOT_ADDRESSED, text)


def names_another(message: gateway_pb2.IncomingMessage) -> bool:
    """Return whether a message is addressed to another person by Discord's own means: it mentions them, or replies to them."""
    return bool(message.mentioned_user_ids) or (message.HasField("replied_to") and not message.replied_to.from_assistant)


def _is_mentioned(message: gateway_pb2.IncomingMessage, name: str) -> bool:
    """A mention in code or in a quote shows something; it addresses nobody. Text without any is the rest of a mention that was taken out."""
    if not message.mentions_assistant:
        return False
    if _ANY_MENTION.search(message.text) is None:
        return True
    own_words = spoken(message.text)
    return _ANY_MENTION.search(own_words) is not None or f"@{name}".casefold() in own_words.casefold()


def _is_ignored(message: gateway_pb2.IncomingMessage, slash: bool, settings: conversation_pb2.GuildSettings) -> bool:
    """Ignoring ends talk, not commands: whoever is ignored can still have everything erased, and a moderator can take it back anywhere."""
    if not message.guild_id or slash:
        return False
    if message.user_id in settings.ignored_user_ids or message.channel_id in settings.ignored_channel_ids:
        return True
    return bool(settings.allowed_channel_ids) and message.channel_id not in settings.allowed_channel_ids


def _after_name(text: str, name: str) -> str | None:
    """What follows "<name>," or "hey <name>:" at the start; None where the text does not start so. Behind code or a quote all of the text is said.

    A name followed by a plain word ("parlour games are fun") is no address: it needs a pause, a question or a request, or nothing after it.
    All of the text is said, too, where the name stands at its end ("what is up, parlour?").
    """
    in_front, at_the_end = _addresses(name)
    match = in_front.match(text)
    if match is not None:
        return text[match.end() :].strip()
    own_words = spoken(text)
    if at_the_end.search(own_words[-_END_MAX:]) is not None:
        return text
    return text if own_words != text and in_front.match(own_words) is not None else None


@lru_cache(maxsize=8)
def _addresses(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    written = rf"@?{re.escape(name)}"
    in_front = re.compile(rf"\s*(?:(?:hey|hi|hello|ok|okay)[\s,]+)?{written}(?:\s*(?:[,:;!?…—-]+\s*|$)|\s+(?={_ASKED}))", re.IGNORECASE)
    at_the_end = re.compile(rf"(?:,\s*|^\s*(?:{_GREETED})\s+){written}\s*[.!?…]*\s*$", re.IGNORECASE)
    return in_front, at_the_end

"""What a message brings beside its words, and how the model is told of it. Pure.

Pictures and texts go on as such; every other file is told in words. Nothing that somebody wrote may reorder what stands beside it.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain as chained

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.spoken import is_blank
from services.gateway.part_cues import Audience, layout_of
from services.gateway.readable_text import cut, without_reordering

TEXT_MAX = 8_000  # of conversation's BeginTurnRequest.text
NO_WORDS = "[no words]"
"""What stands for the text of a message that has none, only pictures."""

_MENTION = re.compile(r"<@!?(\d{1,20})>")
_QUOTED_MAX = 10  # of conversation's BeginTurnRequest.reply_chain
_UNREAD_MAX = 10
_FILE_NAME_MAX = 80
# What conversation takes (its models/images.py); the API's callers may hand in others.
_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})


def received_request(request: gateway_pb2.HandleMessageRequest, assistant_name: str) -> gateway_pb2.HandleMessageRequest:
    """Return a request with its message as everything after this works with it; the one that was handed in stays as it is."""
    clean = gateway_pb2.HandleMessageRequest()
    clean.CopyFrom(request)
    clean.message.CopyFrom(received(request.message, assistant_name))
    return clean


def received(message: gateway_pb2.IncomingMessage, assistant_name: str) -> gateway_pb2.IncomingMessage:
    """Return a message as everything after this works with it.

    What changes the direction of other text is taken out, a text of which nothing can be seen is empty, pictures that no model takes are files that
    cannot be read, and mentions of the assistant by its id behind the beginning are written as its name.
    """
    clean = gateway_pb2.IncomingMessage()
    clean.CopyFrom(message)
    clean.text = "" if is_blank(message.text) else _named(without_reordering(message.text), message, assistant_name)
    clean.user_name = without_reordering(message.user_name)
    quoted = [clean.replied_to] if message.HasField("replied_to") else []
    starter = [clean.thread_starter] if message.HasField("thread_starter") else []
    for one in chained(quoted, clean.reply_chain, starter):
        one.author_name, one.text = without_reordering(one.author_name), without_reordering(one.text)
    shown = [image for image in message.images if _is_shown(image)]
    hidden = [image.description or "picture" for image in message.images if not _is_shown(image)]
    del clean.images[:], clean.unread_files[:]
    clean.images.extend(shown)
    clean.unread_files.extend([*message.unread_files, *hidden][:_UNREAD_MAX])
    return clean


def _named(text: str, message: gateway_pb2.IncomingMessage, assistant_name: str) -> str:
    if not message.mentions_assistant or "<@" not in text:
        return text
    layout = layout_of(text)

    def replaced(match: re.Match[str]) -> str:
        # In front it is the address that the rules take off; in code and quotes it shows something and addresses nobody.
        own = match.start() > 0 and match[1] not in message.mentioned_user_ids and not layout.covers(match.start())
        return f"@{assistant_name}" if own else match[0]

    return _MENTION.sub(replaced, text)


def _is_shown(image: gateway_pb2.Image) -> bool:
    if image.url.startswith("data:"):
        return True  # conversation looks into it and says what is wrong
    return image.url.startswith("https://") and image.media_type.lower() in _PICTURES


def audience_of(message: gateway_pb2.IncomingMessage, assistant_name: str) -> Audience:
    """Return who could be meant by the parts of a message: the assistant, and who is quoted or mentioned."""
    quoted = [message.replied_to, *message.reply_chain, message.thread_starter]
    names = {one.author_name for one in quoted if one.author_name and not one.from_assistant}
    return Audience(
        assistant_name,
        frozenset(names | {name.split()[0] for name in names if name.split()}),
        frozenset(message.mentioned_user_ids),
        mentioned=message.mentions_assistant,
        replied=message.replied_to.from_assistant,
        alone=not message.guild_id,
    )


def has_attachments(message: gateway_pb2.IncomingMessage) -> bool:
    """Whether a message without words says something all the same."""
    return bool(message.images or message.text_files or message.unread_files)


def cannot_be_read(message: gateway_pb2.IncomingMessage) -> bool:
    """Whether a message is nothing but files that cannot be read, or could not be loaded."""
    readable = any(file.text.strip() for file in message.text_files)
    return bool(message.unread_files or message.text_files) and not (message.text or message.images or readable)


def told_text(message: gateway_pb2.IncomingMessage, said: str) -> str:
    """Return what is stored as a message's text and shown to the model: its words, and the names of its files in a stable form.

    Pictures are told by conversation, which knows whether the model sees them.
    """
    files = [f"[file: {_one_name(file.name)}]" for file in message.text_files if file.text.strip()]
    unread = [*(file.name for file in message.text_files if not file.text.strip()), *message.unread_files]
    files += [f"[file that you cannot read: {_one_name(name)}]" for name in unread]
    if not files:
        return said or NO_WORDS
    notes = " ".join(files)
    words = cut(said, max(0, TEXT_MAX - len(notes) - 1)) if said else ""
    return f"{words}\n{notes}".strip()[:TEXT_MAX]


def _one_name(name: str) -> str:
    plain = "".join(sign for sign in " ".join(without_reordering(name).split()) if sign.isprintable() and sign not in "[]<>")
    return cut(plain, _FILE_NAME_MAX) or "unnamed"


def text_files(files: Iterable[gateway_pb2.TextFile], characters_max: int) -> list[conversation_pb2.TextFile]:
    """Return files cut so that they have at most `characters_max` characters in all: at a line, and told how many lines are left out.

    One without a text, which may not have been loaded, is none. Each may have an equal share of what those before it left.
    """
    given = [file for file in files if file.text.strip()]
    left, kept = characters_max, []
    for number, file in enumerate(given):
        text = _beginning(file.text, left // (len(given) - number))
        left -= len(text)
        left_out = file.text[len(text) :]
        lines = left_out.count("\n") + (not left_out.endswith("\n")) if left_out else 0
        kept.append(conversation_pb2.TextFile(name=_one_name(file.name), text=text, left_out_lines=lines))
    return kept


def _beginning(text: str, characters_max: int) -> str:
    if len(text) <= characters_max:
        return text
    line_end = text.rfind("\n", 0, characters_max) + 1
    # A file of one endless line is cut inside of it: half of something is worth more than nothing.
    return text[:line_end] if line_end * 2 > characters_max else cut(text, characters_max) if characters_max else ""


def quoted(said: gateway_pb2.RepliedTo) -> conversation_pb2.RepliedTo:
    """Return a quoted message as conversation takes it."""
    return conversation_pb2.RepliedTo(
        message_id=said.message_id, author_id=said.author_id, author_name=said.author_name, text=said.text, from_assistant=said.from_assistant
    )


def images(message: gateway_pb2.IncomingMessage) -> list[conversation_pb2.Image]:
    """Return a message's pictures as conversation takes them."""
    return [conversation_pb2.Image(url=image.url, media_type=image.media_type, description=image.description) for image in message.images]


def part_message(message: gateway_pb2.IncomingMessage, message_id: str, rest: str, *, first: bool) -> gateway_pb2.IncomingMessage:
    """Return the message that a part is a turn of.

    `rest`: what else the message says, to others; the part is understood as if it replied to that. Pictures come with the first part, and stand
    among the earlier ones for the others.
    """
    part = gateway_pb2.IncomingMessage()
    part.CopyFrom(message)
    part.message_id = message_id
    if not first:
        del part.images[:]
    if rest:
        chain = [*([message.replied_to] if message.HasField("replied_to") else ()), *message.reply_chain]
        del part.reply_chain[:]
        part.reply_chain.extend(_bounded(chain))
        part.replied_to.CopyFrom(gateway_pb2.RepliedTo(message_id=message_id, author_id=message.user_id, author_name=message.user_name, text=rest))
    return part


def _bounded(chain: Sequence[gateway_pb2.RepliedTo]) -> Sequence[gateway_pb2.RepliedTo]:
    return chain[:_QUOTED_MAX]

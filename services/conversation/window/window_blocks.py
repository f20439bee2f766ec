"""How the parts of a prompt are written down: who said what, and everything that people wrote inside marks that it cannot close. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.conversation.models.images import Image
from services.conversation.window.prompt_marks import without_marks

NAME_CHARS_MAX = 64
EARLIER_OPEN, EARLIER_CLOSE = "<earlier>", "</earlier>"
MEMORIES_OPEN, MEMORIES_CLOSE = "<memories>", "</memories>"
SUMMARIES_OPEN, SUMMARIES_CLOSE = "<summaries>", "</summaries>"

_LINE_END = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_QUOTES = re.compile(r'[<>"]')
_MENTION = re.compile(r"<@!?([^\s<>@!]{1,64})>")


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt; `role` is system, user or assistant."""

    role: str
    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the conversation so far. A stored one has a `sequence`, the time when it was sent, and its place (recent_window.py)."""

    role: str
    author_id: str
    author_name: str
    text: str
    sequence: int = 0
    message_id: str = ""
    sent_at: datetime | None = None
    offset_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What was talked about earlier; `sequence` lies in the middle of those of the messages that it sums up."""

    text: str
    sequence: int = 0


SUMMARY = "summary"
"""The role of a summary that stands among earlier messages."""

type Names = Mapping[str, str]
"""What people are called, by their ids."""


def names_of(messages: Iterable[Said]) -> dict[str, str]:
    """Return what the authors of messages are called; the last name counts."""
    return {said.author_id: name for said in messages if said.role not in ("assistant", SUMMARY) and (name := _plain_name(said.author_name))}


def shown_text(text: str, names: Names) -> str:
    """Return what somebody wrote as a model may see it: no marks of ours, and mentions as @Name where the name is known."""
    if "<@" in text:
        text = _MENTION.sub(lambda found: f"@{names[found[1]]}" if found[1] in names else found[0], text)
    return without_marks(text)


def turn_message(said: Said, names: Names, *, named: bool) -> PromptMessage:
    """Return a message of the recent conversation. `named`: several people talk, so that everybody's messages bear their names."""
    text = shown_text(said.text, names)
    if said.role == "assistant":
        return PromptMessage("assistant", text)
    return PromptMessage("user", f"<message{_from(said.author_name)}>\n{text}\n</message>" if named else text)


def earlier_line(said: Said, names: Names) -> str:
    """Return an earlier message in one line, so that nothing in it can pass for another's."""
    if said.role == SUMMARY:
        return f"(in short) {_one_line(shown_text(said.text, names))}"
    speaker = "you" if said.role == "assistant" else _plain_name(said.author_name).replace(":", "") or "somebody"
    return f"{speaker}: {_one_line(shown_text(said.text, names))}"


def day_line(said: Said) -> str:
    """Return the line above the earlier messages of a day (UTC), empty where it is not known."""
    return said.sent_at.date().isoformat() if said.sent_at is not None else ""


def memory_line(memory: str) -> str:
    """Return a memory in one line."""
    return f"- {' '.join(without_marks(memory).split())}"


def summary_line(summary: str) -> str:
    """Return a summary in one line."""
    return f"- {' '.join(without_marks(summary).split())}"


def rules_block(rules: str) -> str:
    """Return a guild's rules, which its keepers wrote and which the model shall keep."""
    return f"The rules of this place, which nobody's wish changes:\n<rules>\n{without_marks(rules)}\n</rules>"


def relationship_block(relationship: str) -> str:
    """Return what is known of the person who asks."""
    return f"<relationship>\n{without_marks(relationship)}\n</relationship>"


def replied_to_block(said: Said, names: Names) -> str:
    """Return the message that is replied to. Of several blocks, each replies to the one before."""
    return f"<replied_to{_from(_speaker(said))}>\n{shown_text(said.text, names)}\n</replied_to>"


def thread_starter_block(said: Said, names: Names) -> str:
    """Return the message that the thread was started from."""
    return f"<thread_starter{_from(_speaker(said))}>\n{shown_text(said.text, names)}\n</thread_starter>"


def text_file_block(name: str, text: str, left_out_lines: int) -> str:
    """Return a file that came with the message, and how much of its end is not here."""
    lines = "line is" if left_out_lines == 1 else "lines are"
    note = f"\n[{left_out_lines} more {lines} left out]" if left_out_lines else ""
    return f'<text_file name="{_plain_name(name)}">\n{without_marks(text.rstrip())}{note}\n</text_file>'


def asked_block(said: Said, names: Names, *, named: bool) -> str:
    """Return the message that is to be answered; it ends the prompt."""
    name = _plain_name(said.author_name) if named else ""
    text = shown_text(said.text, names)
    return f"{name} asks you:\n{text}" if name else text


def merged(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    """Join neighbours of one role: many chat templates want the roles to alternate."""
    joined: list[PromptMessage] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            joined[-1] = PromptMessage(message.role, f"{joined[-1].text}\n{message.text}", (*joined[-1].images, *message.images))
        else:
            joined.append(message)
    return joined


def _one_line(text: str) -> str:
    # What is printable has no line end: told in a tenth of the time.
    return text if text.isprintable() or not _LINE_END.search(text) else " ".join(text.split())


def _speaker(said: Said) -> str:
    return "you" if said.role == "assistant" else said.author_name


def _from(author_name: str) -> str:
    name = _plain_name(author_name)
    return f' from="{name}"' if name else ""


def _plain_name(name: str) -> str:
    if not name.isalnum() and (not name.isprintable() or _QUOTES.search(name)):
        name = "".join(char for char in name if char.isprintable() and char not in '<>"')
    return name[:NAME_CHARS_MAX].strip()

"""What the model is shown: a prompt that fits a token budget, built from the parts of a conversation. Pure.

Stable parts come first (persona, then the conversation in order), what changes with every turn comes last (memories, what is replied to, the
message): a provider's prefix cache then keeps all of the prompt but its end. What people wrote is data, inside marks that it cannot close.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.conversation.persona import without_marks
from services.runtime.errors import ContextTooLong

MESSAGE_OVERHEAD_TOKENS = 6
"""What a chat template puts around each message."""

_ASCII_PER_TOKEN = 3.5
_BYTES_PER_TOKEN = 2.0


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt; `role` is system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the conversation so far."""

    role: str
    author_id: str
    author_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What could go into a prompt: `memories` and `older` messages best first, `summaries` and `history` (the newest messages) oldest first."""

    system: str
    message: Said
    memories: Sequence[str] = ()
    history: Sequence[Said] = ()
    replied_to: Said | None = None
    rules: str = ""
    relationship: str = ""
    summaries: Sequence[str] = ()
    older: Sequence[Said] = ()


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the room beside persona and message each part may take, 0 to 1; history takes what is left."""

    memories: float = 0.35
    replied_to: float = 0.3


@dataclass(frozen=True, slots=True)
class Prompt:
    """The prompt, its estimated size, and what did not fit, in plain words."""

    messages: tuple[PromptMessage, ...]
    tokens: int
    left_out: tuple[str, ...]


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few: 3.5 ASCII characters or 2 bytes of anything else a token.

    English averages 4.2 characters a token in common tokenizers, CJK about one token a character (3 bytes).
    """
    if text.isascii():
        return int(len(text) / _ASCII_PER_TOKEN) + 1
    size = len(text.encode("utf-8", "replace"))
    ascii_chars = sum(1 for char in text if char < "\x80")
    return int(ascii_chars / _ASCII_PER_TOKEN + (size - ascii_chars) / _BYTES_PER_TOKEN) + 1


def prompt_tokens(messages: Sequence[PromptMessage]) -> int:
    """Estimate the tokens of a prompt, the chat template's own included."""
    return sum(estimate_tokens(message.text) + MESSAGE_OVERHEAD_TOKENS for message in messages)


def build_prompt(parts: Parts, budget_tokens: int, shares: Shares) -> Prompt:
    """Return the prompt that fits the budget; persona and message are always in.

    Raises ContextTooLong when those two alone do not fit.
    """
    system, message = PromptMessage("system", parts.system), without_marks(parts.message.text)
    fixed = prompt_tokens((system, PromptMessage("user", message)))
    room = budget_tokens - fixed
    if room < 0:
        raise ContextTooLong(f"persona and message need {fixed} tokens, {budget_tokens} may be used")
    left_out: list[str] = []
    blocks = [message]
    room, replied_to = _fit_replied_to(parts.replied_to, room, int(room * shares.replied_to), left_out)
    blocks[:0] = replied_to
    room, memories = _fit_memories(parts.memories, room, int(room * shares.memories), left_out)
    blocks[:0] = memories
    history = _fit_history(parts.history, parts.message.author_id, room, left_out)
    messages = _merged([system, *history, PromptMessage("user", "\n".join(blocks))])
    return Prompt(tuple(messages), prompt_tokens(messages), tuple(left_out))


def _fit_replied_to(said: Said | None, room: int, limit: int, left_out: list[str]) -> tuple[int, list[str]]:
    if said is None or not said.text:
        return room, []
    block = f"<replied_to{_from(said)}>\n{without_marks(said.text)}\n</replied_to>"
    cost = _block_tokens(block)
    if cost > limit:
        left_out.append("the message replied to")
        return room, []
    return room - cost, [block]


def _fit_memories(memories: Sequence[str], room: int, limit: int, left_out: list[str]) -> tuple[int, list[str]]:
    if not memories:
        return room, []
    used = _block_tokens("<memories>\n</memories>")
    lines: list[str] = []
    for memory in memories:
        line = "- " + " ".join(without_marks(memory).split())
        cost = _block_tokens(line)
        if used + cost <= limit:
            used += cost
            lines.append(line)
    if len(lines) < len(memories):
        left_out.append(_counted(len(memories) - len(lines), "memory", "memories"))
    if not lines:
        return room, []
    return room - used, ["\n".join(["<memories>", *lines, "</memories>"])]


def _fit_history(history: Sequence[Said], reader_id: str, room: int, left_out: list[str]) -> list[PromptMessage]:
    """Take the newest messages that fit, without a gap: an answer is of little use without its question."""
    taken: list[PromptMessage] = []
    for said in reversed(history):
        shown = _shown(said, reader_id)
        cost = _block_tokens(shown.text) + MESSAGE_OVERHEAD_TOKENS
        if cost > room:
            break
        room -= cost
        taken.append(shown)
    if len(taken) < len(history):
        left_out.append(_counted(len(history) - len(taken), "earlier message", "earlier messages"))
    return taken[::-1]


def _shown(said: Said, reader_id: str) -> PromptMessage:
    text = without_marks(said.text)
    if said.role == "assistant":
        return PromptMessage("assistant", text)
    if said.author_id == reader_id:
        return PromptMessage("user", text)
    return PromptMessage("user", f"<message{_from(said)}>\n{text}\n</message>")


def _from(said: Said) -> str:
    name = "".join(char for char in said.author_name if char.isprintable() and char not in '<>"')[:64].strip()
    return f' from="{name}"' if name else ""


def _merged(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    """Join neighbours of one role: many chat templates want the roles to alternate."""
    merged: list[PromptMessage] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = PromptMessage(message.role, f"{merged[-1].text}\n{message.text}")
        else:
            merged.append(message)
    return merged


def _block_tokens(block: str) -> int:
    return estimate_tokens(block + "\n")


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"

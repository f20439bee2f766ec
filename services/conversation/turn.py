"""A turn: one message answered. What it is, who may still write to it, what it cost. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from services.conversation.models.images import Image
from services.runtime.errors import NotFound, StaleFence

NOT_STORED = 0
"""The fence of a turn that was begun while the database was away."""


class TurnState(IntEnum):
    """How far a turn has come; the numbers are those of the protos."""

    ACCEPTED = 1
    FINISHED = 2
    CUT = 3
    APOLOGISED = 4
    WITHDRAWN = 5


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens used by one reply or completion, and the pictures shown. cached_prompt_tokens are a part of prompt_tokens, reasoning_tokens of
    completion_tokens."""

    model: str = ""
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    images: int = 0


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message that comes along with one to be answered."""

    message_id: str
    author_id: str
    author_name: str
    text: str
    from_assistant: bool = False


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text that was attached as a file; `left_out_lines` of its end are not here."""

    name: str
    text: str
    left_out_lines: int = 0


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A message to be answered; `replied_to` has message_id, author_id, author_name, text.

    `reply_chain` is what that replies to, and so on, nearest first. It, the thread's first message and the files are shown to a model with this
    message and not stored: the others' texts are theirs to be kept where they said them.
    """

    message_id: str
    attempt: int
    guild_id: str
    channel_id: str
    user_id: str
    user_name: str
    text: str
    channel_hidden: bool = False
    origin: str = ""
    replied_to: Mapping[str, str] | None = None
    images: tuple[Image, ...] = ()
    nickname: str = ""
    replied_to_own: bool = False
    reply_chain: tuple[Quoted, ...] = ()
    thread_starter: Quoted | None = None
    text_files: tuple[TextFile, ...] = ()

    @property
    def turn_id(self) -> str:
        """<message_id>:<attempt>, from which every other request id of the turn derives."""
        return f"{self.message_id}:{self.attempt}"

    @property
    def called(self) -> str:
        """What the person is called in this guild."""
        return self.nickname or self.user_name

    def accepted(self, fence: int, accept_time: datetime) -> "Turn":
        """Return the turn that this message has become."""
        return Turn(
            turn_id=self.turn_id,
            message_id=self.message_id,
            attempt=self.attempt,
            guild_id=self.guild_id,
            channel_id=self.channel_id,
            user_id=self.user_id,
            user_name=self.user_name,
            nickname=self.nickname,
            channel_hidden=self.channel_hidden,
            origin=self.origin,
            state=TurnState.ACCEPTED,
            fence=fence,
            accept_time=accept_time,
            payload_hash=self.payload_hash(),
        )

    def payload_hash(self) -> bytes:
        """A digest of what must not differ when the message is handed in again."""
        fields = (self.guild_id, self.channel_id, self.user_id, self.text, *(image.url for image in self.images))
        return hashlib.sha256("\0".join(fields).encode()).digest()


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as it is stored."""

    turn_id: str
    message_id: str
    attempt: int
    guild_id: str
    channel_id: str
    user_id: str
    user_name: str
    channel_hidden: bool
    origin: str
    state: TurnState
    fence: int
    accept_time: datetime
    payload_hash: bytes
    usage: Usage = Usage()
    truncated: bool = False
    account_id: str = ""
    hold_id: str = ""
    nickname: str = ""
    lease_id: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends. `text` is what the person saw, `usage` what is charged for it (None: nothing is)."""

    turn_id: str
    fence: int
    state: TurnState
    text: str
    usage: Usage | None
    account_id: str = ""
    hold_id: str = ""
    truncated: bool = False
    lease_id: str = ""


def check_fence(turn: Turn, fence: int) -> None:
    """Raise StaleFence where the turn was handed to somebody else since this fence was issued, NotFound where there is no such turn's fence."""
    if fence < turn.fence:
        raise StaleFence(f"turn {turn.turn_id} has fence {turn.fence}, not {fence}")
    if fence > turn.fence:
        raise NotFound("fence")


def check_newest(turn: Turn, newest_fence: int) -> None:
    """Raise StaleFence where the person's next turn has begun: its answer must not be overtaken by this one's."""
    if turn.fence < newest_fence:
        raise StaleFence(f"turn {turn.turn_id} has fence {turn.fence}, a turn with {newest_fence} has begun")

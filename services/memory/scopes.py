"""Where a memory belongs and who sees it. Pure.

A scope's id is a hash of what names it, so that no look-up is needed to know it, and so that every key and policy compares 16 bytes.
"""

import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum

from services.runtime.errors import InvalidField


class Visibility(StrEnum):
    """Who may see a memory."""

    PRIVATE = "private"  # this user, in direct messages
    GUILD = "guild"  # this user, in this guild
    SHARED = "shared"  # everyone in the guild


@dataclass(frozen=True, slots=True)
class Scope:
    """A place for memories. With a channel_id what lies in it is recalled only in that channel. user_id is whose memory it is."""

    visibility: Visibility
    guild_id: str
    channel_id: str
    user_id: str

    def check(self, field: str) -> None:
        """Raise InvalidField, naming the field below `field`, where guild and visibility contradict each other."""
        if self.visibility is Visibility.PRIVATE and self.guild_id:
            raise InvalidField(f"{field}.guild_id", "must be empty for a private memory")
        if self.visibility is not Visibility.PRIVATE and not self.guild_id:
            raise InvalidField(f"{field}.guild_id", "must be set unless the memory is private")

    @property
    def key_user_id(self) -> str:
        """The user that the scope is separate for: none where it is everyone's."""
        return "" if self.visibility is Visibility.SHARED else self.user_id

    @property
    def scope_id(self) -> uuid.UUID:
        """The id of the scope. Ids of Discord hold no white space, so a line break separates them."""
        key = "\n".join((self.visibility, self.guild_id, self.channel_id, self.key_user_id))
        return uuid.UUID(bytes=hashlib.sha256(key.encode()).digest()[:16])


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking, and from where: without a guild_id from direct messages."""

    guild_id: str
    channel_id: str
    user_id: str

    def scope_ids(self) -> list[uuid.UUID]:
        """Return every scope that this viewer may see, and no other: their own of the place, what is shared in it, this channel's of both."""
        kinds = (Visibility.GUILD, Visibility.SHARED) if self.guild_id else (Visibility.PRIVATE,)
        channels = ("", self.channel_id) if self.channel_id else ("",)
        return [Scope(kind, self.guild_id, channel_id, self.user_id).scope_id for kind in kinds for channel_id in channels]

"""What a guild's moderators decide, and what holds where they never did. Pure; the one place of the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FLAGS = ("summaries", "preference_detection", "writing_style", "relationships", "images", "addressing_model", "partial_responses")
"""Features that a guild may switch off."""

LISTS = ("answered_channel_ids", "allowed_channel_ids", "ignored_channel_ids", "ignored_user_ids")
"""Channels and people that something else holds for, each named once, in the order in which they were named."""

DECISIONS = ("addressing_threshold", "channel_context", "extraction", "rules", "retention_days", *FLAGS, *LISTS)
"""The names of what is decided: of fields here, of columns, and of fields in the protos."""


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """What holds in a guild; these are the defaults of a guild that never decided anything.

    `decided` names the flags that the guild has set itself: the others follow the defaults of the release at hand. `retention_days` of 0: messages
    are kept until somebody deletes them. `addressing_threshold` of 0: the default of the release. `version` counts the edits, `update_time` is the
    time of the last.
    """

    addressing_threshold: float = 0.0
    channel_context: bool = False
    extraction: bool = True
    rules: str = ""
    retention_days: int = 0
    summaries: bool = True
    preference_detection: bool = True
    writing_style: bool = True
    relationships: bool = True
    images: bool = True
    addressing_model: bool = True
    partial_responses: bool = True
    answered_channel_ids: tuple[str, ...] = ()
    allowed_channel_ids: tuple[str, ...] = ()
    ignored_channel_ids: tuple[str, ...] = ()
    ignored_user_ids: tuple[str, ...] = ()
    decided: frozenset[str] = frozenset()
    version: int = 0
    update_time: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """Return the decisions by name; a flag that was never decided is None, a list a list."""
        stored: dict[str, Any] = {name: getattr(self, name) if name in self.decided or name not in FLAGS else None for name in DECISIONS}
        return stored | {name: list(stored[name]) for name in LISTS}


DEFAULTS = GuildSettings()


def settings_of(decisions: Mapping[str, Any], *, version: int, update_time: datetime | None = None) -> GuildSettings:
    """Return the settings that hold by decisions as `stored` gives them: a flag that is None, or not there, has its default."""
    given = {name: value for name in DECISIONS if (value := decisions.get(name)) is not None}
    given |= {name: tuple(dict.fromkeys(given[name])) for name in LISTS if name in given}
    return GuildSettings(**given, decided=frozenset(given) & frozenset(FLAGS), version=version, update_time=update_time)

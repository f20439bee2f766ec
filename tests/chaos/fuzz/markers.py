"""What stands in a recipe for a value that is only known when the request is sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remembered:
    """A value that an answer or an accepted request brought before. `kind` as in `kind_of`; `choice` picks one."""

    kind: str
    choice: int


@dataclass(frozen=True, slots=True)
class New:
    """An id that nobody has used."""

    kind: str


IDS = frozenset(
    {
        "account_id",
        "channel_id",
        "confirmation_id",
        "consistency_token",
        "erasure_id",
        "fence",
        "finding_id",
        "grant_id",
        "guild_id",
        "hold_id",
        "instance_id",
        "lease_id",
        "memory_id",
        "message_id",
        "page_token",
        "plan_id",
        "request_id",
        "turn_id",
        "user_id",
        "attempt",
        "version",
    }
)
_OTHER_NAMES = {
    "author_id": "user_id",
    "claimant": "instance_id",
    "from_account_id": "account_id",
    "ignored_user_ids": "user_id",
    "mentioned_user_ids": "user_id",
    "message_ids": "message_id",
    "next_page_token": "page_token",
    "sponsor_account_id": "guild_account_id",
    "superseded_by": "memory_id",
    "to_account_id": "account_id",
}
MADE_BY_CALLERS = frozenset({"request_id", "message_id", "turn_id"})
"""What a caller thinks up anew for each request, or else nothing would be accepted twice."""


def kind_of(field_name: str) -> str | None:
    """Return what an id is an id of, whatever its field is called; None for what is no id."""
    if field_name in IDS:
        return field_name
    if field_name.endswith("_channel_ids"):
        return "channel_id"
    return _OTHER_NAMES.get(field_name)

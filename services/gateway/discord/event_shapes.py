"""What an event must look like where we read it ourselves: what nextcord takes as it comes would fail later, in the middle of an answer. Pure.

Only what we rely on is named; a field more, or one that a compatible server leaves out, is nobody's concern.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_PROBLEMS_MAX = 3
type _Id = Annotated[int, Field(strict=False, ge=0, lt=2**64)]


class EventUnreadable(ValueError):
    """An event is not shaped like one. The message says where and in what, and holds nothing of what it carried."""


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Member(_Shape):
    roles: list[_Id] = []
    nick: str | None = None


class _User(_Shape):
    id: _Id
    username: str = ""
    global_name: str | None = None
    bot: bool = False
    member: _Member | None = None


class _Attachment(_Shape):
    id: _Id
    filename: str
    size: int = Field(ge=0)
    url: str
    content_type: str | None = None
    description: str | None = None


class _Message(_Shape):
    id: _Id
    channel_id: _Id
    guild_id: _Id | None = None
    webhook_id: _Id | None = None
    content: str = ""
    edited_timestamp: str | None = None
    author: _User | None = None
    member: _Member | None = None
    mentions: list[_User] = []
    mention_roles: list[_Id] = []
    attachments: list[_Attachment] = []
    referenced_message: "_Message | None" = None

    @model_validator(mode="after")
    def _member_is_of_a_guild(self) -> "_Message":
        # Without its guild it would be taken for a direct message, whose answers may say what is private.
        if self.member is not None and self.guild_id is None:
            raise ValueError("a member of no guild")
        return self


class _Option(_Shape):
    name: str
    options: "list[_Option] | None" = None


class _Row(_Shape):
    components: list[dict[str, Any]] = []
    component: dict[str, Any] | None = None


class _PartOfMessage(_Shape):
    """A message as an interaction brings it along."""

    content: str | None = None
    author: _User | None = None
    mentions: list[_User] | None = None


class _Resolved(_Shape):
    messages: dict[str, _PartOfMessage] | None = None


class _Data(_Shape):
    name: str = ""
    custom_id: str = ""
    options: list[_Option] | None = None
    values: list[str] = []
    components: list[_Row] = []
    resolved: _Resolved | None = None


class _UserOfGuild(_Member):
    user: _User


class _Interaction(_Shape):
    id: _Id
    application_id: _Id
    token: str
    channel_id: _Id | None = None
    guild_id: _Id | None = None
    member: _UserOfGuild | None = None
    user: _User | None = None
    data: _Data | None = None


_SHAPES: Mapping[str, type[_Shape]] = {"MESSAGE_CREATE": _Message, "MESSAGE_UPDATE": _Message, "INTERACTION_CREATE": _Interaction}


def check_event(event: str, data: Any) -> None:
    """Raise EventUnreadable where an event that we read is not shaped like one."""
    shape = _SHAPES.get(event)
    if shape is None:
        return
    try:
        shape.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:_PROBLEMS_MAX]
        problems = (f"{'.'.join(str(place)[:40] for place in one['loc'])}: {one['type']}" for one in found)
        raise EventUnreadable("; ".join(problems)) from None

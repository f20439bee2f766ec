"""GuildSettingsService: translates between protos and what guilds decide."""

from typing import Any

import grpc
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.guilds.guild_settings import DECISIONS, FLAGS, LISTS, GuildSettings, settings_of
from services.conversation.guilds.guild_settings_store import save_guild_settings, select_guild_settings_versions
from services.conversation.guilds.settings_cache import SettingsCache
from services.conversation.requests import once
from services.conversation.window.prompt_marks import foreign_mark
from services.runtime.database import Database
from services.runtime.errors import InvalidField

_PAGE_SIZE = 50

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class GuildSettingsServicer(conversation_pb2_grpc.GuildSettingsServiceServicer):
    """What a guild's moderators decide. The newest `versions_max` versions of it are kept."""

    def __init__(self, database: Database, cache: SettingsCache, *, versions_max: int) -> None:
        self._database = database
        self._cache = cache
        self._versions_max = versions_max

    async def GetGuildSettings(
        self, request: pb.GetGuildSettingsRequest, context: _Context[pb.GetGuildSettingsResponse]
    ) -> pb.GetGuildSettingsResponse:
        """Read a guild's settings. Flags that it never decided are not set, so that sending the settings back does not decide them."""
        settings = await self._cache.guild_settings(request.guild_id)
        return pb.GetGuildSettingsResponse(settings=guild_settings_proto(request.guild_id, settings))

    async def UpdateGuildSettings(
        self, request: pb.UpdateGuildSettingsRequest, context: _Context[pb.UpdateGuildSettingsResponse]
    ) -> pb.UpdateGuildSettingsResponse:
        """Store a guild's settings in their next version. When this has answered, no instance reads an earlier one."""
        guild_id, settings = request.settings.guild_id, guild_settings_value(request.settings)

        async def act(session: AsyncSession) -> pb.UpdateGuildSettingsResponse:
            stored = await save_guild_settings(session, guild_id, settings, versions_max=self._versions_max)
            return pb.UpdateGuildSettingsResponse(settings=guild_settings_proto(guild_id, stored))

        async with self._cache.editing_guild(guild_id):
            return await once(self._database, request, pb.UpdateGuildSettingsResponse, act)

    async def ListGuildSettingsVersions(
        self, request: pb.ListGuildSettingsVersionsRequest, context: _Context[pb.ListGuildSettingsVersionsResponse]
    ) -> pb.ListGuildSettingsVersionsResponse:
        """List a page of a guild's settings as they were, newest first."""
        size = request.page_size or _PAGE_SIZE
        before = _before(request.page_token)
        async with self._database.read() as session:
            found = await select_guild_settings_versions(session, request.guild_id, before=before, limit=size + 1)
        page = found[:size]
        token = str(page[-1].version) if len(found) > size else ""
        versions = [guild_settings_proto(request.guild_id, settings) for settings in page]
        return pb.ListGuildSettingsVersionsResponse(versions=versions, next_page_token=token)


def guild_settings_value(settings: pb.GuildSettings) -> GuildSettings:
    """Return settings as they came. Raises InvalidField for rules that would leave their block of a prompt, and for an id that is empty."""
    if mark := foreign_mark(settings.rules):
        raise InvalidField("settings.rules", f"must not hold {mark[:40]!r}, which would end their part of the prompt")
    for name in LISTS:
        if "" in getattr(settings, name):
            raise InvalidField(f"settings.{name}", "must not hold an empty id")
    given = {field.name for field, _ in settings.ListFields()}  # of the flags: those that are set, to whatever
    decisions = {name: getattr(settings, name) for name in DECISIONS if name not in FLAGS or name in given}
    return settings_of({**decisions, "rules": settings.rules.strip()}, version=settings.version)


def guild_settings_proto(guild_id: str, settings: GuildSettings) -> pb.GuildSettings:
    """Return settings as they are sent."""
    sent = pb.GuildSettings(guild_id=guild_id, **settings.stored(), version=settings.version)
    if settings.update_time is not None:
        sent.update_time.FromDatetime(settings.update_time)
    return sent


def _before(token: str) -> int | None:
    if not token:
        return None
    if not token.isascii() or not token.isdigit() or len(token) > 18:
        raise InvalidField("page_token", "is not one that a page came with")
    return int(token)

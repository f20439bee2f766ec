"""PersonaService and GuildSettingsService: translate between protos and what is stored."""

import re
from typing import Any

import grpc
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.proto_forms import guild_settings_proto, guild_settings_value, persona_proto, persona_value
from services.conversation.requests import once
from services.conversation.settings_store import save_guild_settings, save_persona, select_guild_settings, select_persona
from services.runtime.database import Database
from services.runtime.errors import InvalidField

# The shape of RFC 5646, section 2.1, without its registry.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class PersonaServicer(conversation_pb2_grpc.PersonaServiceServicer):
    """How the assistant speaks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def GetPersona(self, request: pb.GetPersonaRequest, context: _Context[pb.GetPersonaResponse]) -> pb.GetPersonaResponse:
        """Read the persona in force. Its version is that of its source: to make another scope's first persona, send version 0."""
        async with self._database.read() as session:
            persona, source = await select_persona(session, request.guild_id, request.user_id)
        return pb.GetPersonaResponse(persona=persona_proto(persona), source=source)

    async def UpdatePersona(self, request: pb.UpdatePersonaRequest, context: _Context[pb.UpdatePersonaResponse]) -> pb.UpdatePersonaResponse:
        """Store a persona."""
        if request.persona.language and not _LANGUAGE.fullmatch(request.persona.language):
            raise InvalidField("persona.language", "must be a BCP 47 tag such as de or pt-BR")

        async def act(session: AsyncSession) -> pb.UpdatePersonaResponse:
            persona = await save_persona(session, request.guild_id, request.user_id, persona_value(request.persona))
            return pb.UpdatePersonaResponse(persona=persona_proto(persona))

        return await once(self._database, request, pb.UpdatePersonaResponse, act)


class GuildSettingsServicer(conversation_pb2_grpc.GuildSettingsServiceServicer):
    """What a guild's moderators decide."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def GetGuildSettings(
        self, request: pb.GetGuildSettingsRequest, context: _Context[pb.GetGuildSettingsResponse]
    ) -> pb.GetGuildSettingsResponse:
        """Read a guild's settings."""
        async with self._database.read() as session:
            settings = await select_guild_settings(session, request.guild_id)
        return pb.GetGuildSettingsResponse(settings=guild_settings_proto(request.guild_id, settings))

    async def UpdateGuildSettings(
        self, request: pb.UpdateGuildSettingsRequest, context: _Context[pb.UpdateGuildSettingsResponse]
    ) -> pb.UpdateGuildSettingsResponse:
        """Store a guild's settings."""

        async def act(session: AsyncSession) -> pb.UpdateGuildSettingsResponse:
            settings = await save_guild_settings(session, request.settings.guild_id, guild_settings_value(request.settings))
            return pb.UpdateGuildSettingsResponse(settings=guild_settings_proto(request.settings.guild_id, settings))

        return await once(self._database, request, pb.UpdateGuildSettingsResponse, act)

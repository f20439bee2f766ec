"""PersonaService: translates between protos and stored personas."""

import re
from typing import Any

import grpc
from google.protobuf.unknown_fields import UnknownFieldSet
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.guilds.settings_cache import SettingsCache
from services.conversation.personas.persona_explanation import explanation, reasons_of, undone_text
from services.conversation.personas.persona_forms import in_force_proto, layer_proto, preset_proto, reason_proto, values_of, version_proto
from services.conversation.personas.persona_layers import Change, Origin
from services.conversation.personas.persona_presets import BY_NAME, PRESETS
from services.conversation.personas.persona_store import PersonaStore, select_layer
from services.conversation.requests import once
from services.conversation.window.prompt_marks import foreign_mark
from services.runtime.database import Database, retry_stale
from services.runtime.errors import InvalidField, StaleVersion

# The shape of RFC 5646, section 2.1, without its registry.
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
_PAGE_SIZE = 50

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class PersonaServicer(conversation_pb2_grpc.PersonaServiceServicer):
    """How the assistant speaks."""

    def __init__(self, database: Database, personas: PersonaStore, cache: SettingsCache) -> None:
        self._database = database
        self._personas = personas
        self._cache = cache

    async def GetPersona(self, request: pb.GetPersonaRequest, context: _Context[pb.GetPersonaResponse]) -> pb.GetPersonaResponse:
        """Read the persona in force, and what the one asked for sets itself."""
        return in_force_proto(await self._cache.persona(request.guild_id, request.user_id, self._personas.read))

    async def UpdatePersona(self, request: pb.UpdatePersonaRequest, context: _Context[pb.UpdatePersonaResponse]) -> pb.UpdatePersonaResponse:
        """Store a layer in its next version."""
        change = _change(request)
        key = (request.guild_id, request.user_id)

        async def act(session: AsyncSession) -> pb.UpdatePersonaResponse:
            layer = await select_layer(session, key)
            if layer.version != request.persona.version:
                raise StaleVersion(f"version {request.persona.version} is not the stored one")
            return pb.UpdatePersonaResponse(persona=layer_proto(await self._personas.save(session, key, layer, change)))

        async with self._personas.editing(*key):
            return await once(self._database, request, pb.UpdatePersonaResponse, act)

    async def UndoPersona(self, request: pb.UndoPersonaRequest, context: _Context[pb.UndoPersonaResponse]) -> pb.UndoPersonaResponse:
        """Take back the newest change; what comes in between is met by reading again."""
        key = (request.guild_id, request.user_id)

        async def act(session: AsyncSession) -> pb.UndoPersonaResponse:
            layer, undone = await self._personas.undo(session, key)
            text = undone_text(undone) if undone else ""
            return pb.UndoPersonaResponse(persona=layer_proto(layer), undone=undone is not None, text=text)

        async with self._personas.editing(*key):
            return await retry_stale(lambda: once(self._database, request, pb.UndoPersonaResponse, act))

    async def ExplainPersona(self, request: pb.ExplainPersonaRequest, context: _Context[pb.ExplainPersonaResponse]) -> pb.ExplainPersonaResponse:
        """Say why the assistant talks as it does."""
        persona, versions = await self._personas.read_reasons(request.guild_id, request.user_id)
        reasons = reasons_of(persona, versions)
        return pb.ExplainPersonaResponse(text=explanation(persona, reasons), reasons=[reason_proto(reason) for reason in reasons])

    async def ListPersonaVersions(
        self, request: pb.ListPersonaVersionsRequest, context: _Context[pb.ListPersonaVersionsResponse]
    ) -> pb.ListPersonaVersionsResponse:
        """List a page of a layer's changes, newest first."""
        size = request.page_size or _PAGE_SIZE
        found = await self._personas.versions(request.guild_id, request.user_id, before=_before(request.page_token), limit=size + 1)
        page = found[:size]
        token = str(page[-1].layer.version) if len(found) > size else ""
        return pb.ListPersonaVersionsResponse(versions=[version_proto(version) for version in page], next_page_token=token)

    async def ListPresets(self, request: pb.ListPresetsRequest, context: _Context[pb.ListPresetsResponse]) -> pb.ListPresetsResponse:
        """List the presets."""
        return pb.ListPresetsResponse(presets=[preset_proto(preset) for preset in PRESETS])


def _change(request: pb.UpdatePersonaRequest) -> Change:
    """Return what a request changes. Raises InvalidField."""
    persona = request.persona
    if len(UnknownFieldSet(persona)):
        raise InvalidField("persona", "holds a dimension that is not known here")
    if persona.language and not _LANGUAGE.fullmatch(persona.language):
        raise InvalidField("persona.language", "must be a BCP 47 tag such as de or pt-BR")
    if mark := foreign_mark(persona.instructions):
        raise InvalidField("persona.instructions", f"must not hold {mark[:40]!r}, which would end their part of the prompt")
    values = values_of(persona)
    if not request.preset:
        return Change(values, Origin.SET)
    preset = BY_NAME.get(request.preset)
    if preset is None:
        raise InvalidField("preset", f"must be one of {', '.join(sorted(BY_NAME))}")
    return Change(values | dict(preset.dimensions), Origin.PRESET)


def _before(token: str) -> int | None:
    if not token:
        return None
    if not token.isascii() or not token.isdigit() or len(token) > 18:
        raise InvalidField("page_token", "is not one that a page came with")
    return int(token)

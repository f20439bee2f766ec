"""How other services talk to conversation. Errors come back as they were raised there (services.runtime.errors)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.runtime.channel import Remote

_SERVICE = "parlour.conversation.v1.ConversationService"

_TURNS = ("BeginTurn", "EndTurn", "AppendMessages", "ListMessages", "ResetConversation", "GetRelationship")
_PRIVACY = ("EditMessage", "DeleteMessages", "SetOptOut", "EraseSubject", "GetErasure")

RETRIED = [
    *(f"{_SERVICE}/{method}" for method in (*_TURNS, *_PRIVACY)),
    "parlour.conversation.v1.PersonaService",
    "parlour.conversation.v1.GuildSettingsService",
    "parlour.conversation.v1.BlockService",
]
"""What a Remote may repeat: Reply and Complete never, a claim neither (its answer may be on the way)."""

_READ_S = 2.0
_WRITE_S = 3.0


class ConversationClient:
    """Calls the conversation service through a Remote made with retried=RETRIED. Every call takes timeout_s at most."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self._turns = conversation_pb2_grpc.ConversationServiceStub(remote.channel)
        self._models = conversation_pb2_grpc.LanguageModelServiceStub(remote.channel)
        self._personas = conversation_pb2_grpc.PersonaServiceStub(remote.channel)
        self._settings = conversation_pb2_grpc.GuildSettingsServiceStub(remote.channel)
        self._blocks = conversation_pb2_grpc.BlockServiceStub(remote.channel)

    async def begin_turn(self, request: pb.BeginTurnRequest, *, timeout_s: float = _WRITE_S) -> pb.BeginTurnResponse:
        """Accept a message and get its fence; `stored` is False while the database is away. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.BeginTurn, request, timeout_s=timeout_s)

    async def reply(self, request: pb.ReplyRequest, *, timeout_s: float = 60.0) -> AsyncGenerator[pb.ReplyResponse, None]:
        """Stream a turn's reply: started, deltas, finished. Generation ends 2 s before timeout_s, or the deadline at hand, is over.

        Closing the iterator (contextlib.aclosing) stops the model. Raises StaleFence, NotFound, UnknownModel, Overloaded, ModelUnavailable,
        RateLimited, ContextTooLong, ContentRefused.
        """
        stream = self.remote.stream(self._turns.Reply, request, timeout_s=timeout_s)
        async with aclosing(cast("AsyncGenerator[pb.ReplyResponse, None]", stream)) as responses:
            async for response in responses:
                yield response

    async def end_turn(self, request: pb.EndTurnRequest, *, timeout_s: float = _WRITE_S) -> pb.EndTurnResponse:
        """End a turn without a finished reply; one that has ended stays as it is. Raises StaleFence, NotFound."""
        return await self.remote.unary(self._turns.EndTurn, request, timeout_s=timeout_s)

    async def claim_orphaned_turns(self, request: pb.ClaimOrphanedTurnsRequest, *, timeout_s: float = _WRITE_S) -> pb.ClaimOrphanedTurnsResponse:
        """Take turns that nobody finished, each with a new fence."""
        return await self.remote.unary(self._turns.ClaimOrphanedTurns, request, timeout_s=timeout_s)

    async def append_messages(self, request: pb.AppendMessagesRequest, *, timeout_s: float = _WRITE_S) -> pb.AppendMessagesResponse:
        """Store messages that were not answered. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.AppendMessages, request, timeout_s=timeout_s)

    async def edit_message(self, request: pb.EditMessageRequest, *, timeout_s: float = _WRITE_S) -> pb.EditMessageResponse:
        """Change the text of a person's own message; `changed` is False where it is not theirs. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.EditMessage, request, timeout_s=timeout_s)

    async def delete_messages(self, request: pb.DeleteMessagesRequest, *, timeout_s: float = _WRITE_S) -> pb.DeleteMessagesResponse:
        """Take messages out of a conversation, with the replies to them. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.DeleteMessages, request, timeout_s=timeout_s)

    async def set_opt_out(self, request: pb.SetOptOutRequest, *, timeout_s: float = _WRITE_S) -> pb.SetOptOutResponse:
        """Opt a person out of being remembered, or in again. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.SetOptOut, request, timeout_s=timeout_s)

    async def export_subject(self, request: pb.ExportSubjectRequest, *, timeout_s: float = 600.0) -> AsyncGenerator[pb.ExportSubjectResponse, None]:
        """Stream what is stored about a person, as JSON lines. Raises Overloaded, and DependencyUnavailable where memory or credit is away."""
        stream = self.remote.stream(self._turns.ExportSubject, request, timeout_s=timeout_s)
        async with aclosing(cast("AsyncGenerator[pb.ExportSubjectResponse, None]", stream)) as responses:
            async for response in responses:
                yield response

    async def erase_subject(self, request: pb.EraseSubjectRequest, *, timeout_s: float = _WRITE_S) -> pb.EraseSubjectResponse:
        """Begin the erasure of a person in all services; repeated, read how far it is. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.EraseSubject, request, timeout_s=timeout_s)

    async def get_erasure(self, request: pb.GetErasureRequest, *, timeout_s: float = _READ_S) -> pb.GetErasureResponse:
        """Read how far an erasure is. Raises NotFound."""
        return await self.remote.unary(self._turns.GetErasure, request, timeout_s=timeout_s)

    async def list_messages(self, request: pb.ListMessagesRequest, *, timeout_s: float = _READ_S) -> pb.ListMessagesResponse:
        """List a page of messages, newest first."""
        return await self.remote.unary(self._turns.ListMessages, request, timeout_s=timeout_s)

    async def summarize(self, request: pb.SummarizeRequest, *, timeout_s: float = 30.0) -> pb.SummarizeResponse:
        """Say what was talked about since the last reset. Raises PermissionRefused where the guild does without summaries."""
        return await self.remote.unary(self._turns.Summarize, request, timeout_s=timeout_s)

    async def reset_conversation(self, request: pb.ResetConversationRequest, *, timeout_s: float = _WRITE_S) -> pb.ResetConversationResponse:
        """Start a conversation afresh. Raises RequestIdReused."""
        return await self.remote.unary(self._turns.ResetConversation, request, timeout_s=timeout_s)

    async def get_relationship(self, request: pb.GetRelationshipRequest, *, timeout_s: float = _READ_S) -> pb.GetRelationshipResponse:
        """Read what is known of a person in a guild; empty where nothing is."""
        return await self.remote.unary(self._turns.GetRelationship, request, timeout_s=timeout_s)

    async def get_persona(self, request: pb.GetPersonaRequest, *, timeout_s: float = _READ_S) -> pb.GetPersonaResponse:
        """Read the persona in force, and whose it is."""
        return await self.remote.unary(self._personas.GetPersona, request, timeout_s=timeout_s)

    async def update_persona(self, request: pb.UpdatePersonaRequest, *, timeout_s: float = _WRITE_S) -> pb.UpdatePersonaResponse:
        """Store a persona. Raises StaleVersion, RequestIdReused."""
        return await self.remote.unary(self._personas.UpdatePersona, request, timeout_s=timeout_s)

    async def undo_persona(self, request: pb.UndoPersonaRequest, *, timeout_s: float = _WRITE_S) -> pb.UndoPersonaResponse:
        """Take back the newest change of a persona; `undone` is False where there is none. Raises StaleVersion, RequestIdReused."""
        return await self.remote.unary(self._personas.UndoPersona, request, timeout_s=timeout_s)

    async def explain_persona(self, request: pb.ExplainPersonaRequest, *, timeout_s: float = _READ_S) -> pb.ExplainPersonaResponse:
        """Say in plain words why the assistant talks as it does."""
        return await self.remote.unary(self._personas.ExplainPersona, request, timeout_s=timeout_s)

    async def list_persona_versions(self, request: pb.ListPersonaVersionsRequest, *, timeout_s: float = _READ_S) -> pb.ListPersonaVersionsResponse:
        """List the changes of a persona, newest first."""
        return await self.remote.unary(self._personas.ListPersonaVersions, request, timeout_s=timeout_s)

    async def list_presets(self, request: pb.ListPresetsRequest, *, timeout_s: float = _READ_S) -> pb.ListPresetsResponse:
        """List the personas that can be taken as they are."""
        return await self.remote.unary(self._personas.ListPresets, request, timeout_s=timeout_s)

    async def get_guild_settings(self, request: pb.GetGuildSettingsRequest, *, timeout_s: float = _READ_S) -> pb.GetGuildSettingsResponse:
        """Read a guild's settings, or the defaults (version 0)."""
        return await self.remote.unary(self._settings.GetGuildSettings, request, timeout_s=timeout_s)

    async def update_guild_settings(self, request: pb.UpdateGuildSettingsRequest, *, timeout_s: float = _WRITE_S) -> pb.UpdateGuildSettingsResponse:
        """Store a guild's settings: nobody reads older ones after that. Raises StaleVersion, RequestIdReused."""
        return await self.remote.unary(self._settings.UpdateGuildSettings, request, timeout_s=timeout_s)

    async def list_guild_settings_versions(
        self, request: pb.ListGuildSettingsVersionsRequest, *, timeout_s: float = _READ_S
    ) -> pb.ListGuildSettingsVersionsResponse:
        """List a page of a guild's settings as they were, newest first."""
        return await self.remote.unary(self._settings.ListGuildSettingsVersions, request, timeout_s=timeout_s)

    async def complete(self, request: pb.CompleteRequest, *, timeout_s: float = 60.0) -> pb.CompleteResponse:
        """Complete a prompt. Raises Overloaded, ModelUnavailable, RateLimited, ContextTooLong, ContentRefused."""
        return await self.remote.unary(self._models.Complete, request, timeout_s=timeout_s)

    async def list_blocks(self, request: pb.ListBlocksRequest, *, timeout_s: float = _READ_S) -> pb.ListBlocksResponse:
        """List whom operators have blocked, a page at a time."""
        return await self.remote.unary(self._blocks.ListBlocks, request, timeout_s=timeout_s)

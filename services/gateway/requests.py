"""What the gateway asks of the other services for one message. Pure."""

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2


def turn_id_of(message: gateway_pb2.IncomingMessage) -> str:
    """The id of a message's turn; all request ids of the turn derive from it."""
    return f"{message.message_id}:{message.attempt}"


def account_of(user_id: str) -> str:
    """The account that a person's turns are charged to."""
    return f"user:{user_id}"


def begin_turn(message: gateway_pb2.IncomingMessage, said: str, origin: str) -> conversation_pb2.BeginTurnRequest:
    """Ask for a turn; `said` is the text without the assistant's name in front."""
    request = conversation_pb2.BeginTurnRequest(
        message_id=message.message_id,
        guild_id=message.guild_id,
        channel_id=message.channel_id,
        user_id=message.user_id,
        user_name=message.user_name,
        text=said,
        attempt=message.attempt,
        channel_hidden=message.channel_hidden,
        origin=origin,
    )
    if message.HasField("replied_to"):
        replied = message.replied_to
        request.replied_to.CopyFrom(
            conversation_pb2.RepliedTo(message_id=replied.message_id, author_id=replied.author_id, author_name=replied.author_name, text=replied.text)
        )
    return request


def place_hold(turn: conversation_pb2.BeginTurnRequest, *, prompt_tokens: int, completion_tokens: int, ttl_s: int) -> credit_pb2.PlaceHoldRequest:
    """Ask for the hold of a turn. The same turn and limits give the same request, so that repeating it finds the hold again."""
    return credit_pb2.PlaceHoldRequest(
        request_id=f"{turn.message_id}:{turn.attempt}:hold",
        account_id=account_of(turn.user_id),
        quote=credit_pb2.Quote(prompt_tokens=prompt_tokens, max_completion_tokens=completion_tokens),
        ttl_s=ttl_s,
        metadata={"guild_id": turn.guild_id, "feature": "reply"},
    )


def search_memories(message: gateway_pb2.IncomingMessage, said: str, limit: int) -> memory_pb2.SearchMemoriesRequest:
    """Ask for what bears on a message."""
    return memory_pb2.SearchMemoriesRequest(viewer=viewer_of(message), query=said, limit=limit)


def viewer_of(message: gateway_pb2.IncomingMessage) -> memory_pb2.Viewer:
    """Who looks, and from where: the channel is always said, because some memories are recalled only in theirs."""
    return memory_pb2.Viewer(guild_id=message.guild_id, channel_id=message.channel_id, user_id=message.user_id)


def scope_of(message: gateway_pb2.IncomingMessage) -> memory_pb2.Scope:
    """Where a memory stated in a message belongs: a direct message's stays private, a hidden channel's stays in the channel."""
    visibility = memory_pb2.VISIBILITY_GUILD if message.guild_id else memory_pb2.VISIBILITY_PRIVATE
    channel_id = message.channel_id if message.channel_hidden else ""
    return memory_pb2.Scope(guild_id=message.guild_id, channel_id=channel_id, user_id=message.user_id, visibility=visibility)


def add_memory(message: gateway_pb2.IncomingMessage, text: str) -> memory_pb2.AddMemoryRequest:
    """Ask to remember what a person stated."""
    memory = memory_pb2.NewMemory(
        scope=scope_of(message),
        text=text,
        provenance=memory_pb2.Provenance(message_ids=[message.message_id], author_id=message.user_id, author_name=message.user_name, source="stated"),
    )
    if message.HasField("create_time"):
        memory.valid_from.CopyFrom(message.create_time)
    return memory_pb2.AddMemoryRequest(request_id=f"{turn_id_of(message)}:remember", memory=memory)


def credit_usage(usage: conversation_pb2.ModelUsage) -> credit_pb2.Usage:
    """The same usage, as credit counts it."""
    return credit_pb2.Usage(
        model=usage.model,
        prompt_tokens=usage.prompt_tokens,
        cached_prompt_tokens=usage.cached_prompt_tokens,
        completion_tokens=usage.completion_tokens,
        images=usage.images,
    )


def explain_persona(message: gateway_pb2.IncomingMessage) -> conversation_pb2.ExplainPersonaRequest:
    """Ask why the assistant talks to a person as it does."""
    return conversation_pb2.ExplainPersonaRequest(guild_id=message.guild_id, user_id=message.user_id)


def undo_persona(message: gateway_pb2.IncomingMessage) -> conversation_pb2.UndoPersonaRequest:
    """Ask to take back the last change of how the assistant talks to a person."""
    return conversation_pb2.UndoPersonaRequest(request_id=f"{turn_id_of(message)}:undo-persona", guild_id=message.guild_id, user_id=message.user_id)


def take_preset(message: gateway_pb2.IncomingMessage, own: conversation_pb2.Persona, preset: str) -> conversation_pb2.UpdatePersonaRequest:
    """Ask to talk to a person by a preset from now on; `own` is what they have set until now."""
    return conversation_pb2.UpdatePersonaRequest(
        request_id=f"{turn_id_of(message)}:preset:{own.version}", guild_id=message.guild_id, user_id=message.user_id, persona=own, preset=preset
    )

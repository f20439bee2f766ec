"""What the gateway asks of the other services for one message. Pure."""

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.gateway import message_context


def turn_id_of(message: gateway_pb2.IncomingMessage) -> str:
    """The id of a message's turn; all request ids of the turn derive from it."""
    return f"{message.message_id}:{message.attempt}"


def account_of(user_id: str) -> str:
    """The account that a person's turns are charged to."""
    return f"user:{user_id}"


def pool_of(guild_id: str) -> str:
    """The account of a guild's pool."""
    return f"guild:{guild_id}"


def begin_turn(message: gateway_pb2.IncomingMessage, said: str, origin: str, *, file_characters_max: int = 0) -> conversation_pb2.BeginTurnRequest:
    """Ask for a turn; `said` is the text without the assistant's name in front. Of text files `file_characters_max` characters are read, in all."""
    request = conversation_pb2.BeginTurnRequest(
        message_id=message.message_id,
        guild_id=message.guild_id,
        channel_id=message.channel_id,
        user_id=message.user_id,
        user_name=message.user_name,
        text=message_context.told_text(message, said),
        attempt=message.attempt,
        channel_hidden=message.channel_hidden,
        origin=origin,
        images=message_context.images(message),
        reply_chain=[message_context.quoted(one) for one in message.reply_chain],
        text_files=message_context.text_files(message.text_files, file_characters_max),
    )
    if message.HasField("replied_to"):
        request.replied_to.CopyFrom(message_context.quoted(message.replied_to))
    if message.HasField("thread_starter"):
        request.thread_starter.CopyFrom(message_context.quoted(message.thread_starter))
    return request


def prompt_tokens(turn: conversation_pb2.BeginTurnRequest, *, usual: int, for_files_max: int) -> int:
    """Return how long a turn's prompt may be: as long as usual, and longer by about its text files.

    A token of code or prose is three bytes or more; where a file has more tokens than that, it is shown less of.
    """
    files = sum(len(file.text.encode()) // 3 + 32 for file in turn.text_files)
    return usual + min(for_files_max, files)


def place_hold(
    turn: conversation_pb2.BeginTurnRequest, *, prompt_tokens: int, completion_tokens: int, images: int, ttl_s: int, pools: bool = False
) -> credit_pb2.PlaceHoldRequest:
    """Ask for the hold of a turn. The same turn and limits give the same request, so that repeating it finds the hold again.

    The exception is a turn with text files that comes back without them, because files are not kept: its hold is left to expire.
    With `pools` the guild's pool pays where it can.
    """
    return credit_pb2.PlaceHoldRequest(
        request_id=f"{turn.message_id}:{turn.attempt}:hold",
        account_id=account_of(turn.user_id),
        quote=credit_pb2.Quote(prompt_tokens=prompt_tokens, max_completion_tokens=completion_tokens, images=images),
        ttl_s=ttl_s,
        metadata={"guild_id": turn.guild_id, "feature": "reply"},
        sponsor_account_id=pool_of(turn.guild_id) if pools and turn.guild_id else "",
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


def change_persona(message: gateway_pb2.IncomingMessage, persona: conversation_pb2.Persona, what: str) -> conversation_pb2.UpdatePersonaRequest:
    """Ask to talk to a person by all that they have set; `what` tells apart what one message may ask for."""
    return conversation_pb2.UpdatePersonaRequest(
        request_id=f"{turn_id_of(message)}:{what}-persona:{persona.version}", guild_id=message.guild_id, user_id=message.user_id, persona=persona
    )


def take_preset(message: gateway_pb2.IncomingMessage, own: conversation_pb2.Persona, preset: str) -> conversation_pb2.UpdatePersonaRequest:
    """Ask to talk to a person by a preset from now on; `own` is what they have set until now."""
    return conversation_pb2.UpdatePersonaRequest(
        request_id=f"{turn_id_of(message)}:preset:{own.version}", guild_id=message.guild_id, user_id=message.user_id, persona=own, preset=preset
    )

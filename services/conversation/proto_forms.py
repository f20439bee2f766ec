"""Between the protos and the values that the service works with."""

from datetime import UTC

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.message_store import Conversation, StoredMessage
from services.conversation.persona import Persona
from services.conversation.settings_store import GuildSettings
from services.conversation.turn import NewTurn, Usage


def new_turn(request: pb.BeginTurnRequest) -> NewTurn:
    """Return the message to be answered."""
    replied_to = request.replied_to
    return NewTurn(
        message_id=request.message_id,
        attempt=request.attempt,
        guild_id=request.guild_id,
        channel_id=request.channel_id,
        user_id=request.user_id,
        user_name=request.user_name,
        text=request.text,
        channel_hidden=request.channel_hidden,
        origin=request.origin,
        replied_to={
            "message_id": replied_to.message_id,
            "author_id": replied_to.author_id,
            "author_name": replied_to.author_name,
            "text": replied_to.text,
        }
        if request.HasField("replied_to")
        else None,
    )


def begin_request(new: NewTurn) -> pb.BeginTurnRequest:
    """Return a message to be answered as it was handed in."""
    return pb.BeginTurnRequest(
        message_id=new.message_id,
        attempt=new.attempt,
        guild_id=new.guild_id,
        channel_id=new.channel_id,
        user_id=new.user_id,
        user_name=new.user_name,
        text=new.text,
        channel_hidden=new.channel_hidden,
        origin=new.origin,
        replied_to=pb.RepliedTo(**new.replied_to) if new.replied_to else None,
    )


def usage_proto(usage: Usage) -> pb.ModelUsage:
    """Return usage as it is sent."""
    return pb.ModelUsage(
        model=usage.model,
        prompt_tokens=usage.prompt_tokens,
        cached_prompt_tokens=usage.cached_prompt_tokens,
        completion_tokens=usage.completion_tokens,
    )


def usage_value(usage: pb.ModelUsage) -> Usage:
    """Return usage as it came."""
    return Usage(usage.model, usage.prompt_tokens, usage.cached_prompt_tokens, usage.completion_tokens)


def conversation_key(key: pb.ConversationKey) -> Conversation:
    """Return the conversation that a key names."""
    return Conversation(key.guild_id, key.channel_id)


def stored_message(message: pb.Message) -> StoredMessage:
    """Return a message to be stored; its role is user where none is given."""
    return StoredMessage(
        message_id=message.message_id,
        role=message.role or "user",
        author_id=message.author_id,
        author_name=message.author_name,
        text=message.text,
        create_time=message.create_time.ToDatetime(UTC) if message.HasField("create_time") else None,
    )


def message_proto(message: StoredMessage) -> pb.Message:
    """Return a message as it is sent."""
    sent = pb.Message(
        message_id=message.message_id,
        role=message.role,
        author_id=message.author_id,
        author_name=message.author_name,
        text=message.text,
    )
    if message.create_time is not None:
        sent.create_time.FromDatetime(message.create_time)
    return sent


def persona_value(persona: pb.Persona) -> Persona:
    """Return a persona as it came."""
    return Persona(
        formality=persona.formality,
        verbosity=persona.verbosity,
        humour=persona.humour,
        warmth=persona.warmth,
        directness=persona.directness,
        emoji=persona.emoji,
        language=persona.language,
        instructions=persona.instructions,
        version=persona.version,
    )


def persona_proto(persona: Persona) -> pb.Persona:
    """Return a persona as it is sent."""
    return pb.Persona(
        formality=persona.formality,
        verbosity=persona.verbosity,
        humour=persona.humour,
        warmth=persona.warmth,
        directness=persona.directness,
        emoji=persona.emoji,
        language=persona.language,
        instructions=persona.instructions,
        version=persona.version,
    )


def guild_settings_value(settings: pb.GuildSettings) -> GuildSettings:
    """Return settings as they came."""
    return GuildSettings(settings.addressing_threshold, settings.channel_context, settings.extraction, settings.version)


def guild_settings_proto(guild_id: str, settings: GuildSettings) -> pb.GuildSettings:
    """Return settings as they are sent."""
    return pb.GuildSettings(
        guild_id=guild_id,
        addressing_threshold=settings.addressing_threshold,
        channel_context=settings.channel_context,
        extraction=settings.extraction,
        version=settings.version,
    )

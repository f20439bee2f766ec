"""Between the protos and the values that the service works with."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.message_store import Conversation, StoredMessage
from services.conversation.models.images import Image, accepted
from services.conversation.people.relationship import Relationship, topics_told
from services.conversation.topics.summary_store import Topic
from services.conversation.turn import NewTurn, Quoted, TextFile, Usage
from services.conversation.window.context_window import PartReport


def new_turn(request: pb.BeginTurnRequest, *, images_field: str = "images") -> NewTurn:
    """Return the message to be answered. Raises InvalidField for a picture that is not accepted."""
    replied_to = request.replied_to
    return NewTurn(
        message_id=request.message_id,
        attempt=request.attempt,
        guild_id=request.guild_id,
        channel_id=request.channel_id,
        user_id=request.user_id,
        user_name=request.user_name,
        nickname=request.nickname,
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
        images=accepted_images(request.images, images_field),
        replied_to_own=replied_to.from_assistant,
        reply_chain=tuple(map(_quoted, request.reply_chain)),
        thread_starter=_quoted(request.thread_starter) if request.HasField("thread_starter") else None,
        text_files=tuple(TextFile(file.name, file.text, file.left_out_lines) for file in request.text_files),
    )


def _quoted(said: pb.RepliedTo) -> Quoted:
    return Quoted(said.message_id, said.author_id, said.author_name, said.text, said.from_assistant)


def accepted_images(images: Iterable[pb.Image], field: str) -> tuple[Image, ...]:
    """Return a message's pictures. Raises InvalidField for one that is not accepted."""
    return accepted([Image(image.url, image.media_type, image.description) for image in images], field)


def begin_request(new: NewTurn) -> pb.BeginTurnRequest:
    """Return a message to be answered as it was handed in."""
    return pb.BeginTurnRequest(
        message_id=new.message_id,
        attempt=new.attempt,
        guild_id=new.guild_id,
        channel_id=new.channel_id,
        user_id=new.user_id,
        user_name=new.user_name,
        nickname=new.nickname,
        text=new.text,
        channel_hidden=new.channel_hidden,
        origin=new.origin,
        replied_to=_replied_to(new.replied_to) if new.replied_to else None,
        images=[pb.Image(url=image.url, media_type=image.media_type, description=image.description) for image in new.images],
    )


def _replied_to(said: Mapping[str, str]) -> pb.RepliedTo:
    return pb.RepliedTo(message_id=said["message_id"], author_id=said["author_id"], author_name=said["author_name"], text=said["text"])


def relationship_proto(relationship: Relationship, today: date) -> pb.Relationship:
    """Return a relationship as it is sent: its topics as they stand today."""
    sent = pb.Relationship(
        display_name=relationship.names.display_name,
        nickname=relationship.names.nickname,
        former_names=relationship.names.former,
        turns=relationship.turns,
        days=relationship.days,
        topics=topics_told(relationship.topics, today),
    )
    sent.first_seen_time.FromDatetime(relationship.first_seen_time)
    sent.last_seen_time.FromDatetime(relationship.last_seen_time)
    return sent


def topic_proto(topic: Topic) -> pb.TopicSummary:
    """Return a topic's summary as it is sent."""
    sent = pb.TopicSummary(text=topic.summary, messages=topic.message_count, source=topic.source, level=topic.level)
    sent.start_time.FromDatetime(topic.start_time)
    sent.end_time.FromDatetime(topic.end_time)
    return sent


def prompt_part_proto(report: PartReport) -> pb.PromptPart:
    """Return what became of one part of a prompt."""
    return pb.PromptPart(name=report.name, included=report.included, left_out=report.left_out, tokens=report.tokens, reason=report.reason)


def usage_proto(usage: Usage) -> pb.ModelUsage:
    """Return usage as it is sent."""
    return pb.ModelUsage(
        model=usage.model,
        prompt_tokens=usage.prompt_tokens,
        cached_prompt_tokens=usage.cached_prompt_tokens,
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        images=usage.images,
    )


def usage_value(usage: pb.ModelUsage) -> Usage:
    """Return usage as it came."""
    return Usage(usage.model, usage.prompt_tokens, usage.cached_prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, usage.images)


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

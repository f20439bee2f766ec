"""The tables of the conversation database. Migrations create them; a test compares the two."""

import sqlalchemy as sa
from pgvector.sqlalchemy import Vector
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()

_empty = sa.text("''")
_zero = sa.text("0")
_false = sa.text("false")
_true = sa.text("true")
_now = sa.func.now()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=_empty)


def _number(name: str, kind: type[sa.Integer] = sa.BigInteger) -> sa.Column[int]:
    return sa.Column(name, kind, nullable=False, server_default=_zero)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=_now)


fences = sa.Table(
    "fences",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("fence", sa.BigInteger, nullable=False),
)
"""The last fence issued to a person in a guild."""

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("turn_id", sa.Text, primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("guild_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    _text("user_name"),
    sa.Column("channel_hidden", sa.Boolean, nullable=False, server_default=_false),
    _text("origin"),
    sa.Column("state", sa.SmallInteger, nullable=False),  # TurnState of the protos
    sa.Column("fence", sa.BigInteger, nullable=False),
    _time("accept_time"),
    sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("claimed_until", sa.DateTime(timezone=True)),
    _text("claimed_by"),
    sa.Column("end_time", sa.DateTime(timezone=True)),
    _text("model"),
    _number("prompt_tokens"),
    _number("cached_prompt_tokens"),
    _number("completion_tokens"),
    sa.Column("truncated", sa.Boolean, nullable=False, server_default=_false),
    _text("account_id"),
    _text("hold_id"),
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Index("turns_open", "deadline_at", postgresql_where=sa.text("state = 1")),
    sa.Index("turns_open_by_person", "guild_id", "user_id", postgresql_where=sa.text("state = 1")),
    sa.Index("turns_by_user", "user_id"),
)
"""One message answered. The message and the reply are in `messages`."""

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("guild_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),  # of a reply: the turn's id
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("author_id", sa.Text, nullable=False),
    _text("author_name"),
    sa.Column("text", sa.Text, nullable=False),
    _text("answers_message_id"),  # of a reply
    sa.Column("replied_to", pg.JSONB),  # message_id, author_id, author_name, text
    sa.Column("images", pg.JSONB),  # a list of url, media_type, description
    sa.Column("in_context", sa.Boolean, nullable=False, server_default=_true),  # false: kept, and shown to no model
    sa.Column("edited_at", sa.DateTime(timezone=True)),
    _time("create_time"),
    sa.PrimaryKeyConstraint("guild_id", "channel_id", "sequence"),
    sa.UniqueConstraint("guild_id", "channel_id", "message_id", "role", name="messages_once"),
    sa.Index("messages_by_author", "author_id"),
)
"""What was said, in the order in which it was stored. A conversation is a guild's channel, or a channel of direct messages (guild_id empty)."""

message_embeddings = sa.Table(
    "message_embeddings",
    metadata,
    sa.Column("guild_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("embedding", Vector(384), nullable=False),
    sa.PrimaryKeyConstraint("guild_id", "channel_id", "sequence", "model"),
)
"""What messages mean, by the model that says so."""

message_terms = sa.Table(
    "message_terms",
    metadata,
    sa.Column("guild_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("term", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("occurrences", sa.SmallInteger, nullable=False),
    sa.Column("length", sa.SmallInteger, nullable=False),
    sa.PrimaryKeyConstraint("guild_id", "channel_id", "term", "sequence", postgresql_include=["occurrences", "length"]),
    sa.Index("message_terms_of_message", "guild_id", "channel_id", "sequence"),
)
"""Postings: which messages hold a term, how often, and how many terms the message has."""

topics = sa.Table(
    "topics",
    metadata,
    sa.Column("topic_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("guild_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("level", sa.SmallInteger, nullable=False, server_default=sa.text("1")),
    sa.Column("parent_id", sa.BigInteger),
    sa.Column("first_sequence", sa.BigInteger, nullable=False),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    _time("start_time"),
    _time("end_time"),
    _number("message_count", sa.Integer),
    sa.Column("closed", sa.Boolean, nullable=False, server_default=_false),
    sa.Column("centroid", Vector(384)),
    _text("summary"),
    _text("summary_source"),  # model, extractive, or empty: not summed up yet
    sa.Column("summary_stale", sa.Boolean, nullable=False, server_default=_false),
    sa.Column("summarized_at", sa.DateTime(timezone=True)),
    sa.Index("topics_of_conversation", "guild_id", "channel_id", "level", "first_sequence"),
)
"""Stretches of a conversation about one thing, with what was said in a few words. Level 1 covers messages; higher levels sum up several of the level
below, whose parent_id points to them."""

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.Text, primary_key=True),
    sa.Column("reset_sequence", sa.BigInteger, nullable=False, server_default=_zero),
    sa.Column("reset_time", sa.DateTime(timezone=True)),
)
"""Messages up to reset_sequence are no longer shown to a model."""

personas = sa.Table(
    "personas",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    *(_number(name, sa.SmallInteger) for name in ("formality", "verbosity", "humour", "warmth", "directness", "emoji")),
    _text("language"),
    _text("instructions"),
    sa.Column("version", sa.BigInteger, nullable=False),
    _time("update_time"),
)
"""A user's persona in a guild; a guild's (user_id empty); the default (both empty)."""

guild_settings = sa.Table(
    "guild_settings",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("addressing_threshold", sa.Double, nullable=False),
    sa.Column("channel_context", sa.Boolean, nullable=False),
    sa.Column("extraction", sa.Boolean, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    _time("update_time"),
)

user_activity = sa.Table(
    "user_activity",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    _time("last_active_time"),
    _number("messages_since_extraction"),
    sa.Column("last_summary_time", sa.DateTime(timezone=True)),
    sa.Index("user_activity_by_user", "user_id"),
)
"""What must survive a restart about how active a person is."""

background_usage = sa.Table(
    "background_usage",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("feature", sa.Text, primary_key=True),
    _number("calls"),
    _number("prompt_tokens"),
    _number("completion_tokens"),
)
"""What background work used of the models."""

opt_outs = sa.Table("opt_outs", metadata, sa.Column("user_id", sa.Text, primary_key=True), _time("create_time"))

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    _time("create_time"),
    sa.Index("requests_by_time", "create_time"),
)
"""What requests were answered, so that a repeated one gets the same answer."""

"""The tables of the conversation database. Migrations create them; a test compares the two."""

from typing import Any

import sqlalchemy as sa
from pgvector.sqlalchemy import HALFVEC, Vector
from sqlalchemy.dialects import postgresql as pg

from services.conversation.guilds.guild_settings import FLAGS, LISTS

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
    sa.Index("fences_by_user", "user_id"),
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
    _text("nickname"),
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
    _number("reasoning_tokens"),
    _number("images"),
    sa.Column("truncated", sa.Boolean, nullable=False, server_default=_false),
    _text("account_id"),
    _text("hold_id"),
    _text("lease_id"),  # instead of a hold, while credit could not be reached
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("counted", sa.Boolean, nullable=False, server_default=_false),  # in `relationships`, once it has ended with a reply
    sa.Column("unkept", sa.Boolean, nullable=False, server_default=_false),  # of somebody who had opted out: its texts go soon after its end
    sa.Index("turns_open", "deadline_at", postgresql_where=sa.text("state = 1")),
    sa.Index("turns_open_by_person", "guild_id", "user_id", postgresql_where=sa.text("state = 1")),
    sa.Index("turns_by_user", "user_id", "accept_time"),
    sa.Index("turns_unkept", "end_time", postgresql_where=sa.text("unkept AND state <> 1")),
    sa.Index("turns_uncounted", "guild_id", "user_id", "end_time", postgresql_where=sa.text("state IN (2, 3) AND NOT counted")),
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
    sa.Column("indexed", sa.Boolean, nullable=False, server_default=_false),  # its embedding and terms are stored; a trigger takes them out
    _number("offset_bytes"),  # about how much was said in the conversation before; a trigger sets it: see recent_window.py
    sa.PrimaryKeyConstraint("guild_id", "channel_id", "sequence"),
    sa.UniqueConstraint("guild_id", "channel_id", "message_id", "role", name="messages_once"),
    sa.Index("messages_by_author", "author_id", "guild_id", "sequence"),
    sa.Index("messages_by_age", "guild_id", "create_time"),
    sa.Index("messages_answering", "guild_id", "channel_id", "answers_message_id", postgresql_where=sa.text("answers_message_id <> ''")),
    sa.Index(
        "messages_quoting", "guild_id", "channel_id", sa.text("(replied_to ->> 'message_id')"), postgresql_where=sa.text("replied_to IS NOT NULL")
    ),
    sa.Index("messages_by_name", "guild_id", "channel_id", "author_name"),
    sa.Index("messages_not_indexed", "guild_id", "channel_id", "sequence", postgresql_where=sa.text("in_context AND NOT indexed")),
)
"""What was said, in the order in which it was stored. A conversation is a guild's channel, or a channel of direct messages (guild_id empty)."""

message_embeddings = sa.Table(
    "message_embeddings",
    metadata,
    sa.Column("guild_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("embedding", HALFVEC(384), nullable=False),
    sa.PrimaryKeyConstraint("guild_id", "channel_id", "sequence", "model"),
)
"""What messages mean, by the model that says so; half the precision finds the same messages and reads half the pages."""

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
    sa.Column("summary_stale", sa.Boolean, nullable=False, server_default=_false),  # to be summed up (again); what is there is still shown
    _number("summary_tries", sa.SmallInteger),  # of a model, since it last changed
    sa.Column("summarized_at", sa.DateTime(timezone=True)),
    sa.Index("topics_of_conversation", "guild_id", "channel_id", "level", "first_sequence"),
    sa.Index("topics_top", "guild_id", "channel_id", "first_sequence", postgresql_where=sa.text("parent_id IS NULL")),
    sa.Index("topics_of_parent", "parent_id", postgresql_where=sa.text("parent_id IS NOT NULL")),
    sa.Index("topics_open", "end_time", postgresql_where=sa.text("NOT closed")),
    sa.Index("topics_due", "guild_id", "channel_id", postgresql_where=sa.text("summary_stale")),
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


def _voice() -> list[sa.Column[Any]]:
    """What a layer of a persona sets. What is null is left to the next layer."""
    return [
        *(sa.Column(name, sa.SmallInteger) for name in ("formality", "verbosity", "humour", "warmth", "directness", "emoji")),
        sa.Column("language", sa.Text),
        _text("instructions"),
        sa.Column("reasons", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),  # for each name that is set: the version that set it
    ]


personas = sa.Table(
    "personas",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    *_voice(),
    sa.Column("version", sa.BigInteger, nullable=False),
    _time("update_time"),
    sa.Index("personas_by_user", "user_id", postgresql_where=sa.text("user_id <> ''")),
)
"""A user's persona in a guild; a guild's (user_id empty); the default (both empty)."""

persona_versions = sa.Table(
    "persona_versions",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    *_voice(),
    sa.Column("changed", pg.ARRAY(sa.Text), nullable=False),  # the names that this version is about
    sa.Column("origin", sa.Text, nullable=False),  # set, preset, said, writing or undo
    _text("quote"),  # the words that it was read from, where it was
    _text("message_id"),  # and the message that held them
    sa.Column("undone_at", sa.DateTime(timezone=True)),
    _time("update_time"),
    sa.Index("persona_versions_by_user", "user_id", postgresql_where=sa.text("user_id <> ''")),
    sa.Index("persona_versions_by_message", "guild_id", "user_id", "message_id", unique=True, postgresql_where=sa.text("message_id <> ''")),
)
"""Personas as they became, the current ones included."""


def _guild_decisions() -> list[sa.Column[Any]]:
    """What a guild may decide. A flag that is null has its default."""
    return [
        sa.Column("addressing_threshold", sa.Double, nullable=False),
        sa.Column("channel_context", sa.Boolean, nullable=False),
        sa.Column("extraction", sa.Boolean, nullable=False),
        sa.Column("rules", sa.Text, nullable=False, server_default=_empty),
        sa.Column("retention_days", sa.Integer, nullable=False, server_default=_zero),
        *(sa.Column(name, sa.Boolean) for name in FLAGS),
        *(sa.Column(name, pg.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")) for name in LISTS),
    ]


_ignoring = sa.text("ignored_user_ids <> '{}'")  # few guilds ignore anybody

guild_settings = sa.Table(
    "guild_settings",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    *_guild_decisions(),
    sa.Column("version", sa.BigInteger, nullable=False),
    _time("update_time"),
    sa.Index("guild_settings_by_ignored", "ignored_user_ids", postgresql_using="gin", postgresql_where=_ignoring),
)

guild_settings_versions = sa.Table(
    "guild_settings_versions",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    *_guild_decisions(),
    _time("update_time"),
    sa.Index("guild_settings_versions_by_ignored", "ignored_user_ids", postgresql_using="gin", postgresql_where=_ignoring),
)
"""A guild's settings as they were, the current ones included."""

blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),  # user:<id> or guild:<id>
    sa.Column("block_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
    _text("reason"),
    _time("create_time"),
    sa.Column("expire_time", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("block_id", name="blocks_in_order"),
)
"""Whom operators do not let near the assistant."""

cache_epoch = sa.Sequence("cache_epoch", metadata=metadata)
"""Raised where caches must drop everything they keep: see services/runtime/cache.py."""

user_activity = sa.Table(
    "user_activity",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    _time("last_active_time"),
    _number("messages_since_extraction"),
    sa.Column("last_summary_time", sa.DateTime(timezone=True)),
    sa.Column("style_time", sa.DateTime(timezone=True)),  # when it was last looked at how they write
    sa.Index("user_activity_by_user", "user_id"),
)
"""What must survive a restart about how active a person is."""

relationships = sa.Table(
    "relationships",
    metadata,
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    _text("display_name"),
    _text("nickname"),
    sa.Column("former_names", pg.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),  # newest first
    sa.Column("names_time", sa.DateTime(timezone=True), nullable=False),  # of the message that the names came with
    sa.Column("first_seen_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("last_seen_time", sa.DateTime(timezone=True), nullable=False),
    _number("turns"),
    _number("days"),
    sa.Column("last_day", sa.Date),  # the newest day that is in `days`
    sa.Column("topics", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),  # term -> [word, weight on last_day, days on which it came up]
    _text("line"),
    sa.Column("line_day", sa.Date),  # when the line was written
    sa.Column("version", sa.BigInteger, nullable=False, server_default=sa.text("1")),
    sa.Index("relationships_by_user", "user_id"),
)
"""What is known of a person in a guild, or in direct messages (guild_id empty): names, and how often and about what they talk with the assistant.
Nobody who opted out is in it."""

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

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("subject_hash", sa.LargeBinary, primary_key=True),  # SHA-256 of the user id
    sa.Column("before_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("opted_out", sa.Boolean, nullable=False, server_default=_false),
)
"""Who was erased: what they said up to before_time is not taken in again. Whoever had opted out is opted out again when they come back."""

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("erasure_id", sa.Text, primary_key=True),
    sa.Column("request_hash", sa.LargeBinary, nullable=False, unique=True),  # SHA-256 of the request id, which may be made of the user id
    sa.Column("subject_hash", sa.LargeBinary, nullable=False),
    _text("user_id"),  # empty once it is complete
    sa.Column("before_time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("stage", sa.SmallInteger, nullable=False, server_default=_zero),  # Stage of erasure.py
    sa.Column("walked", pg.JSONB),  # what is looked for in other people's messages, and up to which they were looked through
    sa.Column("awaited", pg.JSONB),  # transactions and jobs that ran while the texts were erased, and must end first
    sa.Column("erased", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),  # service.table -> rows
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("complete_time", sa.DateTime(timezone=True)),
    sa.Column("backups_expire_time", sa.DateTime(timezone=True)),
    _text("receipt_hash"),
    sa.Index("erasures_open", "begun_at", postgresql_where=sa.text("complete_time IS NULL")),
)
"""Erasures under way, and the receipts of those that are complete."""

erased_places = sa.Table(
    "erased_places",
    metadata,
    sa.Column("erasure_id", sa.Text, sa.ForeignKey("erasures.erasure_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("guild_id", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.Text, primary_key=True),
)
"""Conversations that an erasure under way has touched."""

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, primary_key=True),
    _text("user_id"),  # on whose behalf, where it names one
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    _time("create_time"),
    sa.Index("requests_by_time", "create_time"),
    sa.Index("requests_by_user", "user_id", postgresql_where=sa.text("user_id <> ''")),
)
"""What requests were answered, so that a repeated one gets the same answer."""

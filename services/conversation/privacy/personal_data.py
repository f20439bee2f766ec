"""Where in the database something of a person's lies, as data: the export reads it, erasure goes by it, and a test compares it with the tables.

A table of which whole rows belong to a person is in OWNED, with the column that says whose. What other tables hold is in SHARED, column by column,
with what an erasure does about it. Columns of text, JSON or bytes that hold nothing of anybody's are in IMPERSONAL.
"""

from collections.abc import Mapping

OWNED: Mapping[str, str] = {
    "turns": "user_id",
    "personas": "user_id",
    "persona_versions": "user_id",
    "relationships": "user_id",
    "user_activity": "user_id",
    "fences": "user_id",
    "opt_outs": "user_id",
}
"""Exported whole and deleted whole, table -> column."""

NOT_EXPORTED: Mapping[str, frozenset[str]] = {"turns": frozenset({"payload_hash", "claimed_by"})}
"""Columns of owned tables that tell a person nothing."""

SHARED: Mapping[str, Mapping[str, str]] = {
    "messages": {
        "author_id": "the person's messages are deleted, with the replies to them",
        "author_name": "goes with the message",
        "text": "goes with the message; a mention in somebody else's becomes @somebody",
        "images": "go with the message",
        "replied_to": "emptied where it quotes the person, or a reply to them; mentions become @somebody",
        "message_id": "goes with the message",
        "answers_message_id": "goes with the reply",
    },
    "message_embeddings": {"embedding": "goes with the message, by a trigger"},
    "message_terms": {"term": "goes with the message, by a trigger"},
    "topics": {
        "centroid": "emptied with the summary",
        "summary": "emptied by a trigger where a message that it covers changes or goes, and made again",
    },
    "guild_settings": {"ignored_user_ids": "the person is taken out"},
    "guild_settings_versions": {"ignored_user_ids": "the person is taken out"},
    "requests": {
        "user_id": "emptied",
        "payload_hash": "emptied",
        "response": "emptied: the request stays known, so that a late repetition does not bring back what it brought",
    },
    "blocks": {"subject": "kept, an operator's decision about who may come back: until it is taken back or ends", "reason": "so is it"},
    "erasures": {"user_id": "emptied when the erasure is complete", "walked": "so is it: it holds what the person was called"},
}

_CHANNELS = ("answered_channel_ids", "allowed_channel_ids", "ignored_channel_ids")

IMPERSONAL: Mapping[str, frozenset[str]] = {
    "messages": frozenset({"guild_id", "channel_id", "role"}),
    "message_embeddings": frozenset({"guild_id", "channel_id", "model"}),
    "message_terms": frozenset({"guild_id", "channel_id"}),
    "topics": frozenset({"guild_id", "channel_id", "summary_source"}),
    "conversations": frozenset({"guild_id", "channel_id"}),  # deleted where nothing is left of a conversation of direct messages
    "guild_settings": frozenset({"guild_id", "rules", *_CHANNELS}),
    "guild_settings_versions": frozenset({"guild_id", "rules", *_CHANNELS}),
    "background_usage": frozenset({"guild_id", "feature"}),
    "requests": frozenset({"method", "request_id"}),  # a hash of the id
    "tombstones": frozenset({"subject_hash"}),
    "erasures": frozenset({"erasure_id", "request_hash", "subject_hash", "awaited", "erased", "receipt_hash"}),
    "erased_places": frozenset({"erasure_id", "guild_id", "channel_id"}),
}

"""What the assistant says that it can do: only what this guild has, and what whoever asks may do. Pure."""

from parlour.conversation.v1 import conversation_pb2
from services.gateway import notices


def help_text(settings: conversation_pb2.GuildSettings, *, in_guild: bool, may_moderate: bool) -> str:
    """Return a few lines, grouped: talking, memory, voice, this channel, credits, privacy, and for who may moderate what moderators have."""
    groups = ["help_talk_guild" if in_guild else "help_talk", "help_memory", "help_voice", "help_credits"]
    if not settings.HasField("summaries") or settings.summaries:
        groups.append("help_summary")
    if not in_guild or may_moderate:
        groups.append("help_reset")
    groups.append("help_privacy")
    if in_guild and may_moderate:
        groups.append("help_moderators")
    return "\n".join(notices.words(group) for group in groups)

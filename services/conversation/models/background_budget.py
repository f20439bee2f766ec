"""What the background work of each guild may use of the models in a day (UTC), counted in tokens.

Work that nobody waits for has no account of a person's to be charged to. It is counted by guild and feature, so that its cost can be told apart,
and a guild that has used up its day is refused until the next: whoever asked falls back on rules. Calls under way at that moment are finished, so
the budget may be exceeded by as many as there are slots.
"""

from prometheus_client import Counter
from sqlalchemy import text

from services.conversation.turn import Usage
from services.runtime.database import Database
from services.runtime.errors import LimitReached

_tokens = Counter("parlour_conversation_background_tokens_total", "Tokens that background work used", ["feature", "kind"])
_refused = Counter("parlour_conversation_background_refused_total", "Background calls refused because a guild's budget of the day was spent")

_SPENT = text(
    "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) FROM background_usage"
    " WHERE guild_id = :guild_id AND day = (now() AT TIME ZONE 'UTC')::date"
)
_SPEND = text(
    """
    INSERT INTO background_usage AS b (guild_id, day, feature, calls, prompt_tokens, completion_tokens)
    VALUES (:guild_id, (now() AT TIME ZONE 'UTC')::date, :feature, 1, :prompt_tokens, :completion_tokens)
    ON CONFLICT (guild_id, day, feature) DO UPDATE SET calls = b.calls + 1, prompt_tokens = b.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = b.completion_tokens + excluded.completion_tokens
    """
)
_FORGET = text("DELETE FROM background_usage WHERE day < (now() AT TIME ZONE 'UTC')::date - CAST(:days AS integer)")


class BackgroundBudget:
    """Counts what guilds' background work uses; `tokens_max` is what one guild may use a day, prompts and completions together."""

    def __init__(self, database: Database, *, tokens_max: int) -> None:
        self._database = database
        self._tokens_max = tokens_max

    async def require(self, guild_id: str) -> None:
        """Raise LimitReached where a guild has used up its day, DependencyUnavailable where nobody can tell: what nobody waits for can wait."""
        async with self._database.read() as session:
            spent = int(await session.scalar(_SPENT, {"guild_id": guild_id}) or 0)
        if spent >= self._tokens_max:
            _refused.inc()
            raise LimitReached("background tokens of this guild today", self._tokens_max)

    async def spend(self, guild_id: str, feature: str, usage: Usage) -> None:
        """Count what a call used. Raises DependencyUnavailable."""
        _tokens.labels(feature, "prompt").inc(usage.prompt_tokens)
        _tokens.labels(feature, "completion").inc(usage.completion_tokens)
        values = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
        async with self._database.write() as session:
            await session.execute(_SPEND, {"guild_id": guild_id, "feature": feature, **values})


async def forget_usage(database: Database, days: int) -> None:
    """Drop what was used more than so many days ago."""
    async with database.write() as session:
        await session.execute(_FORGET, {"days": days})

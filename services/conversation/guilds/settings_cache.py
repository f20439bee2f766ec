"""Guild settings and personas in force, kept by each instance and exact across all of them: see services/runtime/cache.py for what that means.

Kept is what GetGuildSettings and GetPersona answer. What a reply is built from, and what jobs go by, is read from the database with the rest of it.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from services.conversation.guilds.guild_settings import GuildSettings
from services.conversation.guilds.guild_settings_store import select_guild_settings
from services.conversation.personas.persona_layers import InForce, layer_keys
from services.conversation.settings import ConversationSettings
from services.runtime.cache import Cache
from services.runtime.cache_generations import Generations
from services.runtime.cache_standing import Standing
from services.runtime.database import Database, KeptConnection


class SettingsCache:
    """Reads through a cache, and what edits of it are wrapped in. Without Redis every read is one of the database."""

    def __init__(self, database: Database, settings: ConversationSettings) -> None:
        self._database = database
        self._generations = _generations(settings) if settings.redis_url else None
        # A connection of its own: where people wait for one, what is kept must not be lost as well.
        asking = database.keep()
        self.standing = Standing(lambda: read_epoch(asking), lambda: advance_epoch(database), lease_s=settings.cache_lease_s)
        size_max, ttl_s = settings.cache_items_max, settings.cache_ttl_s
        self._guilds: Cache[GuildSettings] = Cache("guild_settings", self._generations, self.standing, size_max=size_max, ttl_s=ttl_s)
        self._personas: Cache[InForce] = Cache("personas", self._generations, self.standing, size_max=size_max, ttl_s=ttl_s)

    async def start(self, stack: AsyncExitStack) -> None:
        """Have what is kept confirmed until `stack` closes; connections are closed then, too."""
        if self._generations is not None:
            stack.push_async_callback(self._generations.close)
            await stack.enter_async_context(self.standing.confirming())

    async def guild_settings(self, guild_id: str) -> GuildSettings:
        """Return a guild's settings, or the defaults."""

        async def load() -> GuildSettings:
            async with self._database.read() as session:
                return await select_guild_settings(session, guild_id)

        return await self._guilds.get([_guild_key(guild_id)], load)

    def editing_guild(self, guild_id: str) -> AbstractAsyncContextManager[None]:
        """Wrap the transaction that edits a guild's settings, a repeated one included: the block commits."""
        return self._guilds.editing([_guild_key(guild_id)])

    async def persona(self, guild_id: str, user_id: str, load: Callable[[str, str], Awaitable[InForce]]) -> InForce:
        """Return the persona in force, which `load` reads. It depends on each of its layers: an edit of the guild's is seen by all its members."""
        keys = [_layer_key(*key) for key in layer_keys(guild_id, user_id).values()]
        return await self._personas.get(keys, lambda: load(guild_id, user_id))

    def editing_persona(self, guild_id: str, user_id: str) -> AbstractAsyncContextManager[None]:
        """Wrap the transaction that edits a layer of personas, a repeated one included: the block commits."""
        return self._personas.editing([_layer_key(guild_id, user_id)])

    def changing_persona(self, guild_id: str, user_id: str) -> AbstractAsyncContextManager[None]:
        """As `editing_persona`, for changes that nobody ordered and nobody is told of as done: they do not wait while Redis is away."""
        return self._personas.editing([_layer_key(guild_id, user_id)], wait=False)


async def read_epoch(database: Database | KeptConnection) -> int:
    """Return the epoch of what instances keep. Raises DependencyUnavailable."""
    async with database.connection() as connection:
        # The first value that a sequence gives is the one that it shows before it has given any.
        row = await (await connection.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM cache_epoch")).fetchone()
    assert row is not None
    return int(row[0])


async def advance_epoch(database: Database) -> None:
    """Have every instance drop all that it keeps, within a lease. Raises DependencyUnavailable."""
    async with database.connection() as connection:
        await connection.execute("SELECT nextval('cache_epoch')")


def _generations(settings: ConversationSettings) -> Generations:
    return Generations(
        settings.redis_url,
        "conversation",
        timeout_s=settings.redis_timeout_s,
        ttl_s=settings.cache_generation_keep_s,
        edit_s=settings.cache_edit_s,
    )


def _guild_key(guild_id: str) -> str:
    return f"guild_settings\0{guild_id}"


def _layer_key(guild_id: str, user_id: str) -> str:
    return f"persona\0{guild_id}\0{user_id}"

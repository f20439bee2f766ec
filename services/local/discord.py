"""Registers the slash commands with Discord while the stack starts, and says how to invite the bot."""

import asyncio

from services.local.supervisor import Say, Supervised, last_words

MODULE = "services.gateway.discord.register"
REGISTER_S = 30.0  # Discord's client tries again by itself when it cannot reach Discord
PATIENCE_S = 2.0


class Registration:
    """One run of `python -m services.gateway.discord.register` beside the stack, which goes on whatever becomes of it."""

    def __init__(self, child: Supervised, say: Say, register_s: float = REGISTER_S) -> None:
        self._child = child
        self._say = say
        self._register_s = register_s
        self._run: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start registering; what becomes of it is said when it is known."""
        self._run = asyncio.create_task(self._register(), name="register with Discord")

    async def told(self, patience_s: float = PATIENCE_S) -> None:
        """Give it a moment, so that the invite link is read before the stack is ready rather than in the middle of a chat."""
        if self._run is not None:
            await asyncio.wait({self._run}, timeout=patience_s)

    async def stop(self) -> None:
        """End it if it is under way."""
        if self._run is not None:
            self._run.cancel()
            await asyncio.wait({self._run})

    async def _register(self) -> None:
        self._child.log_path.unlink(missing_ok=True)  # what an earlier run said is not the news of this one
        self._child.start()
        try:
            status = await self._child.ended(self._register_s)
        finally:
            await self._child.stop()
        if status == 0:
            self._say(last_words(self._child.log_path))
            return
        late = f"The slash commands could not be registered: Discord did not take them within {self._register_s:g} s."
        reason = late if status is None else last_words(self._child.log_path)
        self._say(f"{reason} Everything else goes on; to register them later: python -m {MODULE}")

"""Writes an answer to a slash command that was deferred."""

from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.interaction_responses import ORIGINAL, InteractionResponses


class InteractionWriter:
    """A ReplyWriter (services.gateway.discord.writers): the first message fills the deferred answer in, further ones follow up."""

    def __init__(self, responses: InteractionResponses, *, ephemeral: bool) -> None:
        self._responses = responses
        self._ephemeral = ephemeral

    async def typing(self) -> None:
        """Discord shows "thinking" by itself until the first text."""

    async def send(self, part: int, page: AnswerPage) -> str:
        """Fill in the deferred answer, or follow up."""
        if part == 0:
            await self._responses.edit(ORIGINAL, page)
            return ORIGINAL
        return await self._responses.follow_up(page, ephemeral=self._ephemeral)

    async def edit(self, message_id: str, page: AnswerPage) -> None:
        """Change a message."""
        await self._responses.edit(message_id, page)

    async def delete(self, message_id: str) -> None:
        """Remove a message."""
        await self._responses.delete(message_id)

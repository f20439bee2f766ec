"""What Discord lets us answer an interaction with: once within 3 s, then edits and follow-ups for 15 minutes.

By nextcord's webhook adapter, which waits out rate limits per interaction. Not by nextcord's views: those know only buttons that this process
made since it started, and ours carry what they mean in their custom ids.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import nextcord
from nextcord.http import Route
from nextcord.webhook.async_ import async_context

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import AnswerContent, AnswerPage, pages_of
from services.gateway.discord.final_components import Component
from services.gateway.discord.message_payloads import NO_MENTIONS, form_of, payload_of
from services.gateway.discord.writers import WriteFailed, WriteRefused, discord_errors
from services.gateway.notices import words

ORIGINAL = "@original"
EPHEMERAL = 1 << 6
MESSAGES_MAX = 5
REQUEST_S = 15.0
"""For one request: nextcord's own limit is aiohttp's of five minutes."""
ACKNOWLEDGE_S = 2.5
"""How long the first answer is tried, of the 3 s that Discord waits. Not from when Discord says that it was used: that is another clock."""
AGAIN_S = 0.2
_ACKNOWLEDGED = "acknowledged"
_MESSAGE, _DEFERRED_MESSAGE, _DEFERRED_UPDATE, _FORM = 4, 5, 6, 9

type Interaction = nextcord.Interaction[Any]


class InteractionResponses:
    """Answers one interaction. Every method raises WriteFailed or WriteRefused; the latter also when Discord's time for it is over."""

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction

    async def defer_message(self, *, ephemeral: bool) -> None:
        """Say that an answer will come: "thinking" stands where it will be; `ephemeral`: for their eyes only."""
        await self._acknowledge(_DEFERRED_MESSAGE, {"flags": EPHEMERAL} if ephemeral else None)

    async def defer_update(self) -> None:
        """Say that the message whose button was pressed will change."""
        await self._acknowledge(_DEFERRED_UPDATE)

    async def open_form(self, form: Component) -> None:
        """Open a form; only as the first answer."""
        await self._acknowledge(_FORM, form)

    async def say(self, text: str) -> None:
        """Say something to whoever pressed, for their eyes only, beside what is there."""
        if self._interaction.attached.get(_ACKNOWLEDGED):
            await self.follow_up(AnswerPage(text), ephemeral=True)
        else:
            await self._acknowledge(_MESSAGE, payload_of(AnswerPage(text)) | {"flags": EPHEMERAL})

    async def edit(self, message_id: str, page: AnswerPage, *, embeds: Sequence[dict[str, Any]] | None = None) -> None:
        """Change a message of this interaction; ORIGINAL: the deferred one, or the one whose button was pressed. `embeds` None leaves them."""
        payload = payload_of(page) | ({} if embeds is None else {"embeds": list(embeds)})
        await self._webhook("PATCH", f"/messages/{message_id}", payload, page.files)

    async def drop_components(self) -> None:
        """Take the buttons from the message whose button was pressed."""
        await self.replace_components([])

    async def replace_components(self, rows: Sequence[Component]) -> None:
        """Give the message whose button was pressed other buttons; its text stays."""
        await self._webhook("PATCH", f"/messages/{ORIGINAL}", {"components": list(rows), "allowed_mentions": NO_MENTIONS})

    async def follow_up(self, page: AnswerPage, *, ephemeral: bool, embeds: Sequence[dict[str, Any]] = ()) -> str:
        """Post a further message and return its id."""
        payload = payload_of(page) | ({"flags": EPHEMERAL} if ephemeral else {}) | ({"embeds": list(embeds)} if embeds else {})
        posted = await self._webhook("POST", "", payload, page.files, params={"wait": 1})
        return str(posted["id"])

    async def follow_up_all(self, page: AnswerPage) -> None:
        """Post an answer for their eyes only, in as many messages as it needs."""

        async def follow_up(number: int, message: AnswerPage) -> None:
            await self.follow_up(message, ephemeral=True)

        await _write_all(page, follow_up)

    async def replace_all(self, page: AnswerPage) -> None:
        """Let an answer stand in place of ORIGINAL; what does not fit into one message follows, and the last has the buttons and files."""

        async def write(number: int, message: AnswerPage) -> None:
            if number == 0:
                await self.edit(ORIGINAL, message, embeds=())
            else:
                await self.follow_up(message, ephemeral=True)

        await _write_all(page, write)

    async def delete(self, message_id: str) -> None:
        """Remove a message of this interaction."""
        await self._webhook("DELETE", f"/messages/{message_id}")

    async def _acknowledge(self, kind: int, data: dict[str, Any] | None = None) -> None:
        """Try again while there is time: without the first answer, what somebody did comes to nothing and nobody tells them."""
        until_s = time.monotonic() + ACKNOWLEDGE_S
        while True:
            try:
                await self._acknowledge_once(kind, data)
                return
            except WriteFailed as failure:
                wait_s = AGAIN_S if failure.retry_after_s is None else failure.retry_after_s
                if time.monotonic() + wait_s > until_s:
                    raise
            await asyncio.sleep(wait_s)

    async def _acknowledge_once(self, kind: int, data: dict[str, Any] | None) -> None:
        interaction = self._interaction
        with discord_errors():
            async with asyncio.timeout(REQUEST_S):
                await async_context.get().create_interaction_response(
                    interaction.id, interaction.token, session=interaction._session, type=kind, data=data
                )
        interaction.attached[_ACKNOWLEDGED] = True

    async def _webhook(
        self, method: str, path: str, payload: dict[str, Any] | None = None, files: Iterable[gateway_pb2.File] = (), **options: Any
    ) -> Any:
        interaction = self._interaction
        route = Route(
            method,
            "/webhooks/{webhook_id}/{webhook_token}" + path,
            webhook_id=interaction.application_id,
            webhook_token=interaction.token,
        )
        form = form_of(payload or {}, files)
        body: dict[str, Any] = {"multipart": form} if form else {"payload": payload}
        with discord_errors():
            async with asyncio.timeout(REQUEST_S):
                return await async_context.get().request(route, interaction._session, **body, **options)


async def _write_all(page: AnswerPage, write: Callable[[int, AnswerPage], Awaitable[None]]) -> None:
    """Write an answer message by message; where Discord refuses the files of the last, that one is written without them."""
    for number, message in enumerate(messages_of(page)):
        try:
            await write(number, message)
        except WriteRefused:
            if not message.files:
                raise
            bare = messages_of(page, attaches=False)
            for at in range(number, len(bare)):
                await write(at, bare[at])


def messages_of(page: AnswerPage, *, attaches: bool = True) -> list[AnswerPage]:
    """Return an answer as messages that Discord accepts; the rest of a very long one is a file, if it `attaches` files."""
    content = AnswerContent(page.text, (), page.components, page.files, finished=True, attaches=attaches)
    return pages_of(content, MESSAGES_MAX) or [AnswerPage(words("something_broke"))]

"""How an answer is written to Discord. Nobody is ever pinged, except in words."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import aiohttp
import nextcord
from nextcord.http import HTTPClient, Route

from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.message_payloads import form_of, payload_of
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


class WriteFailed(Exception):
    """Discord did not take it now; the same write may succeed later. `retry_after_s`: when Discord says so."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        super().__init__(f"retry after {retry_after_s}")
        self.retry_after_s = retry_after_s


class WriteRefused(Exception):
    """Discord will not take it: no permission, channel or message gone, or not acceptable. Trying again is pointless."""


class ReplyWriter(Protocol):
    """Writes the messages of one answer. Every method raises WriteFailed or WriteRefused."""

    async def typing(self) -> None:
        """Show for some seconds that an answer is on its way."""

    async def send(self, part: int, page: AnswerPage) -> str:
        """Post message number `part` of the answer and return its id. Repeating it within minutes posts nothing new."""

    async def edit(self, message_id: str, page: AnswerPage) -> None:
        """Change a message into this one."""

    async def delete(self, message_id: str) -> None:
        """Remove a message."""


def nonce_for(key: str, part: int) -> str:
    """Return the nonce (24 of the 25 characters that Discord allows) of a message: the same for the same answer and part."""
    return hashlib.blake2b(f"{key}/{part}".encode(), digest_size=12).hexdigest()


@contextmanager
def discord_errors() -> Iterator[None]:
    """Turn what nextcord and the network raise into WriteFailed and WriteRefused."""
    try:
        yield
    except nextcord.DiscordServerError as error:
        raise WriteFailed from error
    except nextcord.HTTPException as error:
        if error.status == 429:  # nextcord waits out a 429 itself, but takes one that came past Discord's proxy for a ban
            raise WriteFailed(_retry_after_s(error)) from error
        raise WriteRefused(f"{error.status} {error.code}") from error
    except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as error:  # RuntimeError: the session was closed by a reconnect
        raise WriteFailed from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # nextcord reads the body of a 429 without looking whether it is the JSON that it expects.
        _log.warning("an answer of Discord's could not be read", problem=type(error).__name__)
        raise WriteFailed from error


def _retry_after_s(error: nextcord.HTTPException) -> float | None:
    try:
        return max(0.0, float(error.response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


def _body(payload: dict[str, Any], page: AnswerPage) -> dict[str, Any]:
    form = form_of(payload, page.files)
    return {"form": form} if form else {"json": payload}


class ChannelWriter:
    """Answers a message in its channel. `key` names the answer: what it posts twice under one key appears once."""

    def __init__(self, http: HTTPClient, channel_id: int | str, *, reply_to: int | str | None, key: str) -> None:
        self._http = http
        self._channel_id = str(channel_id)
        self._reply_to = reply_to
        self._key = key

    async def typing(self) -> None:
        """Show the typing indicator for ten seconds."""
        with discord_errors():
            await self._http.send_typing(self._channel_id)

    async def send(self, part: int, page: AnswerPage) -> str:
        """Post a message; the first one replies to the message that is answered, if that still exists."""
        payload = payload_of(page) | {"nonce": nonce_for(self._key, part), "enforce_nonce": True}
        if part == 0 and self._reply_to is not None:
            payload["message_reference"] = {"message_id": str(self._reply_to), "channel_id": self._channel_id, "fail_if_not_exists": False}
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=self._channel_id)
        body = _body(payload, page)
        with discord_errors():
            posted = await self._http.request(route, **body)
        message_id = str(posted["id"])
        # The nonce was known: an earlier attempt (another instance, before a crash) posted this part, perhaps with less text.
        if str(posted.get("content", page.text)).strip() != page.text.strip():
            await self.edit(message_id, page)
        return message_id

    async def edit(self, message_id: str, page: AnswerPage) -> None:
        """Change a message; its files and components are those of the page afterwards."""
        route = Route("PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=self._channel_id, message_id=message_id)
        body = _body({"attachments": []} | payload_of(page), page)
        with discord_errors():
            await self._http.request(route, **body)

    async def delete(self, message_id: str) -> None:
        """Remove a message."""
        with discord_errors():
            await self._http.delete_message(self._channel_id, message_id)

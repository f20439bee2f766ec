"""Which Discord is talked to, and a REST client for it that outlives every gateway connection."""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import nextcord
from nextcord.asset import Asset
from nextcord.http import HTTPClient, Route

from services.gateway.discord.settings import DiscordSettings

DISCORD_API = Route.BASE
DISCORD_ASSETS = Asset.BASE
INVITE = "https://discord.com/oauth2/authorize"


def api_base(url: str) -> str:
    """Return the base of REST v10 for an address with or without its path: "http://x", "http://x/api" and "http://x/api/v10" are the same."""
    bare = url.rstrip("/")
    if re.search(r"/v\d+$", bare):
        return bare
    return f"{bare}/v10" if bare.endswith("/api") else f"{bare}/api/v10"


def use_api(settings: DiscordSettings) -> None:
    """Point nextcord at the Discord of the settings, for the whole process; call it before any client is made."""
    nextcord.VoiceClient.warn_nacl = False
    Route.BASE = api_base(settings.discord_api_url) if settings.discord_api_url else DISCORD_API
    parts = urlsplit(Route.BASE)
    Asset.BASE = f"{parts.scheme}://{parts.netloc}" if settings.discord_api_url else DISCORD_ASSETS


class TimedHTTPClient(HTTPClient):
    """A REST client whose requests end: nextcord's own have no limit but aiohttp's of five minutes. Waiting for a rate limit is not counted."""

    def __init__(self, request_s: float) -> None:
        super().__init__(dispatch=_no_events, assume_unsync_clock=True)
        self._request_timeout = aiohttp.ClientTimeout(total=request_s)

    async def request(self, route: Route, **options: Any) -> Any:
        """Make a request. Raises TimeoutError where an attempt takes too long, and what nextcord raises."""
        return await super().request(route, **{"timeout": self._request_timeout, **options})


def rest_client(settings: DiscordSettings) -> HTTPClient:
    """Return a REST client with the bot's token; close it when done. It connects with its first request."""
    use_api(settings)
    client = TimedHTTPClient(settings.discord_request_s)
    client.set_default_auth(f"Bot {settings.discord_token.strip()}")
    return client


def _no_events(event: str, *args: Any) -> None:
    """The client would like to tell about rate limits; it logs them too."""


def invite_link(application_id: int | str) -> str:
    """Return the link that invites the bot, with the permissions that it uses and no others."""
    permissions = nextcord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        read_message_history=True,
        embed_links=True,
        attach_files=True,
        add_reactions=True,
    )
    query = {"client_id": str(application_id), "permissions": permissions.value, "scope": "bot applications.commands"}
    return f"{INVITE}?{urlencode(query)}"

"""Registers the slash commands with Discord. A step of deployment or of the local stack, never of the service.

DISCORD_TOKEN=... python -m services.gateway.discord.register
"""

import asyncio
import sys
from typing import Any

import nextcord
from nextcord.http import HTTPClient
from pydantic import ValidationError

from services.gateway.discord.api import invite_link, rest_client
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.slash_commands import command_payloads
from services.runtime.settings import BadSettings


class DiscordRefused(BadSettings):
    """Discord does not take the bot as it is set up; the message says what to change, in one line for the operator."""


TOKEN_REFUSED = "Discord does not accept the token in DISCORD_TOKEN: copy it anew from the Bot page of your application."  # noqa: S105


async def register_commands(settings: DiscordSettings) -> str:
    """Register the slash commands, replacing those registered before, and return the application's id (for `invite_link`).

    Raises DiscordRefused if the token is not accepted, nextcord.HTTPException if Discord refuses otherwise, OSError if it cannot be reached.
    """
    http = rest_client(settings)
    try:
        application_id = await _application_id(http)
        await http.bulk_upsert_global_commands(int(application_id), command_payloads())
    except nextcord.Unauthorized:
        raise DiscordRefused(TOKEN_REFUSED) from None
    finally:
        await http.close()
    return application_id


async def _application_id(http: HTTPClient) -> str:
    try:
        found: dict[str, Any] = dict(await http.application_info())
    except nextcord.NotFound:  # a compatible server need not know applications; a bot's user has the same id
        found = dict(await http.get_current_user())
    return str(found["id"])


def main() -> None:
    """Register with the settings of the environment and print the invite link; exit status 1 and a sentence if that fails."""
    try:
        settings = DiscordSettings()  # type: ignore[call-arg]  # pydantic fills them from the environment
    except ValidationError as problem:
        sys.exit("\n".join(f"{detail['loc'][0]}: {detail['msg']}" for detail in problem.errors(include_url=False)))
    if not settings.discord_token:
        sys.exit("DISCORD_TOKEN must be set.")
    try:
        application_id = asyncio.run(register_commands(settings))
    except (BadSettings, nextcord.HTTPException, OSError) as problem:
        sys.exit(f"The slash commands could not be registered: {problem}")
    print(f"Slash commands registered. Invite the bot: {invite_link(application_id)}")


if __name__ == "__main__":
    main()

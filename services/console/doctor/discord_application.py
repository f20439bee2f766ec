"""The bot's application as Discord shows it to whoever holds its token."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DISCORD_URL = "https://discord.com/api/v10"
ANSWER_BYTES_MAX = 4 << 20
# https://discord.com/developers/docs/resources/application#application-object-application-flags: for large bots, and for those in under 100 servers.
_MESSAGE_CONTENT = 1 << 18 | 1 << 19
_AGENT = "DiscordBot (https://parlour.example, 0)"
"""Discord refuses programs that do not name themselves so."""


@dataclass(frozen=True)
class Application:
    """What Discord said. `problem`: it could not be asked; `refused`: it does not accept the token; `commands`: how many are registered."""

    problem: str = ""
    refused: bool = False
    reads_messages: bool = False
    commands: int | None = None


def read_application(token: str, url: str = "", *, timeout_s: float) -> Application:
    """Ask Discord, or what stands for it at `url`."""
    base = (url or DISCORD_URL).rstrip("/")
    try:
        shown = _asked(f"{base}/applications/@me", token, timeout_s)
        flags, name = int(shown.get("flags") or 0), str(shown["id"])
        registered = _asked(f"{base}/applications/{name}/commands", token, timeout_s)
    except urllib.error.HTTPError as error:
        return Application(refused=True) if error.code in (401, 403) else Application(f"it answers with status {error.code}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "reason", None)
        return Application(str(getattr(reason, "strerror", None) or reason or "it does not answer as Discord does"))
    return Application(reads_messages=bool(flags & _MESSAGE_CONTENT), commands=len(registered))


def _asked(url: str, token: str, timeout_s: float) -> Mapping[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bot {token}", "User-Agent": _AGENT})  # noqa: S310 -- a setting of the operator's
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
        return json.loads(answer.read(ANSWER_BYTES_MAX))  # type: ignore[no-any-return]

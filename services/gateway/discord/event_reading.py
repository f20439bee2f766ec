"""How nextcord reads what Discord tells: each event checked and completed before, and one that cannot be read skipped.

nextcord by itself lets an event that it cannot read end the client, and throws a guild away for one channel that it cannot make out.
"""

from collections.abc import Callable
from typing import Any

import nextcord
from nextcord.channel import _guild_channel_factory
from nextcord.http import HTTPClient
from nextcord.state import ConnectionState

from services.gateway.discord.event_shapes import EventUnreadable, check_event
from services.gateway.discord.missing_fields import (
    GUILD_PARTS,
    whole_channel,
    whole_guild,
    whole_interaction,
    whole_member,
    whole_message,
    whole_update,
    whole_user,
)
from services.runtime.telemetry import get_logger

type Parse = Callable[[Any], None]
type Complete = Callable[[Any], Any]

_log = get_logger(__name__)


def read_with_care(state: ConnectionState, http: HTTPClient) -> None:
    """Let a client's state take what may be incomplete or malformed, by events as by REST. READY is not skipped: there is no session without it."""
    completions = _completions(state)
    for event, parse in list(state.parsers.items()):
        if event in ("READY", "RESUMED"):
            continue
        complete = completions.get(event, _as_it_is)
        parser = _guild_parser(parse, state) if event == "GUILD_CREATE" else parse
        state.parsers[event] = _skipping(event, _completing(event, complete, parser))
    _complete_what_is_made(state)
    _complete_what_is_asked_for(http)


def _completions(state: ConnectionState) -> dict[str, Complete]:
    def message(data: Any) -> Any:
        return whole_message(_placed(data, state))

    def update(data: Any) -> Any:
        return whole_update(_placed(data, state))

    def channel_update(data: Any) -> Any:
        return whole_channel(_as_known(data, state))

    def thread_update(data: Any) -> Any:
        # Of a thread that it knows, nextcord takes over what is told, and keeps the rest.
        return data if state.get_channel(int(data["id"])) is not None else whole_channel(data)

    def threads(data: Any) -> Any:
        return data | {"threads": [whole_channel(thread) for thread in data.get("threads") or ()]}

    def interaction(data: Any) -> Any:
        return _placed(whole_interaction(data), state)

    return {
        "MESSAGE_CREATE": message,
        "MESSAGE_UPDATE": update,
        "INTERACTION_CREATE": interaction,
        "GUILD_CREATE": whole_guild,
        "GUILD_UPDATE": whole_guild,
        "CHANNEL_CREATE": whole_channel,
        "CHANNEL_UPDATE": channel_update,
        "THREAD_CREATE": whole_channel,
        "THREAD_UPDATE": thread_update,
        "THREAD_LIST_SYNC": threads,
    }


def _as_it_is(data: Any) -> Any:
    return data


def _placed(data: Any, state: ConnectionState) -> Any:
    """Name the guild of what happened in a channel that is known, where that was left out."""
    if not isinstance(data, dict) or data.get("guild_id") or not data.get("channel_id"):
        return data
    guild = getattr(state.get_channel(_number(data["channel_id"])), "guild", None)
    return data if guild is None else data | {"guild_id": str(guild.id)}


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _as_known(data: Any, state: ConnectionState) -> Any:
    """Fill in what an update of a channel leaves out from what is known of it: above all, a hidden channel stays hidden."""
    known = state.get_channel(_number(data.get("id")))
    if not isinstance(known, nextcord.abc.GuildChannel):
        return data
    before = {"name": known.name, "position": known.position, "permission_overwrites": [one._asdict() for one in known._overwrites]}
    return before | {name: value for name, value in data.items() if value is not None}


def _guild_parser(parse: Parse, state: ConnectionState) -> Parse:
    def parse_guild(data: Any) -> None:
        try:
            parse(data)
        except Exception:
            readable, left_out = _readable(data, state)
            if not left_out:
                raise
            _log.warning("a part of a Discord server could not be read and is left out", guild_id=str(_number(data.get("id"))), parts=left_out)
            parse(readable)

    return parse_guild


def _readable(data: dict[str, Any], state: ConnectionState) -> tuple[dict[str, Any], dict[str, int]]:
    """Return a guild without those of its parts that nextcord cannot make out, and how many of each kind those are."""
    guild: Any = nextcord.Object(_number(data.get("id")))
    readable = data | {part: [one for one in data[part] if _can_be_made(part, one, guild, state)] for part in GUILD_PARTS if part in data}
    counts = {part: len(data[part]) - len(readable[part]) for part in GUILD_PARTS if part in data}
    return readable, {part: count for part, count in counts.items() if count}


def _can_be_made(part: str, data: dict[str, Any], guild: Any, state: ConnectionState) -> bool:
    made: Any = {"roles": nextcord.Role, "members": nextcord.Member, "threads": nextcord.Thread}.get(part)
    try:
        if part == "channels":
            made, _ = _guild_channel_factory(data["type"])
        if made is not None:
            made(guild=guild, state=state, data=data)
    except Exception:  # whatever nextcord trips over
        return False
    return True


def _complete_what_is_made(state: ConnectionState) -> None:
    """Complete users, who come along with nearly everything, and messages that were asked for."""
    create_message = state.create_message

    def create_whole_message(*, channel: Any, data: Any) -> nextcord.Message:
        return create_message(channel=channel, data=whole_message(data))  # type: ignore[arg-type]

    setattr(state, "create_message", create_whole_message)  # noqa: B010 (mypy forbids assigning to a method)
    for name in ("create_user", "store_user"):
        setattr(state, name, _completed(getattr(state, name)))


def _completed(make_user: Callable[..., nextcord.User]) -> Callable[..., nextcord.User]:
    def make_whole_user(data: Any) -> nextcord.User:
        return make_user(data=whole_user(data))

    return make_whole_user


def _complete_what_is_asked_for(http: HTTPClient) -> None:
    for name, complete in {"get_channel": whole_channel, "get_member": whole_member}.items():
        setattr(http, name, _asking(getattr(http, name), complete))


def _asking(ask: Callable[..., Any], complete: Complete) -> Callable[..., Any]:
    async def ask_and_complete(*args: Any, **options: Any) -> Any:
        return complete(await ask(*args, **options))

    return ask_and_complete


def _completing(event: str, complete: Complete, parse: Parse) -> Parse:
    def parse_complete(data: Any) -> None:
        whole = complete(data) if isinstance(data, dict) else data
        check_event(event, whole)
        parse(whole)

    return parse_complete


def _skipping(event: str, parse: Parse) -> Parse:
    def parse_or_skip(data: Any) -> None:
        try:
            parse(data)
        except Exception as error:
            # Other errors quote what could not be read, which may be what somebody wrote.
            problem = repr(error)[:200] if isinstance(error, EventUnreadable | KeyError) else type(error).__name__
            _log.warning("a Discord event could not be read and is skipped", discord_event=event, problem=problem)

    return parse_or_skip

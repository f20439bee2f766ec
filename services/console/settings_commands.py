"""The words of `parlour settings ...`: what a guild has decided, changing it, and what it was."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import grpc
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc as pb_grpc
from services.console.credit_accounts import CALL_S, new_request_id, shown_time
from services.console.credit_commands import Act, Connect
from services.console.lines import folded, visible
from services.console.memory_answers import print_json, say
from services.console.tables import console

type _Parsers = "argparse._SubParsersAction[argparse.ArgumentParser]"

HISTORY_MAX = 1_000
RULES_CHARACTERS_MAX = 2_000
RETENTION_DAYS_MAX = 3_650
_PAGE_SIZE = 100
_TRIES_MAX = 5
_TOLD_CHARACTERS_MAX = 80
_SWITCHES = {
    "channel_context": "keep messages that are not answered as context",
    "extraction": "remember people from what they say",
}
_FLAGS = {
    "summaries": "sum up what was talked about",
    "preference_detection": "let what people say about it change how they are talked to",
    "writing_style": "let how people write shape how they are talked to, slowly",
    "relationships": "keep how often and about what people talk",
    "images": "pass pictures on to models that can see",
    "addressing_model": "answer what names nobody but looks meant for the assistant",
    "partial_responses": "of a long message answer only the parts that are meant for the assistant",
}
_LISTS = {
    "answered_channel_ids": "channels in which every message is meant for the assistant",
    "allowed_channel_ids": "the only channels in which it speaks",
    "ignored_channel_ids": "channels in which it answers nobody",
    "ignored_user_ids": "people whom it does not answer",
}
_NAMES = ("rules", "retention_days", "addressing_threshold", *_SWITCHES, *_FLAGS, *_LISTS)


def add_settings_commands(commands: _Parsers, connect: Connect) -> None:
    """Add `settings ...`. Their `run` returns an exit status, or None for 0."""
    words = commands.add_parser("settings", help="what a guild has decided").add_subparsers(required=True, metavar="what")

    def show_settings(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        show(channel, console, given.guild, as_json=given.json)

    def set_settings(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        change(channel, console, given.guild, {name: value for name in _NAMES if (value := getattr(given, name)) is not None})

    def show_history(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        history(channel, console, given.guild, limit=given.limit, as_json=given.json)

    parser = _add(words, connect, "show", "show a guild's settings", show_settings)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    _add_decisions(_add(words, connect, "set", "change some of a guild's settings; the others stay as they are", set_settings))
    parser = _add(words, connect, "history", "show what was changed, newest first", show_history)
    parser.add_argument("--limit", type=_number(int, 1, HISTORY_MAX), default=20, metavar="N", help="versions at most (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def show(channel: grpc.Channel, console: Console, guild_id: str, *, as_json: bool) -> None:
    """Print a guild's settings. Raises grpc.RpcError."""
    settings = _read(channel, guild_id)
    if as_json:
        print_json(console, settings)
        return
    table = Table("setting", "value", show_header=False)
    for name in _NAMES:
        table.add_row(_option(name), Text(_value(settings, name)))
    console.print(table)
    if settings.version:
        say(console, f"Version {settings.version}, of {shown_time(settings.update_time)}.")
    else:
        say(console, "This guild never decided anything: these are the defaults.")


def change(channel: grpc.Channel, console: Console, guild_id: str, changes: Mapping[str, Any]) -> None:
    """Change some settings, reading them again where somebody else was faster. What is so already is not changed. Raises grpc.RpcError."""
    stub = pb_grpc.GuildSettingsServiceStub(channel)
    for left in reversed(range(_TRIES_MAX)):
        settings = _read(channel, guild_id)
        changed = _changed(settings, changes)
        if changed == settings:
            say(console, "Nothing to change: it is so already.")
            return
        try:
            request = pb.UpdateGuildSettingsRequest(request_id=new_request_id(), settings=changed)
            stored = stub.UpdateGuildSettings(request, timeout=CALL_S).settings
        except grpc.RpcError as error:
            if not left or error.code() is not grpc.StatusCode.ABORTED:  # which says that the version is stale
                raise
            continue
        for line in _differences(settings, stored):
            say(console, line)
        return


def history(channel: grpc.Channel, console: Console, guild_id: str, *, limit: int, as_json: bool) -> None:
    """Print a guild's newest versions, `limit` at most, and what each changed. Raises grpc.RpcError."""
    versions = _versions(channel, guild_id, limit + 1)
    if as_json:
        print_json(console, pb.ListGuildSettingsVersionsResponse(versions=versions[:limit]))
        return
    if not versions:
        say(console, "This guild never decided anything.")
        return
    table = Table("version", "when", "what")
    for version, before in zip(versions[:limit], [*versions[1:], None], strict=False):
        lines = _differences(before, version) if before is not None else (f"{_option(name)}: {_told(version, name)}" for name in _NAMES)
        table.add_row(str(version.version), shown_time(version.update_time), Text("\n".join(lines) or "nothing"))
    console.print(table)


def _add(words: _Parsers, connect: Connect, name: str, help_text: str, act: Act) -> argparse.ArgumentParser:
    def run(given: argparse.Namespace) -> int | None:
        with connect(given) as channel:
            return act(channel, console(), given)

    parser = words.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.")
    parser.add_argument("guild", type=_text, help="the guild's id")
    parser.set_defaults(run=run)
    return parser


def _add_decisions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=_text, help='what everybody there is asked to keep to, shown to the model with every message; "": nothing')
    days = _number(int, 0, RETENTION_DAYS_MAX)
    parser.add_argument("--retention-days", type=days, metavar="N", help="delete messages after so many days; 0: keep them")
    threshold = _number(float, 0.0, 1.0)
    parser.add_argument(
        "--addressing-threshold",
        type=threshold,
        metavar="P",
        help="answer what is meant for the assistant with this probability, 0 to 1; 0: the default",
    )
    for name, help_text in _LISTS.items():
        parser.add_argument(f"--{_option(name)}", type=_ids, metavar="ID,...", help=f'{help_text}, in place of those that are set; "": none')
    for name, help_text in _SWITCHES.items():
        parser.add_argument(f"--{_option(name)}", choices=("on", "off"), help=help_text)
    for name, help_text in _FLAGS.items():
        parser.add_argument(f"--{_option(name)}", choices=("on", "off", "default"), help=help_text)
    parse = parser.get_default("run")

    def run(given: argparse.Namespace) -> int | None:
        if all(getattr(given, name) is None for name in _NAMES):
            parser.error("say what to set, such as --retention-days 90")
        status: int | None = parse(given)
        return status

    parser.set_defaults(run=run)


def _read(channel: grpc.Channel, guild_id: str) -> pb.GuildSettings:
    return pb_grpc.GuildSettingsServiceStub(channel).GetGuildSettings(pb.GetGuildSettingsRequest(guild_id=guild_id), timeout=CALL_S).settings


def _versions(channel: grpc.Channel, guild_id: str, limit: int) -> list[pb.GuildSettings]:
    stub, token = pb_grpc.GuildSettingsServiceStub(channel), ""
    found: list[pb.GuildSettings] = []
    while len(found) < limit:
        size = min(_PAGE_SIZE, limit - len(found))
        page = stub.ListGuildSettingsVersions(
            pb.ListGuildSettingsVersionsRequest(guild_id=guild_id, page_size=size, page_token=token), timeout=CALL_S
        )
        found += page.versions
        token = page.next_page_token
        if not token:
            break
    return found


def _changed(settings: pb.GuildSettings, changes: Mapping[str, Any]) -> pb.GuildSettings:
    changed = pb.GuildSettings()
    changed.CopyFrom(settings)
    for name, value in changes.items():
        if name in _LISTS:
            changed.ClearField(name)  # type: ignore[arg-type]
            getattr(changed, name).extend(value)
        elif value == "default":
            changed.ClearField(name)  # type: ignore[arg-type]
        else:
            setattr(changed, name, value == "on" if name in _SWITCHES or name in _FLAGS else value)
    return changed


def _differences(before: pb.GuildSettings, after: pb.GuildSettings) -> Iterator[str]:
    for name in _NAMES:
        if _value(before, name) != _value(after, name):
            yield f"{_option(name)}: {_told(before, name)} → {_told(after, name)}"


def _value(settings: pb.GuildSettings, name: str) -> str:
    if name in _FLAGS and not settings.HasField(name):  # type: ignore[arg-type]
        return "on (default)"
    value = getattr(settings, name)
    if name in _LISTS:
        return visible(", ".join(value)) or "none"
    if name == "addressing_threshold" and not value:
        return "the default"
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "retention_days":
        return f"{value:,}" if value else "messages are kept"
    return visible(str(value)) or "none" if name == "rules" else f"{value:g}"


def _told(settings: pb.GuildSettings, name: str) -> str:
    told = folded(_value(settings, name))
    return told if len(told) <= _TOLD_CHARACTERS_MAX else f"{told[:_TOLD_CHARACTERS_MAX]}…"


def _option(name: str) -> str:
    return name.replace("_", "-")


def _number[N: (int, float)](read: Callable[[str], N], least: N, most: N) -> Callable[[str], N]:
    def number(text: str) -> N:
        try:
            value = read(text)
        except ValueError:
            value = most + 1
        if not least <= value <= most:  # which is so of nan, too
            raise argparse.ArgumentTypeError(f"{text!r:.40} is not a number from {least:,} to {most:,}")
        return value

    return number


def _ids(given: str) -> list[str]:
    """Read ids with commas between them; what is too many or no id at all the service says."""
    return [stripped for each in _text(given).split(",") if (stripped := each.strip())]


def _text(given: str) -> str:
    # What was typed in another encoding than the terminal's reaches Python as lone surrogates, which no message can carry.
    if any(0xD800 <= ord(character) <= 0xDFFF for character in given):
        raise argparse.ArgumentTypeError("that is not text in the encoding of this terminal")
    if len(given) > RULES_CHARACTERS_MAX:
        raise argparse.ArgumentTypeError(f"that has {len(given):,} characters and the limit is {RULES_CHARACTERS_MAX:,}")
    return given

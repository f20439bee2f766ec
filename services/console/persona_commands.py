"""The words of `parlour persona ...`: how the assistant talks, to whom, why, changing it and taking that back."""

import argparse
from collections.abc import Callable, Mapping

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
type _Whose = tuple[str, str]
"""guild_id and user_id."""

DIMENSIONS: Mapping[str, str] = {
    "formality": "very casual to very formal",
    "verbosity": "one sentence to full detail",
    "humour": "strictly serious to witty",
    "warmth": "cool to very warm",
    "directness": "very gentle to blunt",
    "emoji": "never to freely",
}
"""What -2 to 2 mean."""
INHERIT = "inherit"
HISTORY_MAX = 100
_TRIES_MAX = 5


def add_persona_commands(commands: _Parsers, connect: Connect, user_id: str) -> None:
    """Add `persona ...`; `user_id` is whose persona is meant where nobody is named. Their `run` returns an exit status, or None for 0."""
    words = commands.add_parser("persona", help="how the assistant talks").add_subparsers(required=True, metavar="what")
    _add_reading(words, connect, user_id)
    _add_changing(words, connect, user_id)


def _add_reading(words: _Parsers, connect: Connect, user_id: str) -> None:
    def show_persona(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        show(channel, console, _whose(given), as_json=given.json)

    def show_reasons(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        explain(channel, console, _whose(given), as_json=given.json)

    def show_history(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        history(channel, console, _whose(given), limit=given.limit)

    parser = _add(words, connect, "show", "show the persona in force, and whose each part of it is", show_persona, user_id)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser = _add(words, connect, "explain", "say in plain words why the assistant talks as it does", show_reasons, user_id)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser = _add(words, connect, "history", "show what was changed, newest first", show_history, user_id)
    parser.add_argument("--limit", type=_number(1, HISTORY_MAX), default=20, metavar="N", help="versions at most (default: %(default)s)")


def _add_changing(words: _Parsers, connect: Connect, user_id: str) -> None:
    def set_persona(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        change(channel, console, _whose(given), {name: value for name in _NAMES if (value := getattr(given, name)) is not None})

    def take_preset(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        if given.name:
            change(channel, console, _whose(given), {}, preset=given.name)
        else:
            list_presets(channel, console)

    def take_back(channel: grpc.Channel, console: Console, given: argparse.Namespace) -> None:
        undo(channel, console, _whose(given), request_id=given.request_id)

    parser = _add(words, connect, "set", "change some of it; what is not named stays as it is", set_persona, user_id)
    for name, meaning in DIMENSIONS.items():
        parser.add_argument(f"--{name}", type=_degree, metavar="N", help=f"-2 to 2: {meaning}; {INHERIT}: as others say")
    parser.add_argument("--language", type=_text, metavar="TAG", help=f'such as de or pt-BR; "": that of the person; {INHERIT}: as others say')
    parser.add_argument("--instructions", type=_text, metavar="WORDS", help='free words on style; "": none')
    parser = _add(words, connect, "preset", "take a persona as it is, or list those that there are", take_preset, user_id)
    parser.add_argument("name", type=_text, nargs="?", default="", help="which; without it they are listed")
    parser = _add(words, connect, "undo", "take back the newest change; again, the one before it", take_back, user_id)
    parser.add_argument("--request-id", type=_text, default=new_request_id(), help="to repeat a command whose outcome is not known")


def show(channel: grpc.Channel, console: Console, whose: _Whose, *, as_json: bool) -> None:
    """Print the persona in force. Raises grpc.RpcError."""
    answer = _read(channel, whose)
    if as_json:
        print_json(console, answer)
        return
    table = Table("part", "value", "whose")
    for name, meaning in DIMENSIONS.items():
        table.add_row(name, f"{getattr(answer.persona, name):+d}".replace("+0", "0") + f" ({meaning})", answer.sources.get(name, ""))
    table.add_row("language", Text(visible(answer.persona.language) or "that of the person"), answer.sources.get("language", ""))
    table.add_row("instructions", Text(visible(answer.persona.instructions) or "none"), "")
    console.print(table)
    say(console, f"Version {answer.own.version}." if answer.own.version else "Nothing of it was ever set here.")


def explain(channel: grpc.Channel, console: Console, whose: _Whose, *, as_json: bool) -> None:
    """Print why the assistant talks as it does. Raises grpc.RpcError."""
    request = pb.ExplainPersonaRequest(guild_id=whose[0], user_id=whose[1])
    answer = pb_grpc.PersonaServiceStub(channel).ExplainPersona(request, timeout=CALL_S)
    if as_json:
        print_json(console, answer)
    else:
        say(console, visible(answer.text))


def history(channel: grpc.Channel, console: Console, whose: _Whose, *, limit: int) -> None:
    """Print the newest versions, `limit` at most. Raises grpc.RpcError."""
    request = pb.ListPersonaVersionsRequest(guild_id=whose[0], user_id=whose[1], page_size=limit)
    listed = pb_grpc.PersonaServiceStub(channel).ListPersonaVersions(request, timeout=CALL_S).versions
    if not listed:
        say(console, "Nothing was ever set here.")
        return
    table = Table("version", "when", "from", "persona", "words")
    for version in listed:
        row = (str(version.persona.version), shown_time(version.update_time), version.origin, _told(version.persona), folded(version.quote))
        table.add_row(*map(Text, row))
    console.print(table)


def list_presets(channel: grpc.Channel, console: Console) -> None:
    """Print the personas that can be taken as they are. Raises grpc.RpcError."""
    table = Table("name", "what it is like", "persona")
    for preset in pb_grpc.PersonaServiceStub(channel).ListPresets(pb.ListPresetsRequest(), timeout=CALL_S).presets:
        table.add_row(*map(Text, (preset.name, preset.description, _told(preset.persona))))
    console.print(table)


def change(channel: grpc.Channel, console: Console, whose: _Whose, changes: Mapping[str, str | int], *, preset: str = "") -> None:
    """Change a layer, reading it again where somebody else was faster. Raises grpc.RpcError."""
    stub = pb_grpc.PersonaServiceStub(channel)
    for left in reversed(range(_TRIES_MAX)):
        own = _read(channel, whose).own
        changed = _changed(own, changes)
        if changed == own and not preset:
            say(console, "Nothing to change: it is so already.")
            return
        request = pb.UpdatePersonaRequest(request_id=new_request_id(), guild_id=whose[0], user_id=whose[1], persona=changed, preset=preset)
        try:
            stored = stub.UpdatePersona(request, timeout=CALL_S).persona
        except grpc.RpcError as error:
            if not left or error.code() is not grpc.StatusCode.ABORTED:  # which says that the version is stale
                raise
            continue
        say(console, f"Version {stored.version}: {_told(stored)}.")
        return


def undo(channel: grpc.Channel, console: Console, whose: _Whose, *, request_id: str) -> None:
    """Take back the newest change. Raises grpc.RpcError."""
    request = pb.UndoPersonaRequest(request_id=request_id, guild_id=whose[0], user_id=whose[1])
    answer = pb_grpc.PersonaServiceStub(channel).UndoPersona(request, timeout=CALL_S)
    say(console, f"{visible(answer.text)} It is now: {_told(answer.persona)}." if answer.undone else "There is nothing to take back.")


_NAMES = (*DIMENSIONS, "language", "instructions")


def _read(channel: grpc.Channel, whose: _Whose) -> pb.GetPersonaResponse:
    request = pb.GetPersonaRequest(guild_id=whose[0], user_id=whose[1])
    answer: pb.GetPersonaResponse = pb_grpc.PersonaServiceStub(channel).GetPersona(request, timeout=CALL_S)
    return answer


def _changed(own: pb.Persona, changes: Mapping[str, str | int]) -> pb.Persona:
    changed = pb.Persona()
    changed.CopyFrom(own)
    for name, value in changes.items():
        if value == INHERIT and name != "instructions":
            changed.ClearField(name)  # type: ignore[arg-type]
        else:
            setattr(changed, name, value)
    return changed


def _told(persona: pb.Persona) -> str:
    """What a layer sets, on one line."""
    parts = [f"{name} {getattr(persona, name):+d}".replace("+0", "0") for name in DIMENSIONS if persona.HasField(name)]  # type: ignore[arg-type]
    if persona.HasField("language"):
        parts.append(f"language {folded(persona.language) or 'that of the person'}")
    if persona.instructions:
        parts.append(f"instructions {folded(persona.instructions)}")
    return ", ".join(parts) or "nothing set"


def _whose(given: argparse.Namespace) -> _Whose:
    return given.guild, "" if given.everybody else given.user


def _add(words: _Parsers, connect: Connect, name: str, help_text: str, act: Act, user_id: str) -> argparse.ArgumentParser:
    def run(given: argparse.Namespace) -> int | None:
        with connect(given) as channel:
            return act(channel, console(), given)

    parser = words.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.")
    parser.add_argument("--user", type=_text, default=user_id, metavar="ID", help="whose (default: %(default)s)")
    parser.add_argument("--guild", type=_text, default="", metavar="ID", help="in this guild (default: direct messages)")
    parser.add_argument("--everybody", action="store_true", help="the guild's own; without --guild, the default of all")
    parser.set_defaults(run=run)
    return parser


def _text(given: str) -> str:
    # What was typed in another encoding than the terminal's reaches Python as lone surrogates, which no message can carry.
    if visible(given) != given:
        raise argparse.ArgumentTypeError("that holds characters that cannot be sent")
    return given


def _degree(text: str) -> int | str:
    if text == INHERIT:
        return text
    if text.removeprefix("+").removeprefix("-") not in ("0", "1", "2") or not -2 <= (value := int(text)) <= 2:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is neither a number from -2 to 2 nor {INHERIT}")
    return value


def _number(minimum: int, maximum: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not minimum <= int(text[:20]) <= maximum:
            raise argparse.ArgumentTypeError(f"{text!r:.40} is not a number from {minimum} to {maximum:,}")
        return int(text)

    return number

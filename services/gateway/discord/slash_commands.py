"""The slash commands, as data: how Discord shows them, and how each is said to the assistant. Pure.

A command is said as people could type it: "/gift <@12> 5 thanks" is the command gift with its options in order. They are not declared with
nextcord's decorators: those look options up in nextcord's caches and fail on what is not there, and only ids are needed here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

from services.gateway.commands.arguments import AMOUNT_MAX_MICROCREDITS, DAYS_MAX, MICROCREDITS, NOTE_CHARS_MAX, PAGE_NUMBER_MAX, Span
from services.gateway.commands.guild_decisions import BY_NAME as SETTINGS

MANAGE_GUILD = 1 << 5
IN_GUILDS, IN_DIRECT_MESSAGES = 0, 1
TEXT_MAX = 2000
FACT_MAX = 1000
CREDITS_MAX = AMOUNT_MAX_MICROCREDITS // MICROCREDITS


class OptionType(IntEnum):
    """Types of options in Discord's API."""

    SUBCOMMAND = 1
    STRING = 3
    INTEGER = 4
    USER = 6
    CHANNEL = 7
    NUMBER = 10


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `least` and `most` are the bounds of a number, or of the length of a string."""

    name: str
    description: str
    type: OptionType = OptionType.STRING
    required: bool = True
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """Return it as Discord registers it."""
        found: dict[str, Any] = {"type": int(self.type), "name": self.name, "description": self.description, "required": self.required}
        kind = "length" if self.type is OptionType.STRING else "value"
        bounds = {f"min_{kind}": self.least, f"max_{kind}": self.most}
        found |= {name: bound for name, bound in bounds.items() if bound is not None and not self.choices}
        return found | ({"choices": [{"name": choice, "value": choice} for choice in self.choices]} if self.choices else {})


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A part of a command. `said`: what stands for its name in the text; empty for what the bare command means."""

    name: str
    description: str
    options: tuple[Option, ...] = ()
    said: str | None = None

    @property
    def words(self) -> str:
        """What it is called in the text."""
        return self.name if self.said is None else self.said

    def payload(self) -> dict[str, Any]:
        """Return it as Discord registers it."""
        options = [option.payload() for option in self.options]
        return {"type": int(OptionType.SUBCOMMAND), "name": self.name, "description": self.description, "options": options}


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command. `private`: only its user sees the answer. `moderators`: Discord offers it to those who may manage the server."""

    name: str
    description: str
    options: tuple[Option | Subcommand, ...] = ()
    private: bool = True
    moderators: bool = False
    guilds_only: bool = False
    bare: bool = False  # its only option is the whole text, said without the command's name

    def payload(self) -> dict[str, Any]:
        """Return it as Discord registers it. `dm_permission` says the same as `contexts` to servers that know only the older field."""
        in_guilds_only = self.moderators or self.guilds_only
        return {
            "type": 1,
            "name": self.name,
            "description": self.description,
            "options": [option.payload() for option in self.options],
            "default_member_permissions": str(MANAGE_GUILD) if self.moderators else None,
            "dm_permission": not in_guilds_only,
            "contexts": [IN_GUILDS] if in_guilds_only else [IN_GUILDS, IN_DIRECT_MESSAGES],
            "integration_types": [0],
        }


@dataclass(frozen=True, slots=True)
class Said:
    """A use of a command in words. `stoppable`: the model answers it. `people`: the ids of those whom its options name."""

    text: str
    private: bool
    stoppable: bool = False
    people: tuple[str, ...] = ()


def _text(name: str, description: str, most: int = TEXT_MAX, *, required: bool = True) -> Option:
    return Option(name, description, required=required, least=1, most=most)


_SOMEBODY = Option("person", "Who", OptionType.USER)
_DIMENSIONS = ("formality", "verbosity", "humour", "warmth", "directness", "emoji")
_PRESETS = ("neutral", "friend", "brief", "professional", "tutor", "coach", "joker", "butler")
_PERSON_OR_CHANNEL = (Option("person", "Who", OptionType.USER, required=False), Option("channel", "Where", OptionType.CHANNEL, required=False))

COMMANDS: tuple[SlashCommand, ...] = (
    SlashCommand("ask", "Ask me anything", (_text("question", "What you would like to know"),), private=False, bare=True),
    SlashCommand("remember", "Let me remember something about you", (_text("what", "For instance: my cat is called Miso", FACT_MAX),)),
    SlashCommand("memories", "See what I remember about you, and change or delete it"),
    SlashCommand("forget", "Let me forget something; I ask before I do", (_text("what", "What to forget, in your own words", FACT_MAX),)),
    SlashCommand("undo", "Take back what I forgot or changed last"),
    SlashCommand("credits", "See how many credits you have"),
    SlashCommand(
        "gift",
        "Give somebody some of your credits",
        (
            _SOMEBODY,
            Option("credits", "How many", OptionType.NUMBER, least=0.01, most=CREDITS_MAX),
            _text("note", "What to say with it", NOTE_CHARS_MAX, required=False),
        ),
        private=False,
    ),
    SlashCommand(
        "usage",
        "See what you used",
        (
            Option("period", "Over how long", required=False, choices=tuple(span.value for span in Span)),
            Option("whose", "Yours, if not given; that of the server is for its moderators", required=False, choices=("server",)),
        ),
    ),
    SlashCommand(
        "personality",
        "How I talk to you",
        (
            Subcommand("show", "See how I talk to you, and why"),
            Subcommand(
                "set",
                "Change one side of it",
                (Option("dimension", "Which side", choices=_DIMENSIONS), _text("value", "How much: -2 to 2", 20)),
            ),
            Subcommand("preset", "Take a personality as it is", (Option("name", "Which", choices=_PRESETS),)),
            Subcommand("reset", "Talk to me as you talk to everybody"),
            Subcommand("undo", "Take the last change back"),
        ),
    ),
    SlashCommand("summary", "What this conversation was about"),
    SlashCommand("reset", "Start the conversation here afresh; I ask before I do"),
    SlashCommand(
        "privacy",
        "What I keep about you, and how to get or delete it",
        (
            Subcommand("about", "What I keep, where and for how long", said=""),
            Subcommand("export", "Get all that I keep about you as a file"),
            Subcommand("opt-out", "Keep nothing about me from now on"),
            Subcommand("opt-in", "You may keep things about me again"),
            Subcommand("erase", "Delete all that you keep about me; I ask before I do"),
        ),
    ),
    SlashCommand("why", "Why I answered your last message here, or did not"),
    SlashCommand("help", "What I can do"),
    SlashCommand(
        "settings",
        "How I behave in this server",
        (
            Subcommand("show", "See every setting with its default"),
            Subcommand(
                "set",
                "Change a setting",
                (Option("name", "Which", choices=tuple(SETTINGS)), _text("value", "To what; default brings its default back")),
            ),
        ),
        moderators=True,
    ),
    SlashCommand(
        "grant",
        "Give somebody credits of this server's pool",
        (
            _SOMEBODY,
            Option("credits", "How many", OptionType.NUMBER, least=0.01, most=CREDITS_MAX),
            Option("days", "After which they expire", OptionType.INTEGER, required=False, least=1, most=DAYS_MAX),
        ),
        moderators=True,
    ),
    SlashCommand(
        "pool",
        "The credits of this server, which can pay for its members",
        (
            Subcommand("show", "See what is in the pool, and for whom it pays", said=""),
            Subcommand(
                "set", "Let the pool pay for members", (Option("credits", "For each member, a day", OptionType.NUMBER, least=0.01, most=CREDITS_MAX),)
            ),
            Subcommand("off", "Let the pool pay for nobody"),
        ),
        moderators=True,
    ),
    SlashCommand("ignore", "Do not answer a person or a channel", _PERSON_OR_CHANNEL, moderators=True),
    SlashCommand("allow", "Answer a person or a channel again", _PERSON_OR_CHANNEL, moderators=True),
    SlashCommand(
        "quarantine",
        "Memories that read like instructions and wait for you",
        (
            Subcommand("list", "See them", said=""),
            Subcommand("more", "See the next of them"),
            Subcommand(
                "release",
                "Let me use one of those that you have just seen",
                (Option("number", "Its number in the list", OptionType.INTEGER, least=1, most=PAGE_NUMBER_MAX),),
            ),
        ),
        moderators=True,
    ),
    SlashCommand("status", "Which of my features work now", moderators=True),
)
_BY_NAME: Mapping[str, SlashCommand] = {command.name: command for command in COMMANDS}


REMEMBER_THIS = "Remember this"
_ON_MESSAGE: dict[str, Any] = {
    "type": 3,
    "name": REMEMBER_THIS,
    "default_member_permissions": None,
    "dm_permission": True,
    "contexts": [IN_GUILDS, IN_DIRECT_MESSAGES],
    "integration_types": [0],
}


def command_payloads() -> list[dict[str, Any]]:
    """Return the commands as Discord registers them: slash commands, and the one in the menu of a message."""
    return [*(command.payload() for command in COMMANDS), dict(_ON_MESSAGE)]


def said_of(data: Mapping[str, Any]) -> Said | None:
    """Return what using a slash command says; `data` is that of its interaction. None for a command or a part of one that is not known here."""
    command = _BY_NAME.get(str(data.get("name", "")))
    if command is None:
        return None
    given: Iterable[Mapping[str, Any]] = data.get("options") or ()
    parts = [f"/{command.name}"]
    options = [option for option in command.options if isinstance(option, Option)]
    subcommands = {option.name: option for option in command.options if isinstance(option, Subcommand)}
    if subcommands:
        chosen = next((one for one in given if one.get("name") in subcommands), None)
        if chosen is None:
            return None
        subcommand = subcommands[str(chosen["name"])]
        parts.append(subcommand.words)
        given, options = chosen.get("options") or (), list(subcommand.options)
    values = {str(one.get("name")): one.get("value") for one in given}
    written = [_written(option, values[option.name]) for option in options if values.get(option.name) is not None]
    people = tuple(str(values[option.name]) for option in options if option.type is OptionType.USER and values.get(option.name) is not None)
    return Said(" ".join(filter(None, written if command.bare else parts + written)), command.private, command.bare, people)


def _written(option: Option, value: object) -> str:
    match option.type:
        case OptionType.USER:
            return f"<@{value}>"
        case OptionType.CHANNEL:
            return f"<#{value}>"
        case OptionType.NUMBER | OptionType.INTEGER:
            return _number(value)
        case _:
            return str(value).strip()


def _number(value: object) -> str:
    """Write a number without an exponent and without a needless fraction."""
    try:
        written = f"{Decimal(str(value)):f}"
    except InvalidOperation:
        return str(value)
    return written.rstrip("0").rstrip(".") if "." in written else written

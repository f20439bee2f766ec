"""What moderators may decide with /settings: each with its name, what it means, what holds where nobody decided, and how its value is written. Pure.

A switch is written on, off or default; a share as a number from 0 to 1 or in per cent; days as a number; lists of channels or people as mentions,
which replace the list, or behind `add` or `remove`; `none` empties a list or a text, and `default` brings back what holds where nobody decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from parlour.conversation.v1 import conversation_pb2
from services.gateway.commands import arguments
from services.gateway.commands.arguments import Unclear
from services.gateway.commands.finals import quotable

Form = Literal["flag", "switch", "share", "days", "text", "channels", "people"]

RULES_CHARS_MAX = 2_000
RETENTION_DAYS_MAX = 3_650
LIST_MAX: Mapping[str, int] = {"channels": 100, "people": 1_000}
_SHOWN_MAX = 10
_TEXT_SHOWN_MAX = 200
_NOTHING = frozenset({"none", "nobody", "nothing", "empty"})
_DEFAULT = "default"
_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to decide. `name` is how people write it, `field` that of GuildSettings, `default` what holds where nobody decided, in words."""

    name: str
    field: str
    form: Form
    default: str
    meaning: str


DECISIONS: tuple[Decision, ...] = (
    Decision("rules", "rules", "text", "none", "what everybody here is asked to keep to, shown to the model with every message"),
    Decision("answered_channels", "answered_channel_ids", "channels", "none", "channels in which every message is meant for me"),
    Decision("allowed_channels", "allowed_channel_ids", "channels", "all", "the only channels in which I speak"),
    Decision("ignored_channels", "ignored_channel_ids", "channels", "none", "channels in which I answer nobody"),
    Decision("ignored_people", "ignored_user_ids", "people", "none", "people whom I do not answer"),
    Decision("addressing_model", "addressing_model", "flag", "on", "I also answer what names nobody but looks meant for me"),
    Decision("addressing_threshold", "addressing_threshold", "share", "strict", "how likely that must look, from 0 to 1"),
    Decision("partial_responses", "partial_responses", "flag", "on", "of a long message I answer only the parts that are for me, each quoted"),
    Decision("channel_context", "channel_context", "switch", "off", "messages that I do not answer are kept as context"),
    Decision("extraction", "extraction", "switch", "on", "I remember people from what they say, without being asked to"),
    Decision("summaries", "summaries", "flag", "on", "I sum up what was talked about"),
    Decision("preference_detection", "preference_detection", "flag", "on", "what people say about how I talk changes how I talk to them"),
    Decision("writing_style", "writing_style", "flag", "on", "how people write shapes how I talk to them, slowly"),
    Decision("relationships", "relationships", "flag", "on", "I keep how often and about what people talk"),
    Decision("images", "images", "flag", "on", "pictures are shown to models that can see"),
    Decision("retention_days", "retention_days", "days", "kept", "messages are deleted after so many days"),
)

BY_NAME: Mapping[str, Decision] = {decision.name: decision for decision in DECISIONS}


def find(name: str) -> Decision:
    """Return what people call so, whatever the case, with blanks or hyphens for underscores. Raises Unclear."""
    decision = BY_NAME.get(name.lower().replace("-", "_").replace(" ", "_"))
    if decision is None:
        raise Unclear("setting_unknown", names=", ".join(BY_NAME))
    return decision


def decided(settings: conversation_pb2.GuildSettings, decision: Decision, text: str) -> conversation_pb2.GuildSettings:
    """Return the settings with one thing decided anew, as the text says it. Raises Unclear."""
    changed = conversation_pb2.GuildSettings()
    changed.CopyFrom(settings)
    words = text.split()
    if not words:
        raise _misfit(decision)
    if words == [_DEFAULT] or text.lower() == _DEFAULT:
        _bring_back_default(changed, decision)
        return changed
    _SETTERS[decision.form](changed, decision, text)
    return changed


def value_words(settings: conversation_pb2.GuildSettings, decision: Decision, *, listed: bool = True) -> str:
    """Write what holds; a list, without `listed`, only as how long it is."""
    value = getattr(settings, decision.field)
    match decision.form:
        case "flag" | "switch":
            set_here = decision.form == "switch" or settings.HasField(decision.field)  # type: ignore[arg-type]
            return ("on" if value else "off") if set_here else decision.default
        case "share":
            return f"{value:g}" if value else decision.default
        case "days":
            return f"{value:,}" if value else decision.default
        case "text":
            text = " ".join(quotable(value).split())
            return (text if len(text) <= _TEXT_SHOWN_MAX else f"{text[:_TEXT_SHOWN_MAX]}…") or decision.default
        case form:
            return _list_words(value, "<#{}>" if form == "channels" else "<@{}>", decision.default, listed)


def lines(settings: conversation_pb2.GuildSettings, *, listed: bool) -> list[str]:
    """Write all that holds, a line each, with what holds where nobody decided."""
    shown = []
    for decision in DECISIONS:
        value = value_words(settings, decision, listed=listed or decision.form != "people")
        note = "" if value == decision.default else f" (default: {decision.default})"
        shown.append(f"**{decision.name}**: {value}{note} – {decision.meaning}")
    return shown


def with_items(ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> list[str]:
    """Return a list with some added and some taken out, each once and in order."""
    return [each for each in dict.fromkeys([*ids, *add]) if each not in remove]


def replace_list(settings: conversation_pb2.GuildSettings, field: str, ids: Sequence[str]) -> None:
    """Put a list in place of the one that is there."""
    values = getattr(settings, field)
    del values[:]
    values.extend(ids)


def _bring_back_default(settings: conversation_pb2.GuildSettings, decision: Decision) -> None:
    if decision.form == "switch":
        setattr(settings, decision.field, decision.default == "on")
    else:
        settings.ClearField(decision.field)  # type: ignore[arg-type]


def _set_switch(settings: conversation_pb2.GuildSettings, decision: Decision, text: str) -> None:
    value = _SWITCH.get(text.lower())
    if value is None:
        raise _misfit(decision)
    setattr(settings, decision.field, value)


def _set_share(settings: conversation_pb2.GuildSettings, decision: Decision, text: str) -> None:
    number = text.removesuffix("%").strip()
    try:
        share = float(number) / (100 if number != text else 1)
    except ValueError:
        raise _misfit(decision) from None
    if not 0 <= share <= 1:  # which is so of nan, too
        raise _misfit(decision)
    setattr(settings, decision.field, share)


def _set_days(settings: conversation_pb2.GuildSettings, decision: Decision, text: str) -> None:
    number = text.lower().removesuffix("days").removesuffix("day").strip()
    if number in _NOTHING or number in ("off", "kept", "0"):
        number = "0"
    if not (number.isascii() and number.isdecimal()) or len(number) > 6 or int(number) > RETENTION_DAYS_MAX:
        raise _misfit(decision)
    setattr(settings, decision.field, int(number))


def _set_text(settings: conversation_pb2.GuildSettings, decision: Decision, text: str) -> None:
    if len(text) > RULES_CHARS_MAX:
        raise _misfit(decision)
    setattr(settings, decision.field, "" if text.lower() in _NOTHING else text)


def _set_list(settings: conversation_pb2.GuildSettings, decision: Decision, text: str) -> None:
    words = text.split()
    how = words[0].lower() if words[0].lower() in ("add", "remove") else ""
    named = words[1:] if how else words
    read = arguments.channel if decision.form == "channels" else arguments.person
    empties = not how and [word.lower() for word in named] in [[word] for word in (*_NOTHING, "all")]
    ids = [] if empties else [read(word) for word in named]
    if not all(ids) or (not ids and not empties):
        raise _misfit(decision)
    found = [each for each in ids if each is not None]
    before = list(getattr(settings, decision.field)) if how else []
    after = with_items(before, remove=found) if how == "remove" else with_items(before, add=found)
    if len(after) > LIST_MAX[decision.form]:
        raise Unclear("setting_list_full", name=decision.name, limit=LIST_MAX[decision.form])
    replace_list(settings, decision.field, after)


_SETTERS: Mapping[Form, Callable[[conversation_pb2.GuildSettings, Decision, str], None]] = {
    "flag": _set_switch,
    "switch": _set_switch,
    "share": _set_share,
    "days": _set_days,
    "text": _set_text,
    "channels": _set_list,
    "people": _set_list,
}


def _misfit(decision: Decision) -> Unclear:
    return Unclear(f"setting_form_{decision.form}", name=decision.name)


def _list_words(ids: Sequence[str], mention: str, default: str, listed: bool) -> str:
    if not ids:
        return default
    if not listed:
        return f"{len(ids):,} set"
    shown = ", ".join(mention.format(each) for each in ids[:_SHOWN_MAX])
    return shown if len(ids) <= _SHOWN_MAX else f"{shown} and {len(ids) - _SHOWN_MAX:,} more"

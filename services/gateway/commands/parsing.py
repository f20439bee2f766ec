"""Which messages are commands, and what they ask for. Pure; the patterns are data.

A command is answered from the stores, never by the model, so a pattern must match the whole message and be hard to meet by accident:
"I can't remember where I put my keys" is talk.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a command asks for."""

    REMEMBER = "remember"
    LIST = "list"
    FORGET = "forget"
    CONFIRM = "confirm"  # of a forget that was offered; talk where none was
    DECLINE = "decline"  # the same
    UNDO = "undo"
    EXPLAIN_VOICE = "explain_voice"
    UNDO_VOICE = "undo_voice"
    LIST_PRESETS = "list_presets"
    TAKE_PRESET = "take_preset"
    CREDITS = "credits"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `text` is what to remember or forget, or which personality to take, as it was written; empty for the other kinds."""

    kind: Kind
    text: str = ""


_PLEASE = r"(?:please,? |pls )?"
_CAN_YOU = r"(?:(?:can|could|would|will) you (?:please )?|please,? |pls )?"
_FACT = r"(?P<text>\S.*)"
_OWN_FACT = r"(?P<text>(?:i|i'm|i've|i'd|my|we|we're|our) .*)"
# "forget it" and "forget about that, let's ..." are idioms.
_NOT_IDIOM = r"(?!(?:it|that|this|them|him|her)\b *(?:[,.;:!?-]|$))"

_TALK = r"(?:talk|speak|write|answer|respond|reply|chat)"
_TALKING = r"(?:talking|speaking|writing|answering|responding|replying|being|acting|sounding)"
_TO_ME = r"(?: (?:to|with) (?:me|us))?"
_SO = r"(?:very )?(?:short|brief|briefly|long|formal|formally|casual|casually|informal|blunt|curt|little|much)"
_LIKE_THIS = rf"(?:like (?:this|that)|(?:this|that) way|so|in \w+|so {_SO})"
_VOICE = r"(?:style|tone|voice|personality|persona)"
_PRESETS = r"(?:personalities|personas|presets)"
_PRESET = r"(?:personality|persona|preset)"

# Matched against the whole message without case, in order; a blank stands for any white space. Marks at the end are let go.
PATTERNS: tuple[tuple[Kind, str], ...] = (
    (Kind.REMEMBER, r"/remember(?: (?P<text>.*))?"),
    (Kind.LIST, r"/memories"),
    (Kind.FORGET, r"/forget(?: (?P<text>.*))?"),
    (Kind.UNDO, r"/undo"),
    (Kind.CREDITS, r"/(?:credits|balance)"),
    (Kind.HELP, r"/(?:help|start)"),
    # "Remember that time we got lost" recalls; it states nothing.
    (Kind.REMEMBER, rf"{_CAN_YOU}remember that (?!(?:time|day|night|one|guy|song|movie|film|book)\b){_FACT}"),
    (Kind.REMEMBER, rf"{_PLEASE}remember(?: this)? ?[:;,–—-] ?{_FACT}"),
    (Kind.REMEMBER, rf"{_PLEASE}remember {_OWN_FACT}"),
    (Kind.REMEMBER, rf"{_PLEASE}(?:don't|do not|never) forget(?: that |: ?){_FACT}"),
    (Kind.REMEMBER, rf"{_PLEASE}(?:don't|do not|never) forget {_OWN_FACT}"),
    (Kind.REMEMBER, rf"{_CAN_YOU}(?:keep in mind|make a note|take note|memori[sz]e)(?: that |: ?){_FACT}"),
    (Kind.REMEMBER, rf"{_CAN_YOU}add (?:this )?to your memor(?:y|ies): ?{_FACT}"),
    (Kind.LIST, r"(?:so,? )?what (?:do|can) you (?:remember|know|recall)(?: of| about) (?:me|myself)"),
    (Kind.LIST, r"what do you remember"),
    (Kind.LIST, r"what have you (?:remembered|stored|saved|learn(?:ed|t))(?: about me)?"),
    (Kind.LIST, r"what did i (?:tell|ask) you to remember"),
    (Kind.LIST, r"what (?:memories|facts) do you have (?:of|about|on) me"),
    (Kind.LIST, rf"{_CAN_YOU}(?:show|list|give)(?: me)?(?: all)?(?: of)? (?:my|your|the) memories(?: (?:of|about) me)?"),
    (Kind.LIST, rf"{_CAN_YOU}(?:tell|show) me (?:everything|all|what)(?: that)? you (?:know|remember)(?: about me)?"),
    (Kind.LIST, r"my memories"),
    (Kind.FORGET, rf"{_CAN_YOU}forget (?:that |about )?{_NOT_IDIOM}what i (?:said|told you)(?: about| of) {_FACT}"),
    (Kind.FORGET, rf"{_CAN_YOU}forget (?:that|about) {_NOT_IDIOM}{_FACT}"),
    (Kind.FORGET, rf"{_CAN_YOU}forget ?[:;] ?{_FACT}"),
    (Kind.FORGET, rf"{_CAN_YOU}forget (?P<text>(?:everything|all)(?: that)?(?: you (?:know|remember))?(?: (?:of|about) me)?)"),
    (Kind.FORGET, rf"{_CAN_YOU}forget (?P<text>(?:my|our|where i|when i|who i|what i|that i|i) .*)"),
    (Kind.FORGET, rf"{_CAN_YOU}(?:delete|remove|erase) (?:the|my|your) memor(?:y|ies)(?: of| about| that|:) {_FACT}"),
    (Kind.FORGET, rf"{_CAN_YOU}stop remembering (?:that )?{_FACT}"),
    (Kind.CONFIRM, r"(?:y|yes|yep|yeah|yup|sure|ok|okay|confirm|confirmed|do it|go ahead)"),
    (Kind.CONFIRM, r"(?:yes|yep|yeah|sure|ok|okay),? (?:please|do it|go ahead|forget (?:it|that|them|all of (?:it|them))|delete (?:it|that|them))"),
    (Kind.CONFIRM, r"yes,? (?:i'm|i am) sure"),
    (Kind.DECLINE, r"(?:n|no|nope|nah|cancel|stop|never ?mind|don't|do not)(?:,? (?:thanks|thank you))?"),
    (Kind.DECLINE, r"(?:(?:no|nope),? )?(?:keep (?:it|that|them)|don't(?: forget (?:it|that|them))?|cancel(?: (?:it|that))?|never ?mind)"),
    (Kind.UNDO, rf"{_PLEASE}undo(?: (?:it|that|this|the forget|the forgetting))?"),
    (Kind.UNDO, rf"{_CAN_YOU}(?:bring|get) (?:it|that|them) back"),
    (Kind.EXPLAIN_VOICE, r"/voice"),
    (Kind.EXPLAIN_VOICE, rf"(?:so,? |but )?why (?:do|did|are) you (?:always )?(?:{_TALK}|{_TALKING}|sound|act){_TO_ME} {_LIKE_THIS}"),
    (
        Kind.EXPLAIN_VOICE,
        r"why are your (?:answers|replies|messages|responses) (?:always )?so (?:short|brief|long|wordy|formal|casual|blunt|curt|detailed)",
    ),
    (Kind.EXPLAIN_VOICE, rf"why are you so (?:formal|casual|informal|brief|curt|terse|wordy|verbose|blunt){_TO_ME}"),
    (Kind.EXPLAIN_VOICE, r"why (?:do you|are you|don't you|do you never) us(?:e|ing) (?:so many |so few |no |any )?emojis?"),
    (Kind.EXPLAIN_VOICE, rf"{_CAN_YOU}explain (?:your {_VOICE}|(?:the way|why|how) you {_TALK}{_TO_ME}(?: like (?:this|that)| (?:this|that) way)?)"),
    (Kind.EXPLAIN_VOICE, rf"what(?:'s| is) your {_VOICE}(?: (?:with|for) me)?"),
    (
        Kind.UNDO_VOICE,
        rf"{_CAN_YOU}(?:{_TALK}|be){_TO_ME} (?:like|as) (?:before|you (?:did|used to|were|talked|spoke|always did)(?: before)?)(?: again)?",
    ),
    (Kind.UNDO_VOICE, rf"{_CAN_YOU}(?:{_TALK}|be){_TO_ME} (?:the way|how) you (?:did|used to|were|talked|spoke)(?: before)?(?: again)?"),
    (Kind.UNDO_VOICE, rf"{_CAN_YOU}go back to (?:how|the way) you (?:talked|spoke|wrote|answered|were talking|were){_TO_ME}(?: before)?"),
    (
        Kind.UNDO_VOICE,
        rf"{_CAN_YOU}(?:undo|revert|take back) (?:the|that|this|your|my)(?: last)?(?: change (?:of|to) (?:the|your))? {_VOICE}(?: change)?",
    ),
    (Kind.UNDO_VOICE, rf"{_CAN_YOU}change (?:the|your) {_VOICE} back"),
    (Kind.LIST_PRESETS, r"/personalities"),
    (Kind.LIST_PRESETS, rf"{_CAN_YOU}(?:show|list|tell|give)(?: me)?(?: all)?(?: of)?(?: the| your)?(?: available)? {_PRESETS}"),
    (Kind.LIST_PRESETS, rf"(?:what|which) {_PRESETS} (?:are there|do you have|can i (?:choose|pick|take|use)(?: from)?|are available|can you have)"),
    (Kind.TAKE_PRESET, r"/personality (?P<text>[\w-]+)"),
    (Kind.TAKE_PRESET, rf"{_CAN_YOU}(?:use|take|choose|switch to|change to) the (?P<text>[\w-]+) {_PRESET}"),
    (Kind.TAKE_PRESET, rf"{_CAN_YOU}(?:use|take|choose|switch to|change to) (?:the )?{_PRESET} (?P<text>[\w-]+)"),
    (Kind.CREDITS, r"(?:my )?credits"),
    (Kind.CREDITS, r"how (?:many|much) credits? (?:do i have|have i got|are left|is left|have i left)(?: left)?"),
    (Kind.CREDITS, r"(?:what is|what's|show(?: me)?|check|tell me) my (?:credits?|balance|credit balance)"),
    (Kind.CREDITS, r"my (?:credit )?balance"),
    (Kind.HELP, r"help"),
    (Kind.HELP, r"what can you do(?: for me)?"),
    (Kind.HELP, r"how do (?:you work|i use you)"),
)


def _compiled(pattern: str) -> re.Pattern[str]:
    spaced = pattern.replace(" *", r"\s*").replace(" ?", r"\s*").replace(" ", r"\s+")
    return re.compile(spaced, re.IGNORECASE | re.DOTALL)


_COMPILED = tuple((kind, _compiled(pattern)) for kind, pattern in PATTERNS)


def parse(text: str) -> Command | None:
    """Return the command that a message is, or None where it is talk."""
    plain = text.replace("’", "'").strip()
    # Marks are cut here and not matched: a pattern that ends in optional white space is slow on long texts.
    unmarked = plain.rstrip(" \t\n\r.!?")
    for kind, pattern in _COMPILED:
        match = pattern.fullmatch(unmarked)
        if match is None or (kind is Kind.REMEMBER and _asks(plain)):
            continue
        return Command(kind, (match.groupdict().get("text") or "").strip())
    return None


def is_slash(text: str) -> bool:
    """Whether the text is one of the slash commands."""
    return text.lstrip().startswith("/") and parse(text) is not None


def _asks(text: str) -> bool:
    """A question states nothing to remember, unless it asks us to: "can you remember that I like tea?"."""
    return text.endswith("?") and not re.match(r"(?:can|could|would|will)\s", text, re.I)

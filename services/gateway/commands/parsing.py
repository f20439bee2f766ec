"""Which messages are commands, and what they ask for. Pure; the patterns are data.

A command is answered from the stores, never by the model, so a pattern must match the whole message and be hard to meet by accident:
"I can't remember where I put my keys" is talk.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from services.gateway.addressing.spoken import is_blank


class Kind(StrEnum):
    """What a command asks for."""

    REMEMBER = "remember"
    LIST = "list"
    FORGET = "forget"
    CONFIRM = "confirm"  # of what was asked before; talk where nothing was
    DECLINE = "decline"  # the same
    UNDO = "undo"
    SUMMARY = "summary"
    RESET = "reset"
    PRIVACY = "privacy"
    EXPORT = "export"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    ERASE = "erase"
    EXPLAIN_VOICE = "explain_voice"
    UNDO_VOICE = "undo_voice"
    LIST_PRESETS = "list_presets"
    TAKE_PRESET = "take_preset"
    CREDITS = "credits"
    GIFT = "gift"
    USAGE = "usage"
    PERSONALITY = "personality"
    SETTINGS = "settings"
    GRANT = "grant"
    POOL = "pool"
    IGNORE = "ignore"
    ALLOW = "allow"
    QUARANTINE = "quarantine"
    STATUS = "status"
    WHY = "why"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `text` is what to remember or forget, or which personality to take, as it was written.

    For the other kinds it is what stands behind a slash command's name: most take nothing, and then say what they do take.
    """

    kind: Kind
    text: str = ""


_PLEASE = r"(?:please,? |pls )?"
_CAN_YOU = r"(?:(?:can|could|would|will) you (?:please )?|please,? |pls )?"
_OF = r"(?:about|abt|of|on)"
_LEAD = r"(?:(?:hey|hi|ok|okay|also|and|so|now|btw|just|actually|for the future),? )?"
_WANTED = r"(?:i want to |i'd like to |i would like to |(?:please|pls|plz),? )?"
_ASKED = rf"{_LEAD}(?:(?:can|could|would|will) (?:you|u) (?:please |pls )?|(?:i want|i'd like|i would like|i need) you to |(?:please|pls|plz),? )?"
_FACT = r"(?P<text>\S.*)"
_OWN_FACT = r"(?P<text>(?:i|i'm|im|i've|ive|i'd|i'll|my|we|we're|we've|our) .*)"
# "forget it", "forget about that, let's ..." and "forget I asked" are idioms; what was told of something may be forgotten all the same.
_NOT_IDIOM = (
    r"(?!(?:it|that|this|them|him|her)\b *(?:[,.;:!?-]|$)|(?:that )?(?:i|what i) (?:ever |even |just )?(?:asked|said|mentioned|wrote)\b"
    r"(?! (?:i|i'm|im|that|my|about|of|we|our)\b)|(?:(?:my|our|that|the|your) )?(?:last|previous) (?:message|question|one|answer)\b)"
)
_DELETE = r"(?:delete|remove|erase|wipe)"
_CHANGE = r"(?:change|update|correct|fix|edit)"
_KNOWN = r"(?:(?:my|your|the) memor(?:y|ies)|what you (?:know|remember|have))"
_CHAT = r"(?:channel|chat|conversation|discussion|thread)"
_MINE = r"(?:my (?:messages|data)|our (?:conversations?|chats?)|what i (?:say|write|tell you))"

_TALK = r"(?:talk|speak|write|answer|respond|reply|chat)"
_TALKING = r"(?:talking|speaking|writing|answering|responding|replying|being|acting|sounding)"
_TO_ME = r"(?: (?:to|with) (?:me|us))?"
_SO = r"(?:very )?(?:short|brief|briefly|long|formal|formally|casual|casually|informal|blunt|curt|little|much)"
_LIKE_THIS = rf"(?:like (?:this|that)|(?:this|that) way|so|in \w+|so {_SO})"
_VOICE = r"(?:style|tone|voice|personality|persona)"
_PRESETS = r"(?:personalities|personas|presets)"
_PRESET = r"(?:personality|persona|preset)"
_DIMENSION = r"(?:formality|verbosity|humou?r|warmth|directness|emoji)"

# Whoever is named without a mention is asked for by one: an answer must not say that credits were given when none were.
_WHOM = r"(?:<@!?[^\s<>]{1,64}>|@[^\n<>@]{1,80}?|(?!(?:me|us|you)\b)[^\s<>@/]{1,64})"
_AMOUNT = r"[0-9][0-9.,]{0,14}"
_SPAN = r"(?: (?:(?:of|for|in) )?(?:(?:this|the last|the past) )?(?P<text>today|day|week|month))?"
_WHAT_FOR = r"(?: (?:for|because|as) .*)?"

# Matched against the whole message without case, in order; a blank stands for any white space. Marks at the end are let go.
PATTERNS: tuple[tuple[Kind, str], ...] = (
    (Kind.REMEMBER, r"/remember(?: (?P<text>.*))?"),
    (Kind.LIST, r"/memories(?: (?P<text>.*))?"),
    (Kind.FORGET, r"/forget(?: (?P<text>.*))?"),
    (Kind.UNDO, r"/undo(?: (?P<text>.*))?"),
    (Kind.SUMMARY, r"/summary(?: (?P<text>.*))?"),
    (Kind.RESET, r"/reset(?: (?P<text>.*))?"),
    (Kind.EXPORT, r"/privacy export"),
    (Kind.OPT_OUT, r"/privacy opt[- ]?out"),
    (Kind.OPT_IN, r"/privacy opt[- ]?in"),
    (Kind.ERASE, r"/privacy erase"),
    (Kind.PRIVACY, r"/privacy(?: (?P<text>.*))?"),
    (Kind.CREDITS, r"/(?:credits|balance)(?: .*)?"),
    (Kind.GIFT, r"/gift(?: (?P<text>.*))?"),
    (Kind.USAGE, r"/usage(?: (?P<text>.*))?"),
    (Kind.TAKE_PRESET, r"/personality (?P<text>(?!(?:show|set|preset|reset|undo)(?!\S))[\w-]+)"),
    (Kind.PERSONALITY, r"/personality(?: (?P<text>.*))?"),
    (Kind.SETTINGS, r"/settings(?: (?P<text>.*))?"),
    (Kind.GRANT, r"/grant(?: (?P<text>.*))?"),
    (Kind.POOL, r"/pool(?: (?P<text>.*))?"),
    (Kind.IGNORE, r"/ignore(?: (?P<text>.*))?"),
    (Kind.ALLOW, r"/allow(?: (?P<text>.*))?"),
    (Kind.QUARANTINE, r"/quarantine(?: (?P<text>.*))?"),
    (Kind.STATUS, r"/status(?: .*)?"),
    (Kind.WHY, r"/why(?: .*)?"),
    (Kind.HELP, r"/(?:help|start)(?: .*)?"),
    (Kind.SUMMARY, rf"{_ASKED}(?:summari[sz]e|sum up|recap) (?:this|the|our)(?: whole)? {_CHAT}(?: so far)?(?: for me)?"),
    (Kind.SUMMARY, rf"{_ASKED}(?:summari[sz]e|sum up|recap) what we(?:'ve| have)? (?:talked|been talking|discussed)(?: about)?(?: so far)?"),
    (Kind.SUMMARY, rf"{_ASKED}(?:give|show|write)(?: me)? a (?:short |quick )?summary(?: of (?:this|the|our) {_CHAT})?(?: so far)?"),
    (Kind.SUMMARY, rf"(?:a )?summary(?: of (?:this|the|our) {_CHAT})?"),
    (Kind.SUMMARY, r"what (?:did|have) we (?:talk(?:ed)?|been talking|discuss(?:ed)?)(?: about)?(?: so far| here)?"),
    (Kind.SUMMARY, r"what (?:did|have) i miss(?:ed)?(?: here)?"),
    (Kind.SUMMARY, rf"{_ASKED}catch me up(?: here)?"),
    (Kind.RESET, rf"{_ASKED}(?:reset|restart|clear|wipe) (?:the|this|our|your)(?: whole)? (?:conversation|chat|context)(?: history)?"),
    (Kind.RESET, r"(?:let's |lets |please |can we |could we )?start (?:a new (?:conversation|chat)|afresh|(?:over )?from scratch)"),
    (Kind.RESET, rf"{_ASKED}forget (?:this|our|the)(?: whole| entire)? (?:conversation|chat)"),
    (Kind.PRIVACY, r"what(?: data| info(?:rmation)?)? do you (?:store|save|keep|collect|have(?: stored)?) (?:about|on) me"),
    (Kind.PRIVACY, r"(?:what do you do with|how do you (?:handle|use|treat)) my (?:data|messages)"),
    (Kind.PRIVACY, rf"do you (?:save|store|keep|log|record) {_MINE}"),
    (Kind.PRIVACY, rf"how long do you (?:keep|store|save) {_MINE}"),
    (Kind.PRIVACY, r"(?:(?:what is|what's) )?your privacy policy"),
    (Kind.PRIVACY, r"privacy(?: policy)?"),
    (Kind.EXPORT, rf"{_ASKED}(?:export|download|(?:give|send|show)(?: me)?)(?: a copy of)?(?: all)?(?: of)? my data"),
    (Kind.EXPORT, rf"{_ASKED}(?:give|send) me everything(?: that)? you have(?: stored| saved| kept)? (?:about|on) me"),
    (Kind.EXPORT, r"i(?: want|'d like| would like)(?: to (?:export|download|have|get|see))?(?: a copy of)?(?: all)?(?: of)? my data"),
    (Kind.OPT_OUT, rf"{_WANTED}opt(?: me)? out(?: of (?:being remembered|your memory))?"),
    (Kind.OPT_OUT, rf"{_ASKED}stop (?:remembering me|(?:storing|saving|keeping|logging|recording) (?:{_MINE}|anything about me))"),
    (Kind.OPT_OUT, rf"{_PLEASE}(?:don't|do not) (?:remember me(?: any ?more)?|(?:store|save|keep|log|record) {_MINE})"),
    (Kind.OPT_OUT, rf"{_PLEASE}(?:don't|do not) (?:remember|keep|store|save) anything (?:about|of|from) me"),
    (Kind.OPT_IN, rf"{_WANTED}opt(?: me)?(?: back)? in(?: again)?"),
    (Kind.OPT_IN, r"(?:(?:you (?:can|may)|please) remember|(?:please )?start remembering) me again"),
    (Kind.ERASE, rf"{_ASKED}{_DELETE}(?: all)?(?: of)? my data(?: everywhere| completely)?"),
    (Kind.ERASE, rf"{_ASKED}{_DELETE} everything(?: that)?(?: you (?:have|store|keep)(?: stored| saved| kept)?)? (?:about|on) me(?: everywhere)?"),
    (Kind.ERASE, r"i want (?:all )?(?:of )?my data (?:deleted|erased|removed|gone)"),
    # "Remember that time we got lost" recalls; it states nothing.
    (Kind.REMEMBER, rf"{_ASKED}remember that (?!(?:time|day|night|one|guy|song|movie|film|book)\b){_FACT}"),
    (Kind.REMEMBER, rf"{_ASKED}remember(?: this)? ?[:;] ?(?!(?:always|never|no|don't|there is no|there are no)\b){_FACT}"),
    (Kind.REMEMBER, rf"{_ASKED}remember(?: this)?(?:,? | ?[–—-] ?){_OWN_FACT}"),
    (Kind.REMEMBER, rf"you (?:should|must|have to) remember (?:that )?{_OWN_FACT}"),
    (Kind.REMEMBER, rf"{_PLEASE}(?:don't|dont|do not|never) forget(?: that |: ?){_FACT}"),
    (Kind.REMEMBER, rf"{_PLEASE}(?:don't|dont|do not|never) forget {_OWN_FACT}"),
    (Kind.REMEMBER, rf"{_ASKED}(?:make a note|memori[sz]e)(?: that |: ?)(?!(?:is|are|was|has|will|can)\b){_FACT}"),
    (Kind.REMEMBER, rf"{_ASKED}(?:(?:keep in mind|take note)(?: that|:)?|note that|note:) {_OWN_FACT}"),
    (Kind.REMEMBER, rf"{_ASKED}(?:add|store|save|put) (?:this )?(?:in|to) your memor(?:y|ies)(?: that |: ?){_FACT}"),
    (Kind.REMEMBER, rf"{_ASKED}save this: ?{_FACT}"),
    # Memory lets go of what a newer statement contradicts, so what is true now is all that it takes.
    (Kind.REMEMBER, rf"{_ASKED}{_CHANGE} {_KNOWN}(?: {_OF} [^:;]{{1,80}}?)?(?: ?[:;] ?| to (?:say )?(?:that )?){_OWN_FACT}"),
    (Kind.LIST, rf"{_ASKED}{_CHANGE} (?:(?:my|your) memories|{_KNOWN} {_OF} (?:me|myself))"),
    (Kind.LIST, rf"(?:so,? )?what (?:all |things? |facts )?(?:do|can) (?:you|u) (?:remember|know|recall) {_OF} (?:me|myself)(?: so far)?"),
    (Kind.LIST, rf"do you (?:remember|know) anything {_OF} me"),
    (Kind.LIST, r"what do you remember"),
    (Kind.LIST, rf"what have you (?:remembered|stored|saved|(?:learn(?:ed|t)|remembered|stored|saved)(?: so far)? {_OF} me(?: so far)?)"),
    (Kind.LIST, r"what did i (?:tell|ask) you to remember"),
    (Kind.LIST, r"what (?:memories|facts) do you have (?:of|about|on) me"),
    (Kind.LIST, rf"(?:what is|what's|what do you have) in (?:your )?memory(?: {_OF} me)?"),
    (Kind.LIST, rf"{_ASKED}(?:show|list|give)(?: me)?(?: all)?(?: of)? (?:(?:my|your|the) )?memories(?: {_OF} me)?"),
    (Kind.LIST, rf"{_ASKED}(?:tell|show|list)(?: me)? (?:everything|all|what)(?: that)? you (?:know|remember)(?: {_OF} me)?"),
    (Kind.LIST, r"my memories"),
    (Kind.LIST, rf"{_ASKED}(?:(?:show|list|give)(?: me)? )?(?P<text>more) memories"),
    (Kind.FORGET, rf"{_ASKED}forget (?:that |about )?{_NOT_IDIOM}what i (?:said|told you)(?: about| of) {_FACT}"),
    (Kind.FORGET, rf"{_ASKED}forget that {_NOT_IDIOM}{_FACT}"),
    # "forget about studying, I'm playing" dismisses; it asks for nothing.
    (Kind.FORGET, rf"{_ASKED}forget about {_NOT_IDIOM}(?P<text>(?:my|our) .*|[^\s,][^,]*)"),
    (Kind.FORGET, rf"{_ASKED}forget ?[:;] ?{_FACT}"),
    (Kind.FORGET, rf"{_ASKED}forget (?P<text>(?:everything|all)(?: of (?:it|that|them))?(?: that)?(?: you (?:know|remember))?(?: (?:of|about) me)?)"),
    (Kind.FORGET, rf"{_ASKED}forget (?:everything|all)(?: that)? i (?:said|told you)(?: about| of) {_FACT}"),
    (Kind.FORGET, rf"{_ASKED}forget {_NOT_IDIOM}(?P<text>(?:my|our|where i|when i|who i|what i|that i|i) .*)"),
    (Kind.FORGET, rf"{_ASKED}{_DELETE} (?:the|my|your) memor(?:y|ies)(?: of| about| that|:) {_FACT}"),
    (Kind.FORGET, rf"{_ASKED}{_DELETE} what you (?:know|remember) (?:of|about) (?!me\b){_FACT}"),
    (Kind.FORGET, rf"{_ASKED}stop remembering (?:that )?{_OWN_FACT}"),
    (Kind.FORGET, rf"{_ASKED}forget the (?:thing|stuff|bit|part) about {_FACT}"),
    (Kind.FORGET, rf"you (?:can|may|should) forget (?:that|about) {_NOT_IDIOM}{_OWN_FACT}"),
    # Without "that" or "please" it may be said of oneself: "don't remember my password, lol".
    (Kind.FORGET, rf"{_PLEASE}(?:don't|do not) remember that {_OWN_FACT}"),
    (Kind.FORGET, rf"(?:please|pls),? (?:don't|do not) remember {_OWN_FACT}"),
    (Kind.CONFIRM, r"(?:y|yes|yep|yeah|yup|sure|ok|okay|confirm|confirmed|do it|go ahead)"),
    (Kind.CONFIRM, r"(?:yes|yep|yeah|sure|ok|okay),? (?:please|do it|go ahead|forget (?:it|that|them|all of (?:it|them))|delete (?:it|that|them))"),
    (Kind.CONFIRM, r"yes,? (?:i'm|i am) sure"),
    (Kind.DECLINE, r"(?:n|no|nope|nah|cancel|stop|never ?mind|don't|do not)(?:,? (?:thanks|thank you))?"),
    (Kind.DECLINE, r"(?:(?:no|nope),? )?(?:keep (?:it|that|them)|don't(?: forget (?:it|that|them))?|cancel(?: (?:it|that))?|never ?mind)"),
    (Kind.UNDO, rf"(?:no wait,? |wait,? |oops,? |no,? )?{_ASKED}undo(?: (?:it|that|this|the forget|the forgetting))?"),
    (Kind.UNDO, rf"{_ASKED}(?:(?:bring|get) (?:it|that|them) back|restore (?:it|that|them))"),
    (Kind.EXPLAIN_VOICE, r"/voice(?: .*)?"),
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
    (Kind.LIST_PRESETS, r"/personalities(?: .*)?"),
    (Kind.LIST_PRESETS, rf"{_CAN_YOU}(?:show|list|tell|give)(?: me)?(?: all)?(?: of)?(?: the| your)?(?: available)? {_PRESETS}"),
    (Kind.LIST_PRESETS, rf"(?:what|which) {_PRESETS} (?:are there|do you have|can i (?:choose|pick|take|use)(?: from)?|are available|can you have)"),
    (Kind.TAKE_PRESET, rf"{_CAN_YOU}(?:use|take|choose|switch to|change to) the (?P<text>[\w-]+) {_PRESET}"),
    (Kind.TAKE_PRESET, rf"{_CAN_YOU}(?:use|take|choose|switch to|change to) (?:the )?{_PRESET} (?P<text>[\w-]+)"),
    (Kind.PERSONALITY, rf"{_CAN_YOU}(?P<text>(?:set|change) (?:your|the) {_DIMENSION} to \S+(?: \S+)?)"),
    (Kind.PERSONALITY, rf"{_CAN_YOU}(?P<text>reset) (?:your|the|my) {_VOICE}(?: to (?:the )?(?:default|normal))?"),
    (Kind.PERSONALITY, rf"{_CAN_YOU}(?P<text>show)(?: me)? (?:your|the|my) {_VOICE}(?: settings)?"),
    (Kind.GIFT, rf"{_CAN_YOU}(?:give|gift|send|transfer) (?P<text>{_WHOM},? {_AMOUNT} credits?{_WHAT_FOR})"),
    (Kind.GIFT, rf"{_CAN_YOU}(?:give|gift|send|transfer) (?P<text>{_AMOUNT} credits? to {_WHOM}{_WHAT_FOR})"),
    (Kind.USAGE, rf"how (?:many|much) credits? (?:have|did) i (?:used?|spen[dt])(?: so far)?{_SPAN}"),
    (Kind.USAGE, rf"(?:what is|what's|show(?: me)?|tell me) my (?:credit )?usage{_SPAN}"),
    (Kind.WHY, r"why (?:did|didn't|did not) you (?:answer|reply|respond)(?: to)?(?: me)?"),
    (Kind.CREDITS, r"(?:my )?credits"),
    (Kind.CREDITS, r"how (?:many|much) credits? (?:do i have|have i got|are left|is left|have i left)(?: left)?"),
    (Kind.CREDITS, r"(?:what is|what's|show(?: me)?|check|tell me) my (?:credits?|balance|credit balance)"),
    (Kind.CREDITS, r"my (?:credit )?balance"),
    (Kind.HELP, r"help"),
    (Kind.HELP, r"what can you do(?: for me)?"),
    (Kind.HELP, r"how do (?:you work|i use you)"),
)


# White space and the zero-width signs that people paste along without seeing them.
_AT_ENDS = " \t\n\r\v\f\u00a0\u2028\u2029\u3000\u00ad\u200b\u200e\u200f\u2060\ufeff"


def _compiled(pattern: str) -> re.Pattern[str]:
    spaced = pattern.replace(" *", r"\s*").replace(" ?", r"\s*").replace(" ", r"\s+")
    return re.compile(spaced, re.IGNORECASE | re.DOTALL)


# What is remembered, and what stands behind a slash command's name, is taken with the "please" at its end.
_COMPILED = tuple((kind, _compiled(pattern), kind is Kind.REMEMBER or pattern.startswith("/")) for kind, pattern in PATTERNS)
_SLASHED, _SAID = (tuple(one for one in _COMPILED if one[1].pattern.startswith("/") is slashed) for slashed in (True, False))
_TAGS = ("ok?", "okay?", "alright?", "all right?")
_BEGGING = ("please", "pls", "plz")


def parse(text: str) -> Command | None:
    """Return the command that a message is, or None where it is talk."""
    plain = _untagged(without_invisible(text.replace("’", "'")))
    # Marks are cut here and not matched: a pattern that ends in optional white space is slow on long texts.
    unmarked = plain.rstrip(" \t\n\r.!?")
    unbegged = _unbegged(unmarked)
    for kind, pattern, whole in _SLASHED if unmarked.startswith("/") else _SAID:
        match = pattern.fullmatch(unmarked if whole else unbegged)
        if match is None or (kind in (Kind.REMEMBER, Kind.FORGET) and _asks(plain)):
            continue
        return Command(kind, without_invisible(match.groupdict().get("text") or ""))
    return None


def without_invisible(text: str) -> str:
    """Return a text without white space and zero-width signs at its ends; of a text in which there is nothing to see, nothing is left."""
    return "" if is_blank(text) else text.strip(_AT_ENDS)


def is_slash(text: str) -> bool:
    """Whether the text is one of the slash commands."""
    return without_invisible(text).startswith("/") and parse(text) is not None


def asks_why(text: str) -> bool:
    """Whether the text asks why a message was answered or not."""
    command = parse(text)
    return command is not None and command.kind is Kind.WHY


def _asks(text: str) -> bool:
    """A question states nothing to remember or to forget, unless it asks us to: "can you remember that I like tea?"."""
    return "?" in text and not re.match(rf"{_LEAD}(?:(?:can|could|would|will)\s|/)", text, re.IGNORECASE)


def _untagged(text: str) -> str:
    """The text without an "okay?" at its end, which asks nothing."""
    words, _, last = text.rpartition(",")
    return words.rstrip() if words and last.strip().lower() in _TAGS else text


def _unbegged(text: str) -> str:
    """The text without a "please" at its end."""
    words, _, last = text.rpartition(" ")
    return words.rstrip(" ,") if words and last.lower() in _BEGGING else text

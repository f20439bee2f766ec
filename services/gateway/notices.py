"""The one place that turns what happened into words for a person. Data first: a key, a sentence; no ids, no internals."""

from collections.abc import Iterable, Mapping

from services.runtime.errors import FAILURES, InsufficientCredit, ParlourError

MICROCREDITS_PER_CREDIT = 1_000_000

WORDS: Mapping[str, str] = {
    # What a failure means: the keys that services.runtime.errors.FAILURES names.
    "something_broke": "Sorry, something went wrong on my side. Please try again in a moment.",
    "service_unavailable": "Sorry, a part of me is not working right now. Please try again in a minute.",
    "not_understood": "Sorry, I can't take this message as it is. Please write it differently.",
    "not_found": "I can't find that any more.",
    "changed_meanwhile": "Somebody changed this at the same moment. Please try again.",
    "superseded": "I left this one for your newer message.",
    "insufficient_credit": "You don't have enough credits for this: {available} left, and an answer may need up to {required}.",
    "account_frozen": "Your credits are frozen, so I can't answer. Please ask the people who run this assistant.",
    "account_closed": "Your credit account is closed, so I can't answer. Please ask the people who run this assistant.",
    "took_too_long": "Sorry, this took too long, so I stopped. Please try again.",
    "model_unavailable": "Sorry, the language model I think with can't be reached right now. Nothing was charged. Please try again in a minute.",
    "limit_reached": "That's as much as I can keep for you. Please let me forget something first.",
    "plan_expired": "That was too long ago. Please tell me again what to forget.",
    "not_allowed": "I'm not allowed to do that.",
    "content_refused": "Sorry, the language model declined to answer this.",
    "too_long": "Sorry, that is too long for me. Please send a shorter message.",
    "busy": "I have too many messages to answer at this moment. Please try again shortly.",
    "slow_down": "That was a lot of messages at once. Please wait a moment.",
    # What was degraded, said once beside the answer.
    "memory_unavailable": "I can't reach my memory right now, so I'm answering without it.",
    "not_kept": "I can't save anything right now: this conversation will not be kept.",
    # Refusals that name the part that is missing.
    "credit_unavailable": "Sorry, I can't check your credits right now, so I can't answer. Nothing was charged. Please try again in a minute.",
    "conversation_unavailable": "Sorry, I can't have a conversation right now. Nothing was charged. Please try again in a minute.",
    "memory_command_unavailable": "Sorry, I can't reach my memory right now. Nothing was changed. Please try again in a minute.",
    "voice_command_unavailable": "Sorry, I can't look up how I talk right now. Nothing was changed. Please try again in a minute.",
    "credit_command_unavailable": "Sorry, I can't look up your credits right now. Please try again in a minute.",
    # Behind what was delivered of an answer that was cut.
    "cut": "(Sorry, my answer was cut off here.)",
    "cut_time": "(Sorry, I ran out of time here.)",
    "stopped": "(Stopped.)",
    "orphaned": "Sorry, I lost track of this message when a part of me restarted. Please send it again.",
    # Answers to commands.
    "remembered": "I'll remember that: {text}.",
    "already_remembered": "I already remember that: {text}.",
    "quarantined": "I wrote that down, but it reads like an instruction, so I won't use it until a moderator has looked at it.",
    "remember_what": 'Tell me what to remember, like this: "remember that my cat is called Miso".',
    "too_long_to_remember": "That is too long to remember as one thing. Please keep it under {limit} characters.",
    "memories_none": "I don't remember anything about you yet.",
    "memories": "I remember {count}: {list}.",
    "memories_more": "I remember {count}, the newest first: {list}; and {more} more.",
    "forget_what": 'Tell me what to forget, like this: "forget that my cat is called Miso".',
    "forget_nothing": "I don't remember anything like that, so there is nothing to forget.",
    "forget_offer": "I would forget {count}: {list}. Shall I? Say yes or no.",
    "forget_done": 'Done: I forgot {count}. Say "undo" to bring it back.',
    "forget_declined": "All right, I'll keep it.",
    "undone": "I brought back {count}.",
    "undo_nothing": "There is nothing to undo.",
    "voice_undo_nothing": "There is no change of how I talk to take back.",
    "presets": 'I can be one of these: {list}. Say "use the personality {first}", for example; "talk like before" takes it back.',
    "preset_taken": 'From now on I am like this: {description}. Say "talk like before" to take it back.',
    "preset_unknown": "I don't know that personality. There are these: {names}.",
    "credits": "You have {available} credits.",
    "credits_held": "You have {available} credits; {held} more are set aside for answers under way.",
    "help": (
        'Just talk to me. "remember that ..." makes me remember something, "what do you remember about me?" lists it, '
        '"forget that ..." makes me forget it, and "how many credits do I have?" shows your credits. '
        'Say "shorter please" or "auf Deutsch bitte" to change how I talk, and ask "why do you talk like this?" about it. '
        "The short forms are /remember, /memories, /forget, /credits and /help."
    ),
}


def words(key: str, **values: object) -> str:
    """Return the words of a key, with what belongs into them."""
    return WORDS[key].format(**values) if values else WORDS[key]


def words_for(error: ParlourError) -> str:
    """Return what a person is told about a failure; nothing of the error's own message goes into it."""
    if isinstance(error, InsufficientCredit):
        return words("insufficient_credit", available=credits_text(error.available_microcredits), required=credits_text(error.required_microcredits))
    return words(notice_key(error))


def notice_key(error: ParlourError) -> str:
    """Return the key of the words for a failure."""
    return FAILURES[error.reason].notice or "something_broke"


def credits_text(microcredits: int) -> str:
    """Write an amount in credits: two decimals where they matter, up to six where less would read as nothing."""
    amount = microcredits / MICROCREDITS_PER_CREDIT
    if microcredits and abs(amount) < 0.01:
        return f"{amount:.6f}".rstrip("0")
    return f"{amount:,.2f}".removesuffix(".00")


def list_text(items: Iterable[str]) -> str:
    """Write items as one line, without the full stop that each may end in."""
    return "; ".join(" ".join(item.split()).rstrip(".") for item in items)


def count_text(count: int) -> str:
    """Write how many things."""
    return "1 thing" if count == 1 else f"{count} things"

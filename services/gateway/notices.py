"""The one place that turns what happened into words for a person. Data first: a key, a sentence; no ids, no internals."""

from collections.abc import Iterable, Mapping

from services.gateway import command_words
from services.runtime.errors import FAILURES, InsufficientCredit, ParlourError, RateLimited

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
    "outage": "I can't reach your credits right now. I'll answer you a few times all the same, and settle it when they are back.",
    "not_kept": "I can't save anything right now: this conversation will not be kept.",
    # Refusals that name the part that is missing.
    "credit_unavailable": "Sorry, I can't check your credits right now, so I can't answer. Nothing was charged. Please try again in a minute.",
    "emergency": (
        "Sorry, I can't reach anybody's credits, and can't answer any more questions until they are back. "
        "Commands like /memories and /help still work. Nothing was charged."
    ),
    "outage_turns_used": (
        "Sorry, I still can't reach your credits, and can't answer any more of your questions until they are back. "
        "Commands like /memories and /help still work. Nothing was charged."
    ),
    "conversation_unavailable": "Sorry, I can't have a conversation right now. Nothing was charged. Please try again in a minute.",
    "memory_command_unavailable": "Sorry, I can't reach my memory right now. Nothing was changed. Please try again in a minute.",
    "voice_command_unavailable": "Sorry, I can't look up how I talk right now. Nothing was changed. Please try again in a minute.",
    "credit_command_unavailable": "Sorry, I can't look up your credits right now. Please try again in a minute.",
    # Behind what was delivered of an answer that was cut.
    "cut": "(Sorry, my answer was cut off here.)",
    "cut_time": "(Sorry, I ran out of time here.)",
    "stopped": "(Stopped.)",
    # Behind the answers to some parts of a message.
    "parts_more": "(That is all for one message: the other {left} {questions} you asked can go into another one.)",
    "parts_left": "(I left {left} more {questions} unanswered.)",
    # A message that is nothing but files.
    "unread_files": "I can only look at pictures (PNG, JPEG, WebP, GIF) and text files, so I can't open that one.",
    "withdrawn": "That message was taken back, so I left it.",
    "orphaned": "Sorry, I lost track of this message when a part of me restarted. Please send it again.",
    # Buttons, menus, forms and slash commands in Discord.
    "button_unknown": "This button is from an earlier time and no longer works. Please ask me again.",
    "nothing_to_stop": "There is nothing to stop any more.",
    "again_too_late": "That was too long ago to be answered again. Please ask me once more.",
    "again_too_often": "I have answered this as often as I can. Please ask me in other words.",
    "button_of_another": "Only the person who asked can use this.",
    "command_unknown": "I don't know this command any more. /help says what I can do.",
    "ignored_here": "The moderators of this server decided that I don't answer here.",
    "asked_nothing": "Tell me what you would like to know.",
    "remember_own": "I only remember of people what they say themselves. Please tell me in your own words.",
    "private_here": "This is for your eyes only, so I don't say it in front of everybody.",
    "private_file": "This is for your eyes only: please ask me in a direct message, or with the slash command.",
    "private_by_message": "I answered you privately.",
    "private_gone": "I no longer have this answer. Please ask me again.",
    "memory_shown": "This is what I remember:",
    # Answers to commands.
    "remembered": "I'll remember that: {text}.",
    "already_remembered": "I already remember that: {text}.",
    "quarantined": "I wrote that down, but it reads like an instruction, so I won't use it until a moderator has looked at it.",
    "remember_what": 'Tell me what to remember, like this: "/remember my cat is called Miso".',
    "too_long_to_remember": "That is too long to remember as one thing. Please keep it under {limit} characters.",
    "memories_none": "I don't remember anything about you yet.",
    "memories": "I remember {count}: {list}.",
    "memories_more": 'I remember {count}, the newest first: {list}; and {more} more. Say "more memories" to see them.',
    "list_more": "{list}; and {more} more",
    "memories_next": 'I remember this, too: {list}. Say "more memories" to see the next ones.',
    "memories_last": "I remember this, too: {list}. That was all.",
    "memories_no_more": 'There are no more to show. Say "/memories" to begin at the start.',
    "memories_form": 'Say "/memories" to see what I remember about you, and "/memories more" to go on.',
    "edit_what": 'Tell me what it should be instead, for example "my cat is called Miso".',
    "edited": "I'll remember it like this: {text}.",
    "deleted": 'I no longer remember this: {text}. If that was a mistake, tell me again with "/remember" and these words.',
    "deleted_before": "I no longer remember it.",
    "memory_changed_meanwhile": 'That was changed meanwhile, so I left it alone. Say "/memories" to see it as it is now.',
    "memory_gone": "I don't remember that any more, so there is nothing to change.",
    "memory_not_yours": "Somebody else told me that, so only they can change it.",
    "forget_what": 'Tell me what to forget, like this: "/forget my cat is called Miso".',
    "forget_nothing": "I don't remember anything like that, so there is nothing to forget.",
    "forget_offer": "I would forget {count}: {list}. Shall I? Say yes or no.",
    "forget_done": 'Done: I forgot {count}. Say "undo" to bring it back.',
    "forget_declined": "All right, I'll keep it.",
    "undone": "I brought back {count}.",
    "undo_nothing": "There is nothing to undo.",
    "undo_form": 'Say "/undo" and nothing else: it brings back what I forgot last.',
    "undo_too_late": "That can't be brought back any more: it was too long ago.",
    # Questions before what can't be taken back.
    "question_expired": "That question is too old to be answered. Please ask me again.",
    "question_not_yours": "I asked somebody else that. If you want the same, please tell me yourself.",
    "declined": "All right, I'll leave everything as it is.",
    "summary": "This is what we talked about here:\n{list}",
    "summary_nothing": "We haven't talked about anything here yet.",
    "summary_not_yours": "You may not read what was written here before, so I can't sum it up for you.",
    "summary_off": "This server does without summaries.",
    "summary_form": 'Say "/summary" and nothing else: I sum up what was talked about in this channel.',
    "reset_ask": (
        "I would start our conversation here afresh: I would no longer look at what was written before. What I remember about you stays. "
        "Shall I? Say yes or no."
    ),
    "reset_ask_guild": (
        "I would start the conversation of this channel afresh, for everybody: I would no longer look at what was written here before. "
        "What I remember about people stays. Shall I? Say yes or no."
    ),
    "reset_label": "Start afresh",
    "reset_done": "Done: we start afresh here.",
    "reset_not_yours": "In a server's channel only its moderators can start the conversation afresh. In our direct messages you can.",
    "reset_form": 'Say "/reset" and nothing else: the conversation of this channel starts afresh, after I have asked.',
    "conversation_command_unavailable": "Sorry, I can't look at our conversation right now. Nothing was changed. Please try again in a minute.",
    "privacy_command_unavailable": "Sorry, I can't get at all that is kept about you right now. Please try again in a minute.",
    "privacy_kept": (
        "**What I keep about you:** what you tell me and what I answer, {learned}, how you like to be talked to, how many credits you used for what."
    ),
    "privacy_learned": "what you asked me to remember or what I learned from our talk",
    "privacy_stated": "what you asked me to remember",
    "privacy_context": "In this server I keep messages that are not for me as well, to follow the talk.",
    "privacy_where": (
        "**Where:** on the computers of the people who run this assistant; a language model gets your message to answer it, with what bears on it."
    ),
    "privacy_days": "**For how long:** messages for {days}, what I remember until you let me forget it.",
    "privacy_forever": "**For how long:** until you delete a message, let me forget something, or have everything erased.",
    "privacy_ways": (
        '**What you can do:** "/privacy export" gives you everything in a file, "/privacy opt-out" makes me keep nothing from now on '
        '("/privacy opt-in" takes that back), and "/privacy erase" erases everything, everywhere.'
    ),
    "privacy_form": (
        'I know "/privacy export", "/privacy opt-out", "/privacy opt-in" and "/privacy erase"; "/privacy" alone explains what is kept about you.'
    ),
    "exported": "Here is everything that is kept about you ({size} MB).",
    "exported_cut": (
        "Here are the first {size} MB of what is kept about you: there is more than fits in one file. "
        "Please ask the people who run this assistant for all of it."
    ),
    "opted_out": (
        "From now on I keep nothing of what you tell me; I still answer you. What I kept before stays until you have it erased: "
        '"/privacy erase". "/privacy opt-in" takes this back.'
    ),
    "opted_in": 'From now on I keep what we talk about again. "/privacy opt-out" takes this back.',
    "erase_ask": (
        "I would erase everything that is kept about you, in every server and in our direct messages: what we talked about, what I remember, "
        "how I talk to you, and your name in the books. This can't be undone. Shall I? Say yes or no."
    ),
    "erase_label": "Erase everything",
    "erase_look_label": "How far is it?",
    "erasing_begun": "I'm erasing what is kept about you.",
    "erasing": "{count} so far.",
    "erasing_anyway": "What has begun to be erased can't be kept: it goes on until all of it is gone.",
    "erasing_on": "It takes longer than I can wait here, and goes on until all of it is gone. Say yes to see how far it is.",
    "erased": ("Done: {count} erased. Backups no longer have anything of you after {day}. This is your receipt, please keep it: {receipt}"),
    "voice_undo_nothing": "There is no change of how I talk to take back.",
    "presets": 'I can be one of these: {list}. Say "use the personality {first}", for example; "talk like before" takes it back.',
    "preset_taken": 'From now on I am like this: {description}. Say "talk like before" to take it back.',
    "preset_unknown": "I don't know that personality. There are these: {names}.",
    **command_words.WORDS,
    "credits": "You have {available} credits.",
    "credits_held": "You have {available} credits; {held} more are set aside for answers under way.",
    # /help, in groups.
    "help_talk": "**Talk:** just write to me.",
    "help_talk_guild": "**Talk:** mention me, reply to me, or begin with my name.",
    "help_memory": "**Memory:** /remember, /memories, /forget and /undo, or in plain words: “remember that my cat is called Miso”.",
    "help_voice": "**How I talk:** /personality, or “shorter please”, “talk like before”, “why do you talk like this?”.",
    "help_credits": "**Credits:** /credits, /usage and /gift.",
    "help_summary": "**This channel:** /summary sums up what was talked about.",
    "help_reset": "**Afresh:** /reset starts the conversation of this channel anew.",
    "help_privacy": "**Privacy:** /privacy explains what is kept about you, and gives it to you or erases it.",
    "help_moderators": "**For moderators:** /settings, /grant, /pool, /ignore, /allow, /quarantine and /status.",
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
    if isinstance(error, RateLimited) and "model" in error.metadata:
        return words("busy")  # a provider's limit on all of us is not the doing of the person who reads this
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

"""Which messages are commands: a corpus of what people write, and of what only looks like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.commands.parsing import PATTERNS, Command, Kind, is_slash, parse

REMEMBER = {
    "remember that my cat is called Miso": "my cat is called Miso",
    "Remember that my cat is called Miso.": "my cat is called Miso",
    "please remember that I take my tea without sugar": "I take my tea without sugar",
    "Please, remember that I live in Ghent!": "I live in Ghent",
    "remember: the wifi password is on the fridge": "the wifi password is on the fridge",
    "remember this: I'm allergic to nuts": "I'm allergic to nuts",
    "remember - my sister is called Ada": "my sister is called Ada",
    "remember my birthday is on the 3rd of May": "my birthday is on the 3rd of May",
    "remember I hate coriander": "I hate coriander",
    "please remember I’m vegan": "I'm vegan",
    "can you remember that I work nights?": "I work nights",
    "could you please remember that we moved to Leeds?": "we moved to Leeds",
    "don't forget that my exam is on Friday": "my exam is on Friday",
    "Don’t forget my name is Sam": "my name is Sam",
    "never forget that I love you": "I love you",
    "keep in mind that I'm a beginner": "I'm a beginner",
    "make a note that the meeting is on Tuesday": "the meeting is on Tuesday",
    "add this to your memory: I play the cello": "I play the cello",
    "REMEMBER THAT I AM LOUD": "I AM LOUD",
    "remember   that\tspaces do not matter": "spaces do not matter",
    "remember that two lines\nare fine": "two lines\nare fine",
    "/remember my cat is called Miso": "my cat is called Miso",
    "/remember": "",
}
LIST = [
    "what do you remember about me?",
    "What do you know about me",
    "what do you remember?",
    "so what do you remember about me??",
    "what can you remember about me?",
    "what have you remembered about me?",
    "what did I ask you to remember?",
    "what memories do you have about me?",
    "show me my memories",
    "list my memories",
    "please show my memories",
    "tell me everything you know about me",
    "can you tell me what you know about me?",
    "my memories",
    "/memories",
]
FORGET = {
    "forget that my cat is called Miso": "my cat is called Miso",
    "forget about my cat": "my cat",
    "please forget about the exam": "the exam",
    "Forget that I live in Ghent.": "I live in Ghent",
    "forget my birthday": "my birthday",
    "forget where I live": "where I live",
    "forget everything": "everything",
    "forget everything you know about me": "everything you know about me",
    "forget what I told you about my sister": "my sister",
    "can you forget that I hate coriander?": "I hate coriander",
    "delete the memory about my cat": "my cat",
    "stop remembering that I smoke": "I smoke",
    "/forget my cat": "my cat",
    "/forget": "",
}
OTHER = {
    "yes": Kind.CONFIRM,
    "Yes, forget it": Kind.CONFIRM,
    "yes please!": Kind.CONFIRM,
    "confirm": Kind.CONFIRM,
    "go ahead": Kind.CONFIRM,
    "no": Kind.DECLINE,
    "No thanks.": Kind.DECLINE,
    "cancel": Kind.DECLINE,
    "no, keep it": Kind.DECLINE,
    "never mind": Kind.DECLINE,
    "undo": Kind.UNDO,
    "undo that": Kind.UNDO,
    "please undo it": Kind.UNDO,
    "bring it back": Kind.UNDO,
    "/undo": Kind.UNDO,
    "how many credits do I have?": Kind.CREDITS,
    "How many credits do I have left?": Kind.CREDITS,
    "how many credits are left": Kind.CREDITS,
    "what's my balance?": Kind.CREDITS,
    "show me my credits": Kind.CREDITS,
    "/credits": Kind.CREDITS,
    "/credits please": Kind.CREDITS,
    "what do u know about me": Kind.LIST,
    "/balance 5": Kind.CREDITS,
    "/status now": Kind.STATUS,
    "/why not?": Kind.WHY,
    "help": Kind.HELP,
    "Help!": Kind.HELP,
    "what can you do?": Kind.HELP,
    "/help": Kind.HELP,
}
VOICE = {
    "why do you talk like this?": Kind.EXPLAIN_VOICE,
    "Why do you talk to me like that?": Kind.EXPLAIN_VOICE,
    "why are you talking like this": Kind.EXPLAIN_VOICE,
    "why do you answer in German?": Kind.EXPLAIN_VOICE,
    "why do you write so formally?": Kind.EXPLAIN_VOICE,
    "why are you so formal with me?": Kind.EXPLAIN_VOICE,
    "why are your answers so short?": Kind.EXPLAIN_VOICE,
    "why do you use so many emojis?": Kind.EXPLAIN_VOICE,
    "why do you never use emojis?": Kind.EXPLAIN_VOICE,
    "explain your style": Kind.EXPLAIN_VOICE,
    "can you explain why you talk like this?": Kind.EXPLAIN_VOICE,
    "what is your personality?": Kind.EXPLAIN_VOICE,
    "/voice": Kind.EXPLAIN_VOICE,
    "/voice please": Kind.EXPLAIN_VOICE,
    "talk like before": Kind.UNDO_VOICE,
    "please talk like before": Kind.UNDO_VOICE,
    "can you talk to me like you used to?": Kind.UNDO_VOICE,
    "speak the way you did before": Kind.UNDO_VOICE,
    "go back to how you talked before": Kind.UNDO_VOICE,
    "undo the style change": Kind.UNDO_VOICE,
    "undo the last change to your personality": Kind.UNDO_VOICE,
    "change your voice back": Kind.UNDO_VOICE,
    "list personalities": Kind.LIST_PRESETS,
    "show me the personalities": Kind.LIST_PRESETS,
    "can you list your personalities?": Kind.LIST_PRESETS,
    "what personalities do you have?": Kind.LIST_PRESETS,
    "which personas can I choose from?": Kind.LIST_PRESETS,
    "/personalities now": Kind.LIST_PRESETS,
    "/personalities": Kind.LIST_PRESETS,
}
PRESETS = {
    "use the personality butler": "butler",
    "please use the butler personality": "butler",
    "switch to the Friend personality": "Friend",
    "can you take the personality tutor?": "tutor",
    "/personality brief": "brief",
}
TALK = [
    "why do you talk about dogs?",
    "why do people talk like this in Boston?",
    "why do you think so?",
    "why are you so nice?",
    "why are emojis so popular?",
    "why are my answers so short?",
    "explain the style of Hemingway",
    "what is your favourite personality trait?",
    "talk normally again",
    "talk like a pirate",
    "talk to me like a friend",
    "be like water",
    "go back to the first question",
    "undo the change to the first paragraph",
    "list famous personalities",
    "show me personalities of the French Revolution",
    "what personality types are there?",
    "use the personality test on me",
    "shorter please",
    "I can't remember where I put my keys",
    "what is a good name for a dog?",
    "do you remember that film with the shark?",
    "remember when we talked about dogs?",
    "remember me?",
    "remember that time we got lost in Rome",
    "remember that my cat was ill?",
    "I remember that my cat was ill",
    "remember to breathe",
    "can you remember where I put my keys?",
    "what do you remember about the French Revolution?",
    "what do you know about cats?",
    "tell me what you know about Rome",
    "what do you know about me and my shadow, the song?",
    "how do people remember that many digits?",
    "forget it",
    "forget about it",
    "forget that, let's talk about dogs",
    "forget about that. What is the capital of Peru?",
    "I forget that all the time",
    "don't forget to write",
    "why do people forget names?",
    "how do I forget about my ex?",
    "yes but what about the second one?",
    "yes, I like dogs",
    "no way, really?",
    "no I meant the other one",
    "how do I undo a commit in git?",
    "undo the last commit",
    "how many credits does a degree take?",
    "what's my balance between work and life?",
    "help me write a poem",
    "what can you do with a rubber band?",
    "my memories of school are vague",
    "show me my memories of the sea in a poem",
    "/unknown",
    "",
]


@pytest.mark.parametrize(("said", "text"), REMEMBER.items())
def test_asking_to_remember_is_understood(said: str, text: str):
    assert parse(said) == Command(Kind.REMEMBER, text)


@pytest.mark.parametrize("said", LIST)
def test_asking_what_is_remembered_is_understood(said: str):
    assert parse(said) == Command(Kind.LIST)


@pytest.mark.parametrize(("said", "text"), FORGET.items())
def test_asking_to_forget_is_understood(said: str, text: str):
    assert parse(said) == Command(Kind.FORGET, text)


@pytest.mark.parametrize(("said", "kind"), OTHER.items())
def test_the_other_commands_are_understood(said: str, kind: Kind):
    assert parse(said) == Command(kind)


@pytest.mark.parametrize(("said", "kind"), VOICE.items())
def test_asking_about_the_voice_is_understood(said: str, kind: Kind):
    assert parse(said) == Command(kind)


@pytest.mark.parametrize(("said", "name"), PRESETS.items())
def test_choosing_a_personality_is_understood(said: str, name: str):
    assert parse(said) == Command(Kind.TAKE_PRESET, name)


@pytest.mark.parametrize("said", TALK)
def test_what_only_looks_like_a_command_is_talk(said: str):
    assert parse(said) is None


def test_every_kind_of_command_can_be_met():
    assert {kind for kind, _ in PATTERNS} == set(Kind)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("/memories of a geisha", Kind.LIST),
        ("/undo the last commit", Kind.UNDO),
        ("/summary in three words", Kind.SUMMARY),
        ("/reset password", Kind.RESET),
        ("/privacy policy", Kind.PRIVACY),
    ],
)
def test_a_slash_command_with_absurd_arguments_keeps_them(said: str, kind: Kind):
    assert parse(said) == Command(kind, said.partition(" ")[2])


@pytest.mark.parametrize("nothing", ["\u200b", " \u2060\ufeff ", "\u3164", "\u2800", "\t\n"])
def test_a_slash_command_with_nothing_to_see_behind_it_has_no_argument(nothing: str):
    assert parse(f"/remember {nothing}") == Command(Kind.REMEMBER)


@given(st.text(max_size=300))
def test_whatever_stands_behind_a_slash_command_it_is_that_command(text: str):
    command = parse(f"/forget {text}")
    assert command is not None
    assert command.kind is Kind.FORGET
    assert len(command.text) <= len(text)


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str):
    assert parse(text) is None or text.strip()


def test_zero_width_signs_in_front_hide_no_command():
    assert is_slash("\u200b/credits")
    assert parse("\ufeffremember that I sing") == Command(Kind.REMEMBER, "I sing")


def test_emoji_are_something_to_remember():
    assert parse("/remember ❤️") == Command(Kind.REMEMBER, "❤️")


@pytest.mark.parametrize("said", ["/privacy opt-out", "/privacy opt out", "/PRIVACY OPTOUT"])
def test_ways_of_privacy_are_written_as_one_likes(said: str):
    assert parse(said) == Command(Kind.OPT_OUT)


def test_a_please_at_the_end_belongs_to_what_is_remembered_and_to_nothing_else():
    assert parse("remember that I never say please") == Command(Kind.REMEMBER, "I never say please")
    assert parse("forget my address please") == Command(Kind.FORGET, "my address")


def test_slash_forms_are_told_from_other_text():
    assert is_slash(" /credits")
    assert not is_slash("/unknown")
    assert not is_slash("credits")


@pytest.mark.parametrize(
    "said",
    [
        "what do you remember about me" + "\u0301" * 2000,
        "please " * 1100,
        "remember that a" + " " * 7900 + "b",
        "forget " * 1100,
        "remember my " * 600 + "?",
        "!" * 8000,
        "yes" + " ." * 3900,
    ],
)
def test_the_longest_messages_are_read_in_no_time(said: str):
    started = time.perf_counter()
    parse(said)
    assert time.perf_counter() - started < 0.05

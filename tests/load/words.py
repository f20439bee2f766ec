"""What is said: the same for the same seed and number, and seldom the same twice."""

import random

from tests.load.mix import Kind

_TOPICS = ("gardens", "trains", "bread", "tides", "chess", "maps", "clouds", "violins", "bees", "lighthouses")
_ASK = (
    "What should I know about {topic} in the year {year}, case {number}?",
    "Can you explain {topic} to somebody of {age}, as told in {year}? It is for chapter {number}.",
    "Which {topic} were the best of {year}, by your list {number}?",
    "How did people in {year} learn about {topic}, lesson {number}?",
)
_CHAT = (
    "anyone up for a round at {hour}?",
    "I read about {topic} from {year} yesterday",
    "lol",
    "brb, dinner",
    "haha same here",
    "Ben, did you see the game in {year}?",
    "we still need {hour} people for Friday",
    "my cat just walked over the keyboard {number}",
    "good night everybody",
    "that picture of the {topic} is great",
)
_COMMANDS = ("/credits", "/help", "/memories", "/usage day", "/personality show", "/why", "remember that my locker number is {number}")
_SHORT = ("why?", "and then?", "how so?", "which one?", "since when?", "is that true?", "what else?")
_TOLD = (
    "In {year} we moved to a house near the {topic}, and for a while nobody in the family talked of anything else.",
    "My uncle kept notes about {topic} until he was {age}, most of them on the backs of envelopes.",
    "The club met at {hour} every Thursday, and somebody always brought a book about {topic}.",
    "Of the {number} letters in the box only a few say anything about {topic}, but those go on for pages.",
)
LONG_CHARACTERS = (1_500, 3_800)
"""Of a long message: Discord lets people write 2,000, some of them 4,000."""


def text_of(kind: Kind, number: int, seed: int) -> str:
    """What the message of this number says."""
    dice = random.Random(f"{seed}:{number}")
    match kind:
        case Kind.CHATTER:
            return _filled(_CHAT, number, dice)
        case Kind.COMMAND:
            return _filled(_COMMANDS, number, dice)
        case Kind.SHORT:
            return dice.choice(_SHORT)
        case Kind.LONG:
            return _long(number, dice)
        case Kind.EDIT:
            return f"{_filled(_ASK, number, dice)[:-1]}, I mean in short?"
        case Kind.QUESTION:
            return _filled(_ASK, number, dice)


def _filled(templates: tuple[str, ...], number: int, dice: random.Random) -> str:
    return dice.choice(templates).format(
        topic=dice.choice(_TOPICS), year=dice.randint(1850, 2020), age=dice.randint(6, 90), hour=dice.randint(1, 12), number=number
    )


def _long(number: int, dice: random.Random) -> str:
    told, characters = list[str](), dice.randint(*LONG_CHARACTERS)
    while sum(map(len, told)) + len(told) < characters:
        told.append(_filled(_TOLD, number, dice))
    return " ".join(told)[: LONG_CHARACTERS[1]].rsplit(".", 1)[0] + f".\n\nWhat is this story number {number} about?"

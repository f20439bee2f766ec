"""How a person and the assistant get on in a guild: how often they talk, about what, and one line of it for the prompt. Pure.

Topics are a person's own telling words. A topic's weight halves every TOPIC_HALF_LIFE_DAYS in which it does not come up and grows on each day on
which it does: by one, and by a little for each further message, so that one long afternoon does not make a topic of a person's life.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from services.conversation.people.names import Names, renamed
from services.conversation.people.telling_words import telling_words

TOPIC_HALF_LIFE_DAYS = 30.0
"""What came up weekly keeps a weight of about seven, what came up twice a year ago has none: a month is how long people say "lately" for."""
TOPICS_MAX = 12
"""How many topics are told of."""
TOPICS_KEPT_MAX = 60
"""How many are kept: a new one must be able to come up again before those that are told of push it out."""
TOPIC_DAYS_MIN = 2
"""What came up on one day only is no topic yet, and a secret that slipped out once never becomes one."""
LINE_TOPICS_MAX = 3
LINE_NAME_CHARACTERS_MAX = 32

_ODD = frozenset('<>[]{}()|"`#*_\\:;=~^')


class Person(NamedTuple):
    """Somebody in a guild, or in direct messages (guild_id empty)."""

    guild_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A term that comes up: the word for it, its weight on `day`, the newest day on which it came up, and on how many days it did."""

    word: str
    weight: float
    days: int
    day: date

    def weight_on(self, day: date) -> float:
        """Return the weight that is left on a day."""
        return self.weight * math.pow(0.5, max(0, (day - self.day).days) / TOPIC_HALF_LIFE_DAYS)


@dataclass(frozen=True, slots=True)
class Relationship:
    """What is known of a person in a guild. `names_time` is that of the message the names came with; `turns` answered, on `days` days (UTC)."""

    names: Names
    names_time: datetime
    first_seen_time: datetime
    last_seen_time: datetime
    turns: int = 0
    days: int = 0
    last_day: date | None = None
    topics: Mapping[str, Topic] = field(default_factory=dict)
    line: str = ""
    line_day: date | None = None


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """A turn that has ended with a reply, accepted and ended at these times; `said` is None where it may not be told of elsewhere in the guild."""

    accept_time: datetime
    end_time: datetime
    display_name: str
    nickname: str
    said: str | None


def named(known: Relationship | None, display_name: str, nickname: str, said_at: datetime, today: date) -> Relationship:
    """Return the relationship after a message came with these names; older messages change no names.

    A new name is in the line at once, and only that changes a line before its day is over: nobody wants to be called by a name they gave up.
    """
    if known is None:
        names = renamed(Names(), display_name, nickname)
        return _with_line(Relationship(names, said_at, said_at, said_at), today)
    seen = replace(known, first_seen_time=min(known.first_seen_time, said_at), last_seen_time=max(known.last_seen_time, said_at))
    names = renamed(known.names, display_name, nickname)
    if said_at < known.names_time or names == known.names:
        return seen
    return _with_line(replace(seen, names=names, names_time=said_at), today)


def after_turns(known: Relationship | None, turns: Sequence[AnsweredTurn], names: frozenset[str], today: date) -> Relationship:
    """Return the relationship with these turns counted in; `names` are words of names, which are no topics. `turns` must not be empty."""
    relationship = known
    for turn in sorted(turns, key=lambda turn: turn.accept_time):
        relationship = named(relationship, turn.display_name, turn.nickname, turn.accept_time, today)
    assert relationship is not None
    days = sorted({turn.end_time.date() for turn in turns})
    new_days = [day for day in days if relationship.last_day is None or day > relationship.last_day]
    counted = replace(
        relationship,
        turns=relationship.turns + len(turns),
        days=relationship.days + len(new_days),
        last_day=new_days[-1] if new_days else relationship.last_day,
        topics=_topics_after(relationship.topics, turns, names),
    )
    return counted if counted.line_day is not None and counted.line_day >= today else _with_line(counted, today)


def topics_told(topics: Mapping[str, Topic], today: date) -> list[str]:
    """Return the words of what comes up, most frequent first, at most TOPICS_MAX; a word stands there once."""
    frequent = [topic for topic in topics.values() if topic.days >= TOPIC_DAYS_MIN]
    return list(dict.fromkeys(topic.word for topic in sorted(frequent, key=lambda topic: (-topic.weight_on(today), topic.word))))[:TOPICS_MAX]


def relationship_line(relationship: Relationship, today: date) -> str:
    """Return one line on who talks with the assistant, in words that stay the same until it is asked for another day's; empty without a name."""
    name, other = _plain(relationship.names.called), _plain(relationship.names.display_name)
    if not name:
        return ""
    who = f"{name} (also called {other})" if other and other != name else name
    if relationship.days < TOPIC_DAYS_MIN:
        return f"You are talking with {who}."
    line = f"{who} has talked with you on {relationship.days} days since {relationship.first_seen_time:%B %Y}"
    topics = topics_told(relationship.topics, today)[:LINE_TOPICS_MAX]
    return f"{line}; often about {_listed(topics)}." if topics else f"{line}."


def _with_line(relationship: Relationship, today: date) -> Relationship:
    return replace(relationship, line=relationship_line(relationship, today), line_day=today)


def _topics_after(topics: Mapping[str, Topic], turns: Sequence[AnsweredTurn], names: frozenset[str]) -> dict[str, Topic]:
    mentions: dict[tuple[date, str], int] = {}
    words: dict[str, str] = {}
    for turn in turns:
        for term, word in telling_words(turn.said or "", names).items():
            key = (turn.end_time.date(), term)
            mentions[key] = mentions.get(key, 0) + 1
            words[term] = word
    after = {term: topic for term, topic in topics.items() if term not in names and topic.word not in names}
    for (day, term), times in sorted(mentions.items()):
        after[term] = _come_up(after.get(term), words[term], day, times)
    if not after:
        return after
    newest = max(topic.day for topic in after.values())
    kept = sorted(after, key=lambda term: (-after[term].weight_on(newest), term))[:TOPICS_KEPT_MAX]
    return {term: after[term] for term in kept}


def _come_up(topic: Topic | None, word: str, day: date, times: int) -> Topic:
    if topic is None:
        return Topic(word, 1.0 + math.log2(times), 1, day)
    if day > topic.day:
        return Topic(word, topic.weight_on(day) + 1.0 + math.log2(times), topic.days + 1, day)
    return replace(topic, weight=topic.weight + math.log2(1 + times) / 2)  # the day is counted already


def _plain(name: str) -> str:
    """Return a name without signs that mean something in a prompt: a name can be anything that somebody typed."""
    return " ".join("".join(char for char in name if char not in _ODD).split())[:LINE_NAME_CHARACTERS_MAX].rstrip(" .!?,")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

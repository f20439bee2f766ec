"""What must be true of a stack when everything is over, whatever was killed meanwhile, seen in its three databases and in what people were told.

The databases are read directly, past the services: what a service believes is not asked.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from parlour.conversation.v1 import conversation_pb2
from services.credit.reconcile import check_books_at
from services.local.postgres import Postgres
from tests.chaos.people import Final, Told
from tests.running_stack import RunningStack

HOLDS_WAIT_S = 150.0
"""A hold that nobody settles lasts as long as it was placed for, and the job that ends expired ones runs each minute."""

_OPEN_TURNS = f"SELECT turn_id FROM turns WHERE state = {int(conversation_pb2.TURN_STATE_ACCEPTED)}"
_REPLIES = "SELECT answers_message_id, text FROM messages WHERE role = 'assistant' AND answers_message_id = ANY(%s)"
_SAID = "SELECT message_id FROM messages WHERE role = 'user' AND message_id = ANY(%s)"
_OPEN_HOLDS = "SELECT account_key || '/' || hold_seq FROM holds WHERE state = 'active'"
_CHARGES = "SELECT DISTINCT request_key FROM operations WHERE refusal = '' AND request_key = ANY(%s)"
_CHARGED_TWICE = """
    SELECT account_key || '/' || hold_seq FROM entries WHERE kind = 'capture'
    GROUP BY account_key, hold_seq HAVING count(DISTINCT operation_seq) > 1
"""
_REMEMBERED = "SELECT text FROM memories WHERE user_id = ANY(%s)"  # superseded ones too: a newer number takes the place of an older one
_NUMBER = re.compile(r"\d{6,}")

SOON_OVER = {
    "PARLOUR_MODEL": "scripted",
    "PARLOUR_GATEWAY_TURN_S": "30",
    "PARLOUR_CONVERSATION_TURN_S": "30",
    "PARLOUR_GATEWAY_ORPHAN_POLL_S": "1",
    "PARLOUR_GATEWAY_HOLD_TTL_S": "61",
}
"""Settings of a stack in which a turn and its apology, and a hold that nobody settled, end within what is waited for here."""

type DatabaseUrl = Callable[[str], str]
"""The address of a service's database, by the service's name, for somebody whom no row level security confines."""


def database_url(stack: RunningStack, service: str) -> str:
    """A service's database in a running stack, for its superuser."""
    return Postgres(stack.data_dir / "postgres").url(service)


@dataclass
class Findings:
    """How many of each there are, and some of them in words. Everything should be 0."""

    acknowledged_lost: int = 0
    answered_twice: int = 0
    books_off_microcredits: int = 0
    stuck_holds: int = 0
    unended_turns: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, int]:
        """The numbers alone."""
        return {name: value for name, value in vars(self).items() if name != "examples"}

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not any(self.figures.values()) and not self.examples

    def wrong(self, what: str) -> None:
        """Keep an example."""
        if len(self.examples) < 20:
            self.examples.append(what)


async def find(url: DatabaseUrl, told: Iterable[Told], *, turns_wait_s: float = 60.0, holds_wait_s: float = HOLDS_WAIT_S) -> Findings:
    """Wait until every accepted turn has ended and every hold is settled, within their times; then look at everything."""
    everything, found = list(told), Findings()
    open_turns = await _none_left(url("conversation"), _OPEN_TURNS, turns_wait_s)
    found.unended_turns = len(open_turns)
    for turn in open_turns:
        found.wrong(f"not ended {turns_wait_s:.0f} s after the end: turn {turn}")
    open_holds = await _none_left(url("credit"), _OPEN_HOLDS, holds_wait_s)
    found.stuck_holds = len(open_holds)
    for hold in open_holds:
        found.wrong(f"stuck: hold {hold}")
    await look_for_losses(url, everything, found)
    return found


async def look_for_losses(url: DatabaseUrl, told: list[Told], found: Findings) -> None:
    """Look for what people were told and is not so, for what they were given twice, and at the books."""
    await _lost_answers(url("conversation"), told, found)
    await _lost_charges(url("credit"), told, found)
    await _lost_memories(url("memory"), told, found)
    await _answered_twice(url, told, found)
    for discrepancy in await check_books_at(url("credit")):
        found.books_off_microcredits += abs(discrepancy.difference_microcredits)
        found.wrong(f"the books: {discrepancy}")


async def query(url: str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Ask a database, once."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await (await connection.execute(statement.encode(), parameters)).fetchall()


async def _none_left(url: str, statement: str, wait_s: float) -> list[str]:
    """What a query still finds after `wait_s`; nothing, as soon as it finds nothing."""
    end = time.monotonic() + wait_s
    while (rows := await query(url, statement)) and time.monotonic() < end:
        await asyncio.sleep(0.5)
    return [str(row[0]) for row in rows]


def _acknowledged(told: Iterable[Told]) -> list[Told]:
    """Turns whose person saw words of the model, and was not told that they are not kept."""
    shown = (Final.OUTCOME_ANSWERED, Final.OUTCOME_CUT)
    return [one for one in told if one.final is not None and one.final.outcome in shown and "not_kept" not in one.notices]


async def _lost_answers(url: str, told: list[Told], found: Findings) -> None:
    shown = _acknowledged(told)
    ids = [one.message_id for one in shown]
    kept = {str(message_id): str(text) for message_id, text in await query(url, _REPLIES, ids)}
    said = {str(row[0]) for row in await query(url, _SAID, ids)}
    for one in shown:
        assert one.final is not None
        reply = kept.get(one.message_id)
        whole = one.final.outcome == Final.OUTCOME_ANSWERED
        if reply is None or one.message_id not in said or (whole and reply != one.final.text):
            found.acknowledged_lost += 1
            found.wrong(f"shown and not kept: {one.outcome} {one.turn_id}, shown {one.final.text[:40]!r}, kept {(reply or '')[:40]!r}")


async def _lost_charges(url: str, told: list[Told], found: Findings) -> None:
    """A price that a person was told is in the books."""
    charged = [one for one in told if one.final is not None and one.final.charged_microcredits and not one.final.replayed]
    keys = {one.turn_id: [f"request {one.turn_id}:capture", f"turn {one.turn_id}"] for one in charged}
    kept = {str(row[0]) for row in await query(url, _CHARGES, [key for both in keys.values() for key in both])}
    for turn_id, both in keys.items():
        if not kept.intersection(both):
            found.acknowledged_lost += 1
            found.wrong(f"told its price and not in the books: {turn_id}")


async def _lost_memories(url: str, told: list[Told], found: Findings) -> None:
    """What a person was told will be remembered is; a number in the text names it."""
    asked = [one for one in told if one.final is not None and one.final.outcome == Final.OUTCOME_COMMAND and _NUMBER.search(one.text)]
    kept = " ".join(str(row[0]) for row in await query(url, _REMEMBERED, list({one.person.user_id for one in asked})))
    for one in asked:
        number = _NUMBER.search(one.text)
        if number is not None and number.group() not in kept:
            found.acknowledged_lost += 1
            assert one.final is not None
            found.wrong(f"to be remembered and not there: {one.text!r}, told {one.final.text!r}")


async def _answered_twice(url: DatabaseUrl, told: list[Told], found: Findings) -> None:
    """A person saw two answers to one message, two are kept, or one was charged twice."""
    for one in told:
        if len(one.answers) > 1:
            found.answered_twice += 1
            found.wrong(f"shown twice: {one.turn_id}")
    kept = Counter(str(row[0]) for row in await query(url("conversation"), _REPLIES, [one.message_id for one in told]))
    for message_id, times in kept.items():
        if times > 1:
            found.answered_twice += 1
            found.wrong(f"kept {times} times: the answer to {message_id}")
    for row in await query(url("credit"), _CHARGED_TWICE):
        found.answered_twice += 1
        found.wrong(f"charged twice: hold {row[0]}")

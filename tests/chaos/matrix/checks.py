"""What must be true of a turn once everything works again: it is stored and charged once or not at all, and the books agree."""

import asyncio
import re
import time
from collections.abc import Sequence

from services.credit.checks import Discrepancy
from services.credit.reconcile import check_books_at
from tests.chaos.matrix.cells import Dependency, Outcome
from tests.chaos.matrix.stack import SERVICES, MatrixStack
from tests.chaos.matrix.told import HOLD_TTL_S
from tests.chaos.matrix.turns import Ran

_EXPIRY_JOB_S = 65.0
"""Expired holds that nobody touches are settled by a job that comes once a minute."""
_SETTLED_WAIT_S = HOLD_TTL_S + _EXPIRY_JOB_S
_FINISHED, _CUT, _APOLOGISED = 2, 3, 4
_NO_TURN = 0
_STATES = {
    Outcome.ANSWERED: (_NO_TURN, _FINISHED, _CUT, _APOLOGISED),  # of those that are not kept
    Outcome.CUT: (_CUT,),
    Outcome.REFUSED: (_NO_TURN, _APOLOGISED),
}
_UNHEARD = (_FINISHED, _APOLOGISED)
"""Of conversation itself: a reply that it had finished when nothing of it arrived any more stays as it is, and a repeat of the message finds it. And
a turn whose end could not be stored before its deadline may be apologised for before the gateway has stored it."""
_INTERNAL = re.compile(r"^.*(?:\bINTERNAL\b|Traceback \(most recent call last\)).*$", re.MULTILINE)
_HOLDS = """
SELECT h.state, h.captured_microcredits FROM holds h JOIN account_keys k USING (account_key) WHERE k.account_id = %s
"""
_OPEN = "SELECT count(*), count(*) FILTER (WHERE expires_at < now()) FROM holds WHERE state = 'active'"


class LogWatch:
    """Finds what services logged since the last look and should not have."""

    def __init__(self, stack: MatrixStack) -> None:
        self._stack = stack
        self._read = dict.fromkeys(SERVICES, 0)

    def news(self) -> list[str]:
        """Lines with an INTERNAL error or the beginning of a traceback."""
        found = []
        for service in SERVICES:
            log = self._stack.log(service)
            lines = _INTERNAL.findall(log[self._read[service] :])
            self._read[service] = len(log)
            found += [f"{service} logged: {line.strip()[:300]}" for line in lines[:3]]
        return found


async def settle(stack: MatrixStack, runs: Sequence[Ran]) -> None:
    """Wait until the turns of some cells have settled, and note in each what has not."""
    await asyncio.gather(*(_settle_one(stack, ran) for ran in runs))


async def _settle_one(stack: MatrixStack, ran: Ran) -> None:
    end = time.monotonic() + _SETTLED_WAIT_S
    while (problems := await _problems(stack, ran)) and time.monotonic() < end:
        await asyncio.sleep(0.5)
    ran.problems += problems


async def _problems(stack: MatrixStack, ran: Ran) -> list[str]:
    rows = await stack.query("conversation", "SELECT state FROM turns WHERE turn_id = %s", ran.turn_id)
    replies = await stack.query("conversation", "SELECT text FROM messages WHERE message_id = %s AND role = 'assistant'", ran.turn_id)
    state, texts = int(str(rows[0][0])) if rows else _NO_TURN, [str(row[0]) for row in replies]
    ran.stored_twice = int(len(texts) > 1)
    if ran.seen.startswith(Outcome.ANSWERED) and "not_kept" not in ran.seen:
        ran.lost = int(state != _FINISHED or texts != [ran.text])
        problems = [f"the answer is not stored as it was given: state {state}, {len(texts)} replies"] if ran.lost else []
    else:
        problems = [] if state in _allowed(ran) else [f"the turn is stored with state {state}"]
    return problems + await _charge_problems(stack, ran, state)


def _allowed(ran: Ran) -> tuple[int, ...]:
    """How a turn may be stored."""
    told = next((outcome for outcome in Outcome if ran.seen.startswith(outcome)), Outcome.ANSWERED)
    return _STATES[told] + (_UNHEARD if ran.cell.dependency in (Dependency.CONVERSATION, Dependency.CONVERSATION_DATABASE) else ())


async def _charge_problems(stack: MatrixStack, ran: Ran, state: int) -> list[str]:
    """A turn is charged once where the person read something of it or can have it by repeating the message, and not at all elsewhere."""
    holds = await stack.query("credit", _HOLDS, ran.account_id)
    problems = [f"{len(opened)} holds are open"] if (opened := [row for row in holds if row[0] == "active"]) else []
    if ran.expected.on_lease or not ran.seen:
        return problems
    captured = sum(int(str(row[1])) > 0 for row in holds)
    charged = int(not ran.seen.startswith(Outcome.REFUSED) or state == _FINISHED)
    if captured != charged:
        states = ", ".join(str(row[0]) for row in holds) or "none"
        problems.append(f"{captured} captured holds (of {states}), expected {charged}")
    return problems


async def books(stack: MatrixStack) -> list[Discrepancy]:
    """Everything in which the books disagree with themselves."""
    return await check_books_at(stack.database_url("credit"))


async def stuck_holds(stack: MatrixStack) -> int:
    """Wait until no hold is active, as long as the last one may last; return how many are past their expiry all the same."""
    end = time.monotonic() + HOLD_TTL_S + _EXPIRY_JOB_S
    while True:
        active, stuck = (int(str(count)) for count in (await stack.query("credit", _OPEN))[0])
        if not active or time.monotonic() > end:
            return stuck
        await asyncio.sleep(0.5)

"""The open loop waits for nobody, and everything it was to send is accounted for."""

import asyncio
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.load.arrivals import Phase
from tests.load.mix import DEFAULT, Kind, parse_mix
from tests.load.plan import Plan, Scheduled
from tests.load.sender import send
from tests.load.tally import Heard, Outcome, Tally, percentile_ms


def planned(rate_per_s: float, seconds: float, mix: str = "questions=1", seed: int = 1) -> Plan:
    return Plan([Phase("steady", rate_per_s, seconds)], parse_mix(mix), 20, seed)


def tally_of(plan: Plan) -> Tally:
    return Tally(plan.seconds, len(plan))


async def test_messages_are_sent_while_none_is_answered() -> None:
    plan, begun, answer = planned(100, 0.5), list[int](), asyncio.Event()

    async def teller(message: Scheduled) -> Heard:
        begun.append(message.number)
        if len(begun) == len(plan):
            answer.set()
        await answer.wait()
        return Heard(Outcome.ANSWERED)

    tally = tally_of(plan)
    async with asyncio.timeout(30):
        await send(plan, teller, [tally])
    assert begun == list(range(len(plan)))
    assert tally.in_flight_max == len(plan)
    assert tally.accounted == tally.turns == len(plan)


async def test_a_message_that_is_sent_late_has_waited_since_it_was_due() -> None:
    """The sender is held up for half a second: a loop that counted from when it sent would report milliseconds."""
    plan, held = planned(100, 0.3), list[int]()

    async def teller(message: Scheduled) -> Heard:
        if not held:
            held.append(message.number)
            time.sleep(0.5)  # the whole process, as a pause of the garbage collector or of the machine would
        return Heard(Outcome.ANSWERED)

    tally = tally_of(plan)
    await send(plan, teller, [tally])
    assert tally.accounted == len(plan)
    # All but the held one were due at most 0.3 s after it, so have waited for 0.2 s at least.
    assert percentile_ms(tally.answers, 10) >= 190
    assert percentile_ms(tally.late, 50) >= 190


async def test_what_finds_no_room_in_flight_is_an_error_and_not_forgotten() -> None:
    plan, over = planned(100, 0.4), asyncio.Event()

    async def teller(message: Scheduled) -> Heard:
        await over.wait()
        return Heard(Outcome.ANSWERED)

    tally = tally_of(plan)
    sending = asyncio.create_task(send(plan, teller, [tally], in_flight_max=5))
    async with asyncio.timeout(30):
        while tally.due < len(plan):
            await asyncio.sleep(0.01)
    over.set()
    await sending
    assert tally.outcomes[Kind.QUESTION, Outcome.NOT_SENT, ""] == tally.errors == len(plan) - 5
    assert tally.accounted == len(plan)
    assert tally.in_flight_max == 5


@given(st.integers(0, 2**32), st.integers(1, 50))
@settings(max_examples=15)
def test_every_scheduled_message_ends_as_one_outcome(seed: int, in_flight_max: int) -> None:
    plan = planned(300, 0.1, DEFAULT, seed)
    ends = [Heard(outcome, "WHY") for outcome in Outcome if outcome is not Outcome.NOT_SENT]

    async def teller(message: Scheduled) -> Heard:
        await asyncio.sleep(0.001 * (message.number % 7))
        return ends[message.number % len(ends)]

    tally = tally_of(plan)
    asyncio.run(send(plan, teller, [tally], in_flight_max=in_flight_max))
    assert tally.accounted == tally.due == sum(window.due for window in tally.windows) == len(plan)
    assert tally.in_flight == 0
    by_kind = {kind: sum(count for (of, _, _), count in tally.outcomes.items() if of is kind) for kind in Kind}
    assert by_kind == plan.counts()


async def test_the_first_text_counts_from_when_the_message_was_due() -> None:
    plan = planned(50, 0.2)

    async def teller(message: Scheduled) -> Heard:
        await asyncio.sleep(0.05)
        first_text_at_s = time.monotonic()
        await asyncio.sleep(0.05)
        return Heard(Outcome.ANSWERED, first_text_at_s=first_text_at_s)

    tally = tally_of(plan)
    await send(plan, teller, [tally])
    assert tally.first_texts.get_total_count() == len(plan)
    assert 49 <= percentile_ms(tally.first_texts, 1) < percentile_ms(tally.answers, 1)
    assert percentile_ms(tally.answers, 1) >= 99

"""The open loop: each message goes out when it is due, whatever became of those before.

A sender that is behind sends at once what is overdue, and the wait counts from when the message was due. So a slow system, or a slow sender, cannot
make the load lighter or hide how long people waited (what is known as coordinated omission).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.load.plan import Plan, Scheduled
from tests.load.tally import Heard, Tally

IN_FLIGHT_MAX = 4_000
"""Messages whose answers are awaited at once: beyond it they are counted as not sent. Some 100 MB of the generator."""

type Teller = Callable[[Scheduled], Awaitable[Heard]]
type Clock = Callable[[], float]


async def send(plan: Plan, teller: Teller, tallies: Sequence[Tally], *, in_flight_max: int = IN_FLIGHT_MAX, clock: Clock = time.monotonic) -> float:
    """Send all of a plan and return, when the last one has ended, how many seconds that took.

    `teller` says one message and returns what was heard; it ends on its own within a limit, and raises nothing. Every tally counts everything.
    """
    began_s = clock()
    under_way: set[asyncio.Task[None]] = set()

    async def say(message: Scheduled) -> None:
        heard = await teller(message)
        if heard.first_text_at_s is not None:
            heard = Heard(heard.outcome, heard.reason, heard.first_text_at_s - began_s)
        for tally in tallies:
            tally.ended(message.kind, message.due_s, clock() - began_s, heard)

    for message in plan:
        # Even who is late lets the others go on: a turn of the loop for each message.
        await asyncio.sleep(max(0.0, began_s + message.due_s - clock()))
        if len(under_way) >= in_flight_max:
            for tally in tallies:
                tally.not_sent(message.kind, message.due_s)
            continue
        for tally in tallies:
            tally.sent(message.due_s, clock() - began_s)
        task = asyncio.create_task(say(message))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return clock() - began_s

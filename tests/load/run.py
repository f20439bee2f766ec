"""A run against a stack: warm up, measure what bounds it, send, measure again."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import grpc
import psutil

from tests.bench.turn import channel_to, echoes_per_second, jobs_drained
from tests.load.arrivals import Phase
from tests.load.capacity import turns_per_second
from tests.load.meters import Processes, Reading, Stored, count_statements, cpu_ms_per_turn, idle_rates, rates
from tests.load.mix import TURNS, Kind
from tests.load.people import Guilds
from tests.load.plan import Plan
from tests.load.profiles import STEP_GROWTH, Profile, Step, broken, half_of_peak, phases
from tests.load.progress import Progress
from tests.load.results import Findings
from tests.load.sender import send
from tests.load.settings import RATE_MAX, LoadSettings
from tests.load.tally import Outcome, Tally, percentile_ms
from tests.running_stack import Person, RunningStack

CHANNELS = 4
"""Connections to the gateway."""
WARM_UP_PEOPLE = 32
WARM_UP_ROUNDS = 3
ECHOES = 2_000
ECHO_ROUNDS = 3
ECHOES_IN_FLIGHT = 64
IDLE_S = 5.0
COUNTED_TURNS = 20
"""Turns of which the statements are counted."""
DRAINED_S = 600.0
"""Jobs that a load left behind are done by then."""
TOLD_FROM_S = 5.0
HALF_STEPS = 2.0
"""How many times as long as a step the half of the peak is measured."""
PEAK_OVER_S = 5.0
SAMPLES_MAX = 200
_NAME = "load"


@dataclass
class Run:
    """One run, under way."""

    stack: RunningStack
    settings: LoadSettings
    progress: Progress
    channels: Sequence[grpc.aio.Channel]
    processes: Processes
    found: Findings = field(default_factory=Findings)
    idle: dict[str, float] = field(default_factory=dict)
    _began_s: float = field(default_factory=time.monotonic)

    async def part(self, name: str, made_of: list[Phase]) -> tuple[Plan, Tally]:
        """Send what these phases schedule and wait for the last answer."""
        number = len(self.found.tallies)
        plan = Plan(made_of, self.settings.mix, self.settings.users, self.settings.seed + number)
        tally = Tally(plan.seconds, len(plan))
        self.found.tallies.append(tally)
        self.found.phases.append(made_of)
        self.found.scheduled += len(plan)
        guilds = Guilds(self.channels, plan, _NAME, number)
        sampling = asyncio.create_task(self._sample(max(1.0, self.settings.seconds / SAMPLES_MAX)))
        try:
            with self.progress.watching(name, tally, len(plan), plan.seconds):
                await send(plan, guilds.tell, [tally])
        finally:
            sampling.cancel()
        return plan, tally

    async def _sample(self, every_s: float) -> None:
        while True:
            self.found.resident_mb.append((time.monotonic() - self._began_s, self.processes.resident_mb()))
            await asyncio.sleep(every_s)

    async def costed_part(self, name: str, made_of: list[Phase]) -> Tally:
        """The same, with what a turn costs, the jobs that it causes included."""
        await self.drained()
        before, stored = Reading.take(self.processes), await Stored.take(self.stack)
        _, tally = await self.part(name, made_of)
        await self.drained()
        after = Reading.take(self.processes)
        self.found.written = (await Stored.take(self.stack)).per_turn(stored, tally.turns)
        self.found.cpu_ms_per_turn = cpu_ms_per_turn(before, after, self.idle, tally.turns)
        self.found.cores = rates(before, after)
        return tally

    async def drained(self) -> float:
        """Wait until no job is left and return how long that took, in seconds. Raises TimeoutError where they are not done in DRAINED_S."""
        began_s = time.monotonic()
        async with asyncio.timeout(DRAINED_S):
            await jobs_drained(self.stack)
        if (waited_s := time.monotonic() - began_s) > TOLD_FROM_S:
            self.progress.say(f"the jobs that this left were done {waited_s:.0f} s later")
        return waited_s

    async def steps(self) -> None:
        """Go up until a step breaks or the time is over, then measure at half of the best."""
        settings, rate_per_s = self.settings, self.settings.rate_per_s
        half_s = HALF_STEPS * settings.step_s
        # At least one step, however short the run is.
        until_s = time.monotonic() + max(settings.step_s / 2, settings.seconds - half_s)
        while self.found.why_broken is None and time.monotonic() < until_s and rate_per_s <= RATE_MAX:
            plan, tally = await self.part(f"step {rate_per_s:.1f}/s", [Phase(f"{rate_per_s:.1f}/s", rate_per_s, settings.step_s)])
            step = step_of(rate_per_s, plan, tally)
            self.found.why_broken = broken(step, self.found.steps, settings.bounds)
            self.progress.say(
                f"{rate_per_s:7.1f} messages/s: {step.turns_per_s:.1f} turns/s of {step.turns_offered_per_s:.1f}, p99 {step.p99_ms:,.0f} ms, "
                f"{step.errors_share:.2%} errors{f'. Broken: {self.found.why_broken}' if self.found.why_broken else ''}"
            )
            whole_s = plan.seconds + await self.drained()
            self.found.steps.append(replace(step, sustained_turns_per_s=tally.turns / whole_s))
            rate_per_s *= STEP_GROWTH
        self.found.peak_turns_per_s, half_rate = half_of_peak(self.found.steps)
        self.found.half = await self.costed_part("half of the peak", [Phase(f"half: {half_rate:.1f}/s", half_rate, half_s)])
        self.found.capacity_turns_per_s = turns_per_second(psutil.cpu_count() or 1, self.idle, self.found.cpu_ms_per_turn)

    async def profile(self) -> None:
        """Send what the profile says."""
        settings = self.settings
        if settings.profile is Profile.STEP:
            await self.steps()
            return
        tally = await self.costed_part(settings.profile, phases(settings.profile, settings.rate_per_s, settings.seconds))
        self.found.peak_turns_per_s = best_rate(tally, PEAK_OVER_S)


async def run(stack: RunningStack, echo_address: str, settings: LoadSettings, progress: Progress) -> Findings:
    """Do all of it. The generator shares the machine with what it measures."""
    async with AsyncExitStack() as opened:
        options = [("grpc.use_local_subchannel_pool", 1)]  # a connection each
        channels = [await opened.enter_async_context(grpc.aio.insecure_channel(stack.address("gateway"), options=options)) for _ in range(CHANNELS)]
        echo = await opened.enter_async_context(channel_to(echo_address))
        under_way = Run(stack, settings, progress, channels, Processes(stack))
        people = [Person(channels[number % CHANNELS], f"warm-{number}") for number in range(WARM_UP_PEOPLE)]
        progress.say(f"warming up with {WARM_UP_PEOPLE} people, then measuring a bare echo and the idle stack")
        for number in range(WARM_UP_ROUNDS):
            await asyncio.gather(*(person.ask(f"Good morning! What is there to know about the number {number}?") for person in people))
        await under_way.drained()
        echoes = await _echoes(echo)
        under_way.idle = await idle_rates(under_way.processes, IDLE_S)
        await under_way.profile()
        progress.say(f"counting the statements of {COUNTED_TURNS} turns")
        under_way.found.statements = await count_statements(stack, people[:COUNTED_TURNS], "What is there to know about the letter")
        echoes += await _echoes(echo)
        under_way.found.echoes_per_s = statistics.median(echoes)
        return under_way.found


async def _echoes(channel: grpc.aio.Channel) -> list[float]:
    return [await echoes_per_second(channel, ECHOES, ECHOES_IN_FLIGHT) for _ in range(ECHO_ROUNDS)]


def step_of(rate_per_s: float, plan: Plan, tally: Tally) -> Step:
    """What a step came to."""
    # Chatter that the assistant took as meant for it is work like any other.
    asked = sum(count for kind, count in plan.counts().items() if kind in TURNS)
    offered = asked + sum(count for (kind, outcome, _), count in tally.outcomes.items() if kind is Kind.CHATTER and outcome is not Outcome.IGNORED)
    return Step(
        rate_per_s=round(rate_per_s, 2),
        messages_per_s=len(plan) / plan.seconds,
        turns_offered_per_s=offered / plan.seconds,
        turns_per_s=tally.turns_in_time / plan.seconds,
        p99_ms=percentile_ms(tally.answers, 99),
        errors_share=tally.errors / max(1, len(plan)),
    )


def best_rate(tally: Tally, over_s: float) -> float:
    """The most answers a second over so many seconds, or over the whole run where it is shorter."""
    width = min(len(tally.windows), max(1, round(over_s / tally.window_s)))
    sums = [sum(window.turns for window in tally.windows[first : first + width]) for first in range(len(tally.windows) - width + 1)]
    return max(sums) / min(width * tally.window_s, tally.seconds)

"""One run: recipes are sent over several connections at once, answers are judged and learnt from."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import grpc

from tests.chaos.fuzz.calls import Call, Outcome, build, perform
from tests.chaos.fuzz.coverage import Covered
from tests.chaos.fuzz.judgement import is_internal, judged
from tests.chaos.fuzz.knowledge import Knowledge
from tests.chaos.fuzz.methods import all_methods
from tests.chaos.fuzz.recipes import Recipe
from tests.chaos.fuzz.secrets_kept import MARK, plant, told_to_others
from tests.running_stack import SERVICES, RunningStack

AT_ONCE = 24
CONNECTIONS = 4
_RENEWED_EVERY = 1_500
_PLANTED_EVERY = 500
_EXAMPLES_MAX = 3
_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_reconnect_backoff_ms", 200),
]

type Recipes = AsyncIterator[Sequence[Recipe]]


@dataclass
class Report:
    """What came of the requests. `problems` counts by RPC and what is wrong, `examples` shows the first ones."""

    requests: int = 0
    internal_errors: int = 0
    crossed: int = 0
    seconds: float = 0.0
    covered: list[Covered] = field(default_factory=lambda: [Covered() for _ in all_methods()])
    problems: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, call: Call, outcome: Outcome) -> None:
        """Judge an answer."""
        self.requests += 1
        self.covered[call.recipe.method].add(outcome)
        crossed = told_to_others(call, outcome)
        self.crossed += len(crossed)
        for problem in (*judged(call, outcome), *crossed):
            self.internal_errors += is_internal(problem)
            key = f"{call.method.path}: {problem}"
            self.problems[key] += 1
            examples = self.examples.setdefault(call.method.path, [])
            if len(examples) < _EXAMPLES_MAX:
                examples.append(f"{problem}\n    {str(call.message)[:600]!r} {str(call.recipe)[-300:]}")


class Fuzzer:
    """Sends requests to a stack. `seed` gives its people their names."""

    def __init__(self, stack: RunningStack, seed: int) -> None:
        self._knowledge = Knowledge(f"f{seed}", secret=MARK)
        self._random = random.Random(seed)
        self._addresses = {name: stack.address(name) for name in SERVICES}
        self._channels: dict[str, list[grpc.aio.Channel]] = {}
        self.report = Report()
        self._sent = 0
        self._methods = all_methods()

    async def run(self, recipes: Recipes, requests: int, *, at_once: int = AT_ONCE) -> Report:
        """Send so many requests, and return what came of them."""
        started_s = time.monotonic()
        queue: asyncio.Queue[Recipe | None] = asyncio.Queue(maxsize=4 * at_once)
        self._channels = {
            name: [grpc.aio.insecure_channel(address, options=_OPTIONS) for _ in range(CONNECTIONS)] for name, address in self._addresses.items()
        }
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(self._send_from(queue))
                await self._feed(queue, recipes, requests)
                for _ in range(at_once):
                    await queue.put(None)
        finally:
            await asyncio.gather(*(channel.close() for channels in self._channels.values() for channel in channels))
        self.report.seconds = time.monotonic() - started_s
        return self.report

    async def _feed(self, queue: "asyncio.Queue[Recipe | None]", recipes: Recipes, requests: int) -> None:
        async for batch in recipes:
            for recipe in batch:
                if self._sent >= requests:
                    return
                self._sent += 1
                await queue.put(recipe)
                if self._sent % _RENEWED_EVERY == 0:
                    self._knowledge.renew()
                if self._sent % _PLANTED_EVERY == 1:
                    await plant(self._channels["memory"][0], self._knowledge, self._sent // _PLANTED_EVERY)

    async def _send_from(self, queue: "asyncio.Queue[Recipe | None]") -> None:
        while (recipe := await queue.get()) is not None:
            method = self._methods[recipe.method]
            call = build(method, recipe, self._knowledge)
            outcome = await perform(call, self._random.choice(self._channels[method.process]))
            self.report.note(call, outcome)
            if outcome.code is grpc.StatusCode.OK and recipe.spoilt is None:
                self._knowledge.learn(call.message, outcome.responses[-1] if outcome.responses else None)

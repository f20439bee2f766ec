"""The stack that is fuzzed: its models and tiers, and what its processes are seen to do meanwhile."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.credit.pricing import load_price_list
from services.credit.reconcile import check_books
from services.local.addresses import free_port, free_port_base
from services.runtime.database import Database
from tests.chaos.fuzz.secrets_kept import mixed
from tests.chaos.soak.residence import TENTHS, by_tenth, growth_percent
from tests.chaos.soak.small_maps import SMALL_MAPS
from tests.fakes.discord_server import FakeDiscord
from tests.fakes.model_server import Answer, ModelServer
from tests.running_stack import SERVICES, RunningStack

ANSWER = ("One ", "short ", "answer.")
_SAMPLE_S = 1.0
_START_S = 300.0
_CONNECTED_S = 60.0
_HOW_USED = "usage_was_not_captured"
"""Usage of holds that were released before: that is how a fuzzer uses them, and no money is off."""


def models_text(base_url: str) -> str:
    """A models file with two models behind one address, and a tier for each way to charge."""
    models = "\n".join(
        f"""
[models.{name}.endpoint]
base_url = "{base_url}"
provider_model = "{name}"
context_window_tokens = 16000
max_completion_tokens = 400
capabilities = ["json_schema", "images"]
[models.{name}.price]
prompt_microcredits_per_million_tokens = {price}_000_000
cached_prompt_microcredits_per_million_tokens = {price}_000_00
completion_microcredits_per_million_tokens = {price}_000_000
image_microcredits = 7
"""
        for name, price in (("small", 1), ("large", 30))
    )
    return f"""
price_version = "fuzz-1"
default_tier = "free"
{models}
[tiers.free]
models = ["small", "large"]
allowance_microcredits = 1_000_000_000
grace_s = 0
[tiers.strict]
models = ["small"]
capture_policy = "strict"
grace_s = 0
[tiers.extend]
models = ["large"]
capture_policy = "extend"
overdraft_microcredits = 50_000
grace_s = 0
"""


def _environment(models_file: Path, discord: FakeDiscord) -> dict[str, str]:
    return {
        **SMALL_MAPS,
        "DISCORD_TOKEN": discord.token,
        "PARLOUR_DISCORD_API_URL": discord.api_url,
        "PARLOUR_DISCORD_GATEWAY_URL": discord.gateway_url,
        "PARLOUR_GATEWAY_DISCORD_IDENTIFY_INTERVAL_S": "0",
        "PARLOUR_MODELS_FILE": str(models_file),
        "PARLOUR_GATEWAY_POOLS": "true",
        "PARLOUR_GATEWAY_POOL_GRANT_MAX_CREDITS": "50",
        "PARLOUR_GATEWAY_TURN_S": "15",
        "PARLOUR_GATEWAY_ORPHAN_POLL_S": "0.5",
        "PARLOUR_GATEWAY_LEASE_TTL_S": "3",
    }


@dataclass
class Watch:
    """Looks at the processes once a second: how large they are, and whether they are still the same ones."""

    stack: RunningStack
    pids: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in SERVICES})
    crashes: list[str] = field(default_factory=list)

    async def forever(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_SAMPLE_S)

    def look(self) -> None:
        """Look once."""
        for name in SERVICES:
            try:
                process = self._process(name)
                self.sizes[name].append(process.memory_info().rss)
            except (psutil.Error, ProcessLookupError):
                self.pids.pop(name, None)
                self.crashes.append(f"{name} is gone")

    def _process(self, name: str) -> psutil.Process:
        if name in self.pids:
            return psutil.Process(self.pids[name])
        process = self.stack.process_of(name)
        self.pids[name] = process.pid
        return process

    def growth_percent(self) -> dict[str, float]:
        """By how much the last tenth of the time is above the tenth before, by service: what is taken once is taken long before."""
        return {name: round(growth_percent(by_tenth(_in_shares(sizes))), 2) for name, sizes in self.sizes.items() if len(sizes) >= TENTHS}


def _in_shares(sizes: list[int]) -> list[tuple[float, float]]:
    return [(position / len(sizes), size) for position, size in enumerate(sizes)]


@dataclass(frozen=True)
class Findings:
    """What is seen of a stack after it was fuzzed."""

    crashes: list[str]
    logged: list[str]
    books_off: list[str]
    prompts_mixed: int
    growth_percent: dict[str, float]

    def shown(self, most: int) -> list[str]:
        """Everything that is wrong, of each kind so much at most."""
        return [*self.crashes[:most], *self.logged[:most], *self.books_off[:most]]


@dataclass
class Fuzzed:
    """A running stack in a fake Discord, with a scripted model, and who watches it."""

    stack: RunningStack
    discord: FakeDiscord
    model: ModelServer
    models_file: Path
    watch: Watch
    logged_before: dict[str, int]

    async def findings(self) -> Findings:
        """Look at everything now."""
        self.watch.look()
        logged = list(bad_lines(self.stack, self.logged_before))
        mixed_up = sum(mixed(request.prompt) for request in self.model.requests)
        return Findings(self.watch.crashes, logged, await books_off(self.stack, self.models_file), mixed_up, self.watch.growth_percent())


@contextlib.asynccontextmanager
async def fuzzed_stack(folder: Path) -> AsyncIterator[Fuzzed]:
    """Start one in a folder, watch it, and stop it in the end."""
    models_file = folder / "models.toml"
    async with ModelServer(port=free_port(), default=Answer(deltas=ANSWER)) as model, FakeDiscord() as discord:
        models_file.write_text(models_text(model.base_url))
        stack = RunningStack(folder / "data", free_port_base(), _environment(models_file, discord))
        await asyncio.to_thread(stack.start, _START_S)
        watch = Watch(stack)
        watching = asyncio.create_task(watch.forever())
        try:
            await discord.wait_connected(timeout_s=_CONNECTED_S)
            yield Fuzzed(stack, discord, model, models_file, watch, read_logs(stack))
        finally:
            watching.cancel()
            await asyncio.to_thread(stack.stop)


def read_logs(stack: RunningStack) -> dict[str, int]:
    """Return how long the logs are by now."""
    return {name: len(stack.log(name)) for name in SERVICES}


def bad_lines(stack: RunningStack, since: dict[str, int]) -> Iterator[str]:
    """What the services logged since then with a traceback: what nobody expected. What was expected is one line."""
    for name in SERVICES:
        for line in stack.log(name)[since[name] :].splitlines():
            if (problem := _problem_of(line)) is not None:
                yield f"{name}: {problem}"


def _problem_of(line: str) -> str | None:
    try:
        said = json.loads(line)
    except ValueError:
        return line[:300] if "Traceback" in line or "never retrieved" in line or "never awaited" in line else None
    if not isinstance(said, dict):
        return None
    frames = said.get("error") or said.get("exception") or ""
    if frames or "Traceback" in line or said.get("reason") == "INTERNAL":
        return f"{said.get('event')} {said.get('method', '')} {said.get('reason', '')} {said.get('problem', '')} {str(frames)[-700:]}"
    return None


async def books_off(stack: RunningStack, models_file: Path) -> list[str]:
    """Return in what the books disagree with themselves."""
    database = Database(stack.database_url("credit"), pool_size=2, pool_wait_s=20, statement_timeout_s=120)
    try:
        found = await check_books(database, load_price_list(models_file))
    finally:
        await database.close()
    return [str(one) for one in found if one.kind != _HOW_USED]

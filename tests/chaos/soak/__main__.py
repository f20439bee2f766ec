"""`python -m tests.chaos.soak`: 50,000 people, each with something to say, and whether any service's resident set grows with them.

Everybody is new and speaks once: in one of several guilds or alone, to the assistant or past it; asks, has something remembered, or gives a command.
Under the settings of small_maps.py the maps that keep something by person, message or text are full within the first tenths of the run: what still
grows then is a leak. Prints tables and, as its last line, one JSON object of its figures. Ends with 1 where a service still grows.
"""

import argparse
import asyncio
import itertools
import json
import logging
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import grpc
from rich.console import Console
from rich.table import Table

from parlour.gateway.v1 import gateway_pb2
from services.local.addresses import Addresses, free_port, free_port_base
from tests.chaos.soak.residence import TENTHS, Residence
from tests.chaos.soak.small_maps import SMALL_MAPS
from tests.fakes.model_server import Answer, ModelServer
from tests.running_stack import SERVICES, Person, RunningStack

GROWTH_PERCENT_MAX = 2.0
SERVED_RATIO_MIN = 0.9
"""Of what was said; where less was served, little was driven through what is to be looked at."""
AT_ONCE = 24
GUILDS = 60
CHANNELS_PER_GUILD = 5
CALL_S = 60.0
SAMPLE_S = 1.0
TRIES = 5
ENVIRONMENT = {"PARLOUR_MODEL": "scripted", **SMALL_MAPS, "PARLOUR_LOG_LEVEL": "warning"}
_TOPICS = ("gardens", "trains", "bread", "tides", "chess", "maps", "clouds", "violins", "bees", "lighthouses")
_MAP = re.compile(r'^parlour_map_items\{map="([^"]+)"\} (\S+)$', re.MULTILINE)
_EVICTED = re.compile(r'^parlour_map_evictions_total\{cause="([^"]+)",map="([^"]+)"\} (\S+)$', re.MULTILINE)


@dataclass
class Soak:
    """A run."""

    people: int
    residence: Residence
    spoken: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    maps: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By service and map: items in it now, and how many were dropped."""
    seconds: float = 0.0

    @property
    def figures(self) -> dict[str, float]:
        grown = {name: self.residence.growth_percent(name) for name in SERVICES}
        return {
            "soak_growth_percent": round(max(grown.values()), 2),
            "soak_people": self.spoken,
            "soak_refused": self.failed,
            "soak_seconds": round(self.seconds),
            "soak_people_per_s": round(self.spoken / self.seconds, 1),
            **{f"soak_growth_percent_{name}": round(percent, 2) for name, percent in grown.items()},
            **{f"soak_{name}_mb": round(self.residence.by_tenth(name)[-1]) for name in SERVICES},
        }

    @property
    def failed(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome.startswith(("refused", "failed", "cut")))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop then, with as many people as have spoken; tenths are of the whole run")
    parser.add_argument("--keep", action="store_true", help="keep the stack's folder, with its logs")
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-soak-"))
    folder.chmod(0o755)
    try:
        soak = asyncio.run(_run(folder, arguments.people, arguments.minutes * 60))
    finally:
        if arguments.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    show(soak)
    served = soak.spoken - soak.failed >= SERVED_RATIO_MIN * soak.spoken
    return 0 if served and soak.figures["soak_growth_percent"] <= GROWTH_PERCENT_MAX else 1


async def _run(folder: Path, people: int, seconds_max: float) -> Soak:
    async with ModelServer(port=free_port(), default=Answer(deltas=("Certainly, ", "that ", "is so."))) as model:
        port_base = free_port_base()
        stack = RunningStack(folder / "data", port_base, {"OPENAI_BASE_URL": model.base_url, **ENVIRONMENT})
        await asyncio.to_thread(stack.start)
        try:
            async with grpc.aio.insecure_channel(stack.address("gateway")) as channel:
                soak = Soak(people, Residence({name: stack.process_of(name) for name in SERVICES}))
                await _talk_all(soak, channel, seconds_max)
            soak.maps = await _maps(Addresses(port_base))
            return soak
        finally:
            await asyncio.to_thread(stack.stop)


async def _talk_all(soak: Soak, channel: grpc.aio.Channel, seconds_max: float) -> None:
    """Let everybody speak, AT_ONCE at once, and sample meanwhile. Where the time is over first, what was done counts as all."""
    began_s = time.monotonic()
    left = itertools.count()

    async def talk() -> None:
        while (number := next(left)) < soak.people and time.monotonic() - began_s < seconds_max:
            soak.outcomes[await _speak(channel, number)] += 1
            soak.spoken += 1

    async def sample() -> None:
        while True:
            soak.residence.sample(soak.spoken)
            if len(soak.residence.samples) % 60 == 1:
                megabytes = ", ".join(f"{name} {value / 1e6:.0f}" for name, value in soak.residence.samples[-1].resident.items())
                print(f"{soak.spoken:,} people: {megabytes} MB", file=sys.stderr)
            await asyncio.sleep(SAMPLE_S)

    sampling = asyncio.create_task(sample())
    await asyncio.gather(*(talk() for _ in range(AT_ONCE)))
    sampling.cancel()
    soak.seconds = time.monotonic() - began_s
    soak.residence.as_shares_of(soak.spoken)


async def _speak(channel: grpc.aio.Channel, number: int) -> str:
    """One person says one thing; return what came of it."""
    dice = random.Random(number)
    guild_id = f"guild-{dice.randrange(GUILDS)}" if dice.random() < 0.75 else ""
    person = Person(channel, f"soak-{number}", guild_id)
    text, addressed = _said(dice, guild_id)
    message = person.message(text, f"soak-message-{number}")
    message.mentions_assistant = addressed
    if guild_id:
        message.channel_id = f"{guild_id}-{dice.randrange(CHANNELS_PER_GUILD)}"
    request = gateway_pb2.HandleMessageRequest(message=message)
    for _ in range(TRIES):
        try:
            events = [event async for event in person.stub.HandleMessage(request, timeout=CALL_S)]
        except grpc.aio.AioRpcError as error:
            outcome = f"failed {error.code().name}"
            await asyncio.sleep(0.5)
            continue
        last = events[-1]
        if last.WhichOneof("event") == "ignored":
            return "ignored"
        outcome = gateway_pb2.Final.Outcome.Name(last.final.outcome).removeprefix("OUTCOME_").lower()
        return f"{outcome} {last.final.reason}".strip()
    return outcome


def _said(dice: random.Random, guild_id: str) -> tuple[str, bool]:
    """Something to say, of a few thousand texts in all, and whether it is meant for the assistant."""
    topic, year = dice.choice(_TOPICS), 1900 + dice.randrange(120)
    share = dice.random()
    if guild_id and share < 0.2:
        return f"I read about {topic} in {year} yesterday.", False
    if share < 0.55:
        return f"What should I know about {topic} in the year {year}?", True
    if share < 0.75:
        return f"remember that I have liked {topic} since {year}", True
    return dice.choice(("how many credits do I have?", "what do you remember about me?", "help")), True


async def _maps(addresses: Addresses) -> dict[str, tuple[int, int]]:
    """What the services say of their maps."""
    found: dict[str, tuple[int, int]] = {}
    async with aiohttp.ClientSession() as session:
        for service in SERVICES:
            async with session.get(f"http://{addresses.metrics(service)}/metrics") as answer:
                text = await answer.text()
            dropped: Counter[str] = Counter()
            for _, name, count in _EVICTED.findall(text):
                dropped[name] += int(float(count))
            found |= {f"{service} {name}": (int(float(items)), dropped[name]) for name, items in _MAP.findall(text)}
    return found


def show(soak: Soak) -> None:
    """Print the tables and the figures."""
    _show_residence(soak)
    _show_maps(soak.maps)
    print("what became of it:", ", ".join(f"{outcome} {count:,}" for outcome, count in soak.outcomes.most_common()))
    print(json.dumps(soak.figures))


def _show_residence(soak: Soak) -> None:
    table = Table(
        "service", *(f"{tenth + 1}/{TENTHS}" for tenth in range(TENTHS)), "last", title=f"Resident, in MB, by tenths of {soak.spoken:,} people"
    )
    for name in SERVICES:
        medians = soak.residence.by_tenth(name)
        table.add_row(name, *(f"{median:.0f}" for median in medians), f"{soak.residence.growth_percent(name):+.2f} %")
    Console(width=150).print(table)


def _show_maps(maps: Mapping[str, tuple[int, int]]) -> None:
    table = Table("map", "items", "dropped", title="Maps at the end; one from which something was dropped for want of room is full")
    for name, (items, dropped) in sorted(maps.items()):
        table.add_row(name, f"{items:,}", f"{dropped:,}")
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())

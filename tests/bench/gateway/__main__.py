"""`make bench-gateway`: what Parlour adds to a turn when it knows 10,000 people, as a table and, as the last line, one JSON object."""

import asyncio
import json
import sys

from rich.console import Console
from rich.table import Table

from services.local.addresses import free_port
from tests.bench.gateway import turns
from tests.bench.gateway.filtering import filter_us
from tests.bench.gateway.known_people import MEMORIES, PEOPLE, REMEMBERED, known_people
from tests.bench.turn import channel_to, child, running_stack
from tests.running_stack import RunningStack

AT_MOST = {
    "turn_overhead_ms_p50": 30,
    "turn_overhead_ms_p99": 100,
    "turn_overhead_echo_ratio": 45,
    "first_text_overhead_ms_p50": 25,
    "filter_us_p50": 200,
}
AT_LEAST = {"turns_per_second_vs_echo": 1 / 130}


def main() -> int:
    model_port, echo_port, collector_port = free_port(), free_port(), free_port()
    with (
        child("tests.bench.peers", str(echo_port), str(collector_port), ready="ready"),
        child("tests.fakes.model_server", "--port", str(model_port), ready="/v1"),
        running_stack(model_port, collector_port) as stack,
    ):
        figures = asyncio.run(_measure(stack, echo_port, f"http://127.0.0.1:{model_port}/v1"))
    show(figures)
    print(json.dumps(figures))
    return 0 if all(_holds(name, value) for name, value in figures.items()) else 1


async def _measure(stack: RunningStack, echo_port: int, model_url: str) -> dict[str, float]:
    async with known_people(stack) as known:
        print(f"{PEOPLE:,} people are known, {REMEMBERED} of them with {MEMORIES} memories each", file=sys.stderr)
        async with channel_to(f"127.0.0.1:{echo_port}") as echo, channel_to(stack.address("gateway")) as gateway:
            measured = await turns.measure(stack, known, gateway=gateway, echo=echo, model_url=model_url)
    return {**measured, "filter_us_p50": round(await filter_us(), 1)}


def _holds(name: str, value: float) -> bool:
    return value <= AT_MOST.get(name, float("inf")) and value >= AT_LEAST.get(name, 0)


def show(figures: dict[str, float]) -> None:
    """Print the table."""
    table = Table("figure", "measured", "bound", title=f"A turn, model aside: {PEOPLE:,} known people, {turns.IN_FLIGHT} at once")
    for name, value in figures.items():
        bound = f"<= {AT_MOST[name]}" if name in AT_MOST else f">= {AT_LEAST[name]:.4f}" if name in AT_LEAST else ""
        table.add_row(name, f"{value:g}", f"{bound}{'' if _holds(name, value) else ', missed'}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())

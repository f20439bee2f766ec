"""`python -m tests.chaos.gateway`: two gateways on one Redis and in one Discord, both of which see every message, while they are paused and killed.

One is stopped (SIGSTOP) for longer than its leases last, the other one is killed (-9) and started again, by turns. Prints a table and, as its last
line, one JSON object of its figures. Ends with 1 where a message was not answered exactly once, in its person's order, and whole.
"""

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.local.addresses import free_port, free_port_base
from tests.chaos.gateway.crowd import ANSWER, Crowd, Verdict
from tests.chaos.gateway.disturbance import PATIENT, disturb
from tests.fakes.discord_server import FakeDiscord
from tests.fakes.model_server import Answer, ModelServer
from tests.gateway_process import gateways
from tests.running_stack import RunningStack

CONNECTED_WAIT_S = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.gateway", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--faults", type=int, default=4, help="how often one is paused or killed, by turns")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the model server's readers are killed in mid-stream
    folder = Path(tempfile.mkdtemp(prefix="parlour-chaos-gateway-"))
    folder.chmod(0o755)
    try:
        verdict, seconds = asyncio.run(_run(folder, arguments.messages, arguments.people, arguments.faults, arguments.seed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(verdict, seconds, arguments.faults)
    return 0 if verdict.sound else 1


async def _run(folder: Path, messages: int, people: int, faults: int, seed: int) -> tuple[Verdict, float]:
    async with ModelServer(port=free_port(), default=Answer(deltas=ANSWER, delta_delay_s=0.01)) as model, FakeDiscord() as discord:
        environment = {
            "OPENAI_BASE_URL": model.base_url,
            "PARLOUR_MODEL": "scripted",
            **PATIENT,
        }
        stack = RunningStack(folder / "data", free_port_base(), environment)
        await asyncio.to_thread(stack.start)
        try:
            async with gateways(stack, discord, folder, {}, {}) as pair:
                await discord.wait_connected(2, timeout_s=CONNECTED_WAIT_S)
                crowd = Crowd(discord, people=people, channels=10, seed=seed)
                started_s = time.monotonic()
                async with asyncio.TaskGroup() as group:
                    disturbing = group.create_task(disturb(crowd, pair, messages, faults))
                    await crowd.talk(messages)
                    seconds = time.monotonic() - started_s
                    await disturbing
                await crowd.quiet(3.0)
        finally:
            await asyncio.to_thread(stack.stop)
        return crowd.judge(), seconds


def show(verdict: Verdict, seconds: float, faults: int) -> None:
    """Print the table, examples of what is wrong, and the figures."""
    figures = {name: value for name, value in asdict(verdict).items() if name != "examples"}
    table = Table("what", "messages", title=f"Two gateways, one Discord, {faults} faults, {seconds:.0f} s")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    Console(width=100).print(table)
    for example in verdict.examples:
        print(example)
    print(json.dumps(figures | {"faults": faults, "seconds": round(seconds, 1), "messages_per_second": round(verdict.messages / seconds, 1)}))


if __name__ == "__main__":
    sys.exit(main())

"""`make test-dashboards`: asks every panel of every dashboard of a Prometheus that watches a stack while people talk to it.

Ends with 1 where Prometheus does not understand a query or a panel is empty. `--pictures FOLDER` draws the dashboards from the same answers.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import grpc

from observability.panels import DASHBOARDS
from services.local.addresses import METRICS_OFFSET
from tests.dashboards.answers import Answered, ask
from tests.dashboards.pictures import draw
from tests.dashboards.prometheus_server import PrometheusMissing, PrometheusServer, collecting
from tests.dashboards.talk import talk
from tests.e2e.discord_community import Community, running_community
from tests.fakes.model_server import Answer, ModelServer
from tests.running_stack import SERVICES, eventually

_SHOWN_S = 30.0
_GIVE_UP_S = 240.0
_AT_ONCE_S = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.dashboards", description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="how long people talk")
    parser.add_argument("--pictures", type=Path, help="a folder to draw the dashboards into")
    arguments = parser.parse_args()
    try:
        answers = asyncio.run(_answers(arguments.seconds))
    except PrometheusMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    if arguments.pictures is not None:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        for board, answered in zip(DASHBOARDS, answers, strict=True):
            draw(board, answered, arguments.pictures / f"{board.name}.png")
    empty = [(one.panel.title, expression) for answered in answers for one in answered for expression in one.empty]
    for title, expression in empty:
        print(f"{title} is empty: {expression}", file=sys.stderr)
    print(f"{sum(map(len, answers))} panels were asked, {len(empty)} of their queries had nothing to show.")
    return 1 if empty else 0


async def _answers(seconds: float) -> list[Sequence[Answered]]:
    async with running_community() as community:
        targets = {name: f"127.0.0.1:{community.stack.port_base + METRICS_OFFSET + number}" for number, name in enumerate(SERVICES)}
        async with ModelServer(port=community.model_port, default=Answer(deltas=("That ", "is ", "a good ", "question."))):
            with collecting(targets) as server:
                await eventually(server.is_ready, "Prometheus is ready")
                return await _watched(community, server, seconds)


async def _watched(community: Community, server: PrometheusServer, seconds: float) -> list[Sequence[Answered]]:
    """Let people talk for so long, and longer until no panel is empty: on a slow machine what a panel shows happens late."""
    began_s = time.time()
    async with grpc.aio.insecure_channel(community.stack.address("gateway")) as channel:
        while True:
            await talk(community, channel, _AT_ONCE_S)
            end_s = time.time()
            if end_s - began_s < seconds:
                continue
            answers = [await asyncio.to_thread(ask, server, board, start_s=end_s - min(seconds, _SHOWN_S), end_s=end_s) for board in DASHBOARDS]
            if end_s - began_s > _GIVE_UP_S or not any(one.empty for answered in answers for one in answered):
                return answers


if __name__ == "__main__":
    sys.exit(main())

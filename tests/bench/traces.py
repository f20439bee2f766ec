"""`make bench-traces`: many turns at once, each of which must be one whole trace of every hop, with an id in every log line that belongs to one.

Prints a table and, as the last line, one JSON object. Ends with 1 where a hop or an id is missing.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
from rich.console import Console
from rich.table import Table

from services.local.addresses import free_port, free_port_base
from tests.chaos.people import Told, question, tell
from tests.fakes.model_server import ModelServer
from tests.fakes.trace_collector import Seen, TraceCollector
from tests.running_stack import Person, RunningStack, eventually
from tests.traces import TURN, is_whole, lines_without_trace, linked_by_batches, missing_hops

AT_ONCE = 10
TURNS_EACH = 20
"""Nobody's credits are used up by so many."""
ARRIVED_WAIT_S = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.traces", description=__doc__)
    parser.add_argument("--turns", type=int, default=1_000, help=f"a multiple of {TURNS_EACH} (default: %(default)s)")
    turns = parser.parse_args().turns // TURNS_EACH * TURNS_EACH
    missing, without, spans = asyncio.run(_run(turns))
    table = Table("hop", "turns that lack it", title=f"{turns:,} turns, {spans:,} spans")
    for hop, count in Counter(hop for hops in missing.values() for hop in hops).most_common():
        table.add_row(hop, str(count))
    Console().print(table)
    for line in without[:5]:
        print(line)
    complete = sum(not hops for hops in missing.values()) / turns
    figures = {"trace_turns": len(missing), "trace_hops_complete": round(complete, 4), "trace_spans_per_turn": round(spans / turns, 1)}
    print(json.dumps(figures | {"log_lines_without_trace": len(without)}))
    return int(complete < 1 or bool(without))


async def _run(turns: int) -> tuple[Mapping[str, Sequence[str]], Sequence[str], int]:
    """Have people talk; return what each turn's trace lacks, the log lines without an id, and the number of spans."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-bench-traces-"))
    folder.chmod(0o755)
    async with ModelServer(port=free_port()) as model, TraceCollector(free_port()) as collector:
        environment = {
            "OPENAI_BASE_URL": model.base_url,
            "PARLOUR_MODEL": "scripted",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        stack = RunningStack(folder / "data", free_port_base(), environment)
        await asyncio.to_thread(stack.start, 180)
        try:
            async with grpc.aio.insecure_channel(stack.address("gateway")) as channel:
                places = asyncio.Semaphore(AT_ONCE)
                said = await asyncio.gather(*(_talk(Person(channel), places) for _ in range(turns // TURNS_EACH)))
            unanswered = [one.outcome for person in said for one in person if not one.answered]
            assert not unanswered, f"turns were not answered: {unanswered[:5]}"
            await eventually(lambda: _all_arrived(collector, turns), "every turn's trace has arrived", ARRIVED_WAIT_S)
        finally:
            await asyncio.to_thread(stack.stop)
        traces, linked = _by_trace(collector), linked_by_batches(collector.spans)
        missing = {trace_id: missing_hops(spans, linked) for trace_id, spans in traces.items() if _is_turn(spans)}
        without = lines_without_trace(stack)
    shutil.rmtree(folder, ignore_errors=True)
    return missing, without, sum(len(traces[trace_id]) for trace_id in missing)


async def _talk(person: Person, places: asyncio.Semaphore) -> list[Told]:
    async with places:
        return [await tell(person, question()) for _ in range(TURNS_EACH)]


def _all_arrived(collector: TraceCollector, turns: int) -> bool:
    whole = [spans for spans in _by_trace(collector).values() if _is_turn(spans) and is_whole(spans)]
    return len(whole) >= turns


def _is_turn(spans: Sequence[Seen]) -> bool:
    return any(span.name == TURN and span.service == "parlour-gateway" for span in spans)


def _by_trace(collector: TraceCollector) -> Mapping[str, Sequence[Seen]]:
    traces: defaultdict[str, list[Seen]] = defaultdict(list)
    for span in collector.spans:
        traces[span.trace_id].append(span)
    return traces


if __name__ == "__main__":
    sys.exit(main())

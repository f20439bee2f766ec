"""`python -m tests.chaos.fuzz`: hostile requests to every RPC of the running stack, and hostile events to its bot.

Prints a table and, as its last line, one JSON object of its figures. Ends with 1 where anything broke, was told, grew or is off.
"""

import argparse
import asyncio
import json
import logging
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.chaos.fuzz.ahead import made_ahead
from tests.chaos.fuzz.coverage import table, uncovered
from tests.chaos.fuzz.discord_run import EventFuzzer, EventReport
from tests.chaos.fuzz.fuzzed_stack import Findings, Fuzzed, fuzzed_stack
from tests.chaos.fuzz.methods import all_methods
from tests.chaos.fuzz.run import Fuzzer, Report
from tests.running_stack import OURS

LEAST = 20
"""So many requests of each RPC must be accepted, and refused."""
GROWTH_PERCENT_MAX = 2.0
_SHOWN_MAX = 40
_NONE_OF = ("internal_errors", "problems", "crashes", "logged_errors", "books_off", "secrets_told", "discord_reconnects", "discord_unanswered")


@dataclass
class Outcomes:
    """What a whole run came to."""

    requests: Report
    events: EventReport
    findings: Findings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5_000, help="of Discord, about")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the model server's readers go away in mid-stream
    folder = Path(tempfile.mkdtemp(prefix="parlour-fuzz-"))
    folder.chmod(0o755)
    try:
        return show(asyncio.run(_run(folder, arguments.requests, arguments.events, arguments.seed)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(folder: Path, requests: int, events: int, seed: int) -> Outcomes:
    async with fuzzed_stack(folder) as fuzzed:
        # Events first: what their work takes once is not taken for growth then.
        event_report = await _events(fuzzed, seed, events)
        request_report = await Fuzzer(fuzzed.stack, seed).run(made_ahead(seed), requests)
        return Outcomes(request_report, event_report, await fuzzed.findings())


async def _events(fuzzed: Fuzzed, seed: int, events: int) -> EventReport:
    return await EventFuzzer(fuzzed.discord).run(seed, events) if events else EventReport()


def show(outcomes: Outcomes) -> int:
    """Print everything; return 1 where a bound is broken."""
    report, findings, methods = outcomes.requests, outcomes.findings, all_methods()
    Console(width=max(170, Console().width)).print(table(methods, report.covered))
    missing = uncovered(methods, report.covered, LEAST)
    for problem in (*missing, *findings.shown(_SHOWN_MAX), *outcomes.events.unanswered):
        print(problem)
    for problem, number in report.problems.most_common(_SHOWN_MAX):
        print(f"{number:6,} {problem}")
    for path, examples in report.examples.items():
        print(path, *examples, sep="\n  ")
    figures = _figures(outcomes, len(methods), len({one.partition(":")[0] for one in missing}))
    print(json.dumps(figures))
    wrong = [name for name in _NONE_OF if figures[f"fuzz_{name}"]]
    return 1 if wrong or missing or not outcomes.events.sound or figures["fuzz_growth_percent"] > GROWTH_PERCENT_MAX else 0


def _figures(outcomes: Outcomes, methods: int, methods_missing: int) -> dict[str, Any]:
    report, events, findings = outcomes.requests, outcomes.events, outcomes.findings
    return {
        "fuzz_requests": report.requests,
        "fuzz_seconds": round(report.seconds, 1),
        "fuzz_internal_errors": report.internal_errors,
        "fuzz_problems": report.problems.total(),
        "fuzz_crashes": len(findings.crashes),
        "fuzz_logged_errors": len(findings.logged),
        "fuzz_books_off": len(findings.books_off),
        "fuzz_secrets_told": report.crossed + findings.prompts_mixed,
        "fuzz_growth_percent": max(findings.growth_percent.values(), default=0.0),
        "fuzz_growth_percent_by_service": findings.growth_percent,
        "fuzz_methods": methods,
        "fuzz_methods_covered": methods - methods_missing,
        "fuzz_discord_events": events.events,
        "fuzz_discord_reconnects": events.reconnects,
        "fuzz_discord_frames": events.frames,
        "fuzz_discord_frame_reconnects": events.frame_reconnects,
        "fuzz_discord_unanswered": len(events.unanswered),
    }


if __name__ == "__main__":
    sys.exit(main())

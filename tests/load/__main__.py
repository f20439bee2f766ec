"""`make load`: guilds and people against four real services, in an open loop; and `python -m tests.load compare A B`: what changed between two runs.

The model is scripted; it and this generator share the machine's cores with the stack. Writes results.json and pictures into a folder, prints tables
and, as the last line, one JSON object of the figures. Ends with 1 where a message was lost, or where the generator did not send all that was due.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.local.addresses import free_port
from tests.bench.turn import child, running_stack
from tests.load import mix, results
from tests.load.comparison import changes, differences
from tests.load.profiles import Bounds, Profile
from tests.load.progress import Progress
from tests.load.results import Findings
from tests.load.run import run
from tests.load.settings import LoadSettings
from tests.load.tally import Outcome, percentile_ms

# A few people stand for many: what is looked at is how much there is to do, not how fast one of them talks.
ENVIRONMENT = {"PARLOUR_GATEWAY_RATE_USER_PER_MINUTE": "0", "PARLOUR_GATEWAY_RATE_GUILD_PER_MINUTE": "0"}
WIDTH = 110


def main(told: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="a run")
    running.add_argument("--users", type=int, default=1_000, help="people, 50 to a guild")
    running.add_argument("--rate", type=float, default=10.0, help="messages a second, of all kinds; of the first step in the profile step")
    running.add_argument("--minutes", type=float, default=2.0)
    running.add_argument("--mix", default=mix.DEFAULT, help=f"shares, such as {mix.DEFAULT}")
    running.add_argument("--profile", choices=[str(one) for one in Profile], default=str(Profile.STEADY))
    running.add_argument("--seed", type=int, default=1)
    running.add_argument("--step-seconds", type=float, default=15.0)
    running.add_argument("--p99-ms-max", type=float, default=Bounds.p99_ms_max, help="a step with a higher one is broken")
    running.add_argument("--errors-share-max", type=float, default=Bounds.errors_share_max, help="a step with a larger one is broken")
    running.add_argument("--model-first-s", type=float, default=0.0, help="how long the scripted model thinks")
    running.add_argument("--model-delta-s", type=float, default=0.0, help="between two of its twenty deltas")
    running.add_argument("--out", type=Path, default=None, help="the folder for what a run leaves; out/load-<time> where none is given")
    comparing = commands.add_parser("compare", help="what changed between two runs")
    comparing.add_argument("before", type=Path, help="a results file, or its folder")
    comparing.add_argument("after", type=Path)
    arguments = parser.parse_args(told)
    try:
        return _compare(arguments) if arguments.command == "compare" else _run(_settings(arguments))
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("stopped before the end: nothing was written", file=sys.stderr)
        return 130


def _settings(arguments: argparse.Namespace) -> LoadSettings:
    return LoadSettings(
        users=arguments.users,
        rate_per_s=arguments.rate,
        minutes=arguments.minutes,
        mix=mix.parse_mix(arguments.mix),
        profile=Profile(arguments.profile),
        seed=arguments.seed,
        step_s=min(arguments.step_seconds, arguments.minutes * 60),
        out=arguments.out or Path("out") / time.strftime("load-%Y%m%d-%H%M%S"),
        model_first_s=arguments.model_first_s,
        model_delta_s=arguments.model_delta_s,
        bounds=Bounds(p99_ms_max=arguments.p99_ms_max, errors_share_max=arguments.errors_share_max),
    )


def _run(settings: LoadSettings) -> int:
    from tests.load import plots  # it takes a second that a comparison or a wrong argument need not wait for

    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    settings.out.mkdir(parents=True, exist_ok=True)
    progress, began_at_s, measured_on = Progress(), time.time(), results.machine()
    model_port, echo_port, collector_port = free_port(), free_port(), free_port()
    delays = ("--first-delay-s", str(settings.model_first_s), "--delta-delay-s", str(settings.model_delta_s))
    with (
        child("tests.bench.peers", str(echo_port), str(collector_port), ready="ready"),
        child("tests.fakes.model_server", "--port", str(model_port), *delays, ready="/v1"),
        running_stack(model_port, collector_port, **ENVIRONMENT) as stack,
    ):
        found = asyncio.run(run(stack, f"127.0.0.1:{echo_port}", settings, progress))
    results.write(settings.out, results.document(found, settings, measured_on, began_at_s))
    pictures = plots.draw(found, settings.out, title_of(settings, measured_on))
    show(found)
    print(f"written: {settings.out / results.FILE}, {', '.join(picture.name for picture in pictures)}")
    print(json.dumps(results.figures_of(found)))
    return 1 if found.lost or any(what.startswith(Outcome.NOT_SENT) for what in results.errors_of(found)) else 0


def title_of(settings: LoadSettings, measured_on: dict[str, Any]) -> str:
    """What a picture is of."""
    rate = f"from {settings.rate_per_s:g}/s up" if settings.profile is Profile.STEP else f"{settings.rate_per_s:g} messages/s"
    return f"{settings.profile}: {settings.users:,} people, {rate}, on {measured_on['cores']} shared cores"


def show(found: Findings) -> None:
    """Print the tables."""
    console = Console(width=WIDTH)
    if found.steps:
        steps = Table("messages/s", "turns/s offered", "turns/s answered", "with their jobs", "p99", "errors", title="Steps")
        for step in found.steps:
            steps.add_row(
                f"{step.rate_per_s:.1f}",
                f"{step.turns_offered_per_s:.1f}",
                f"{step.turns_per_s:.1f}",
                f"{step.sustained_turns_per_s:.1f}",
                f"{step.p99_ms:,.0f} ms",
                f"{step.errors_share:.2%}",
            )
        console.print(steps)
        console.print(f"broken: {found.why_broken}" if found.why_broken else "no step broke in this time", highlight=False)
    became = Table("kind", "what became of it", "messages", title=f"{found.scheduled:,} messages, {found.lost} lost")
    for (kind, outcome, reason), count in results.outcomes_of(found).items():
        became.add_row(kind, f"{outcome} {reason}".strip(), f"{count:,}")
    console.print(became)
    errors = results.errors_of(found)
    wrong = Table("error", "messages", title="Errors" if errors else "No errors")
    for what, count in errors.items():
        wrong.add_row(what, f"{count:,}")
    if errors:
        console.print(wrong)
    times = Table("from when it was due", "messages", *(f"p{at:g}" for at in results.PERCENTILES), "longest", title="How long it took, in ms")
    kinds = {"answer, whole": [tally.answers for tally in found.tallies], "answer, first text": [tally.first_texts for tally in found.tallies]}
    kinds |= {str(outcome): [tally.others[outcome] for tally in found.tallies] for outcome in found.tallies[0].others}
    kinds["handed over late by"] = [tally.late for tally in found.tallies]
    for name, parts in kinds.items():
        whole = results.merged(parts)
        times.add_row(name, f"{whole.get_total_count():,}", *(f"{percentile_ms(whole, at):,.1f}" for at in (*results.PERCENTILES, 100)))
    console.print(times)
    _show_costs(found, console)


def _show_costs(found: Findings, console: Console) -> None:
    costs = Table("part", "CPU, ms a turn", "cores busy", "statements until answered", "with jobs", "of the job queue", title="What a turn costs")
    for name, taken_ms in found.cpu_ms_per_turn.items():
        row = [f"{taken_ms:.2f}", f"{found.cores[name]:.2f}"]
        if found.statements is not None and name in found.statements.in_all:
            counted = found.statements
            row += [f"{each[name]:g}" for each in (counted.until_answered, counted.in_all, counted.of_the_job_queue)]
        costs.add_row(name, *row)
    console.print(costs)


def _compare(arguments: argparse.Namespace) -> int:
    before, after = results.read(arguments.before), results.read(arguments.after)
    for difference in differences(before, after):
        print(f"not measured alike: {difference}")
    table = Table("figure", "before", "after", "change", "", title=f"{before['began']} and {after['began']}")
    for change in changes(before, after):
        if change.before == change.after == 0:
            continue
        cells = ["" if value is None else f"{value:,g}" for value in (change.before, change.after)]
        table.add_row(change.name.replace("_", " "), *cells, f"{change.ratio - 1:+.0%}" if change.ratio is not None else "", change.verdict)
    Console(width=WIDTH).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

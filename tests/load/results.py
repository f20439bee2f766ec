"""What a run found: its figures, what they were measured with, and the file that keeps both."""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from hdrh.histogram import HdrHistogram

from tests.load.arrivals import Phase
from tests.load.capacity import error
from tests.load.meters import Statements, WrittenPerTurn
from tests.load.profiles import Step
from tests.load.settings import LoadSettings
from tests.load.tally import Tally, error_counts, percentile_ms

FORMAT = 1
FILE = "results.json"
_FILE_BYTES_MAX = 20_000_000
PERCENTILES = (50.0, 90.0, 99.0, 99.9)

type Figures = dict[str, float | dict[str, float] | dict[str, int]]


@dataclass
class Findings:
    """All that was measured."""

    tallies: list[Tally] = field(default_factory=list)
    """Of each part of the run: one, or one of each step and then that of half of the peak."""
    phases: list[list[Phase]] = field(default_factory=list)
    scheduled: int = 0
    steps: list[Step] = field(default_factory=list)
    why_broken: str | None = None
    peak_turns_per_s: float = 0.0
    half: Tally | None = None
    echoes_per_s: float = 0.0
    cpu_ms_per_turn: dict[str, float] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)
    """That each part kept busy while the cost of a turn was measured."""
    capacity_turns_per_s: float = 0.0
    """What the model of tests.load.capacity makes of that cost; of steps alone."""
    written: WrittenPerTurn | None = None
    statements: Statements | None = None
    resident_mb: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    """Memory by part, at seconds of the run."""

    @property
    def lost(self) -> int:
        """Messages that were scheduled and of which nobody knows what became."""
        return self.scheduled - sum(tally.accounted for tally in self.tallies)


def figures_of(found: Findings) -> Figures:
    """The last line of a run. Percentiles are of what the model was asked, from the moment that a message was due."""
    answers = merged([tally.answers for tally in found.tallies])
    first = merged([tally.first_texts for tally in found.tallies])
    late = merged([tally.late for tally in found.tallies])
    measured: Figures = {
        "turns_per_second_peak": round(found.peak_turns_per_s, 2),
        "turns_per_second_vs_echo": round(found.peak_turns_per_s / found.echoes_per_s, 5) if found.echoes_per_s else 0.0,
        "echoes_per_second": round(found.echoes_per_s, 1),
    }
    if found.half is not None:
        measured["p99_ms"] = round(percentile_ms(found.half.answers, 99), 1)
        measured["p50_ms"] = round(percentile_ms(found.half.answers, 50), 1)
        sustained_per_s = max((step.sustained_turns_per_s for step in found.steps), default=0.0)
        measured["turns_per_second_sustained"] = round(sustained_per_s, 2)
        measured["capacity_turns_per_second"] = round(found.capacity_turns_per_s, 2)
        measured["capacity_model_error"] = round(error(found.capacity_turns_per_s, sustained_per_s), 3)
    overall = {f"p{at:g}": round(percentile_ms(answers, at), 1) for at in PERCENTILES} | {"longest": round(percentile_ms(answers, 100), 1)}
    measured |= {
        "overall_ms": overall,
        "first_text_ms_p50": round(percentile_ms(first, 50), 1),
        "generator_late_ms_p99": round(percentile_ms(late, 99), 1),
        "in_flight_max": max((tally.in_flight_max for tally in found.tallies), default=0),
        "messages": found.scheduled,
        "turns": sum(tally.turns for tally in found.tallies),
        "lost": found.lost,
        "errors": sum(tally.errors for tally in found.tallies),
        "error_counts": errors_of(found),
        "cpu_ms_per_turn": found.cpu_ms_per_turn,
        "cores_busy": {name: round(value, 3) for name, value in found.cores.items()},
    }
    if found.written is not None:
        measured["rows_per_turn"] = found.written.rows
        measured["stored_kb_per_turn"] = found.written.kilobytes
        measured["wal_kb_per_turn"] = found.written.log_kilobytes
    if found.statements is not None:
        measured["queries_per_turn"] = found.statements.until_answered
        measured["queries_per_turn_with_jobs"] = found.statements.in_all
        measured["job_queue_queries_per_turn"] = found.statements.of_the_job_queue
    if len(found.resident_mb) > 1:
        first_mb, last_mb = found.resident_mb[0][1], found.resident_mb[-1][1]
        measured["resident_mb_grown"] = {name: round(last_mb[name] - first_mb[name], 1) for name in last_mb}
    return measured


def errors_of(found: Findings) -> dict[str, int]:
    """What went wrong in the whole run."""
    total: dict[str, int] = {}
    for tally in found.tallies:
        for what, count in error_counts(tally.outcomes).items():
            total[what] = total.get(what, 0) + count
    return dict(sorted(total.items(), key=lambda one: -one[1]))


def outcomes_of(found: Findings) -> dict[tuple[str, str, str], int]:
    """How many messages of each kind ended in which way, with the reason."""
    total: dict[tuple[str, str, str], int] = {}
    for tally in found.tallies:
        for (kind, outcome, reason), count in tally.outcomes.items():
            total[kind, outcome, reason] = total.get((kind, outcome, reason), 0) + count
    return dict(sorted(total.items()))


def merged(histograms: Sequence[HdrHistogram]) -> HdrHistogram:
    """All of them as one."""
    whole = HdrHistogram(1, histograms[0].highest_trackable_value, histograms[0].significant_figures)
    for one in histograms:
        whole.add(one)
    return whole


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average_before": [round(value, 2) for value in psutil.getloadavg()],
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def document(found: Findings, settings: LoadSettings, measured_on: Mapping[str, Any], began_at_s: float) -> dict[str, Any]:
    """The results file as values. `began_at_s`: seconds since 1970."""
    answers = merged([tally.answers for tally in found.tallies])
    return {
        "format": FORMAT,
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began_at_s)),
        "machine": dict(measured_on),
        "settings": {
            "users": settings.users,
            "rate_per_s": settings.rate_per_s,
            "minutes": settings.minutes,
            "mix": str(settings.mix),
            "profile": str(settings.profile),
            "seed": settings.seed,
            "step_s": settings.step_s,
            "model_first_s": settings.model_first_s,
            "model_delta_s": settings.model_delta_s,
            "bounds": asdict(settings.bounds),
        },
        "figures": figures_of(found),
        "steps": [asdict(step) for step in found.steps],
        "why_broken": found.why_broken,
        "outcomes": [
            {"kind": kind, "outcome": outcome, "reason": reason, "count": count} for (kind, outcome, reason), count in outcomes_of(found).items()
        ],
        "windows": [window for part, tally in enumerate(found.tallies) for window in _windows(part, tally)],
        "resident_mb": [{"at_s": round(at_s, 1), **{name: round(value, 1) for name, value in taken.items()}} for at_s, taken in found.resident_mb],
        "answers_hdr": answers.encode().decode(),
    }


def _windows(part: int, tally: Tally) -> list[dict[str, float]]:
    return [
        {
            "part": part,
            "at_s": round(number * tally.window_s, 3),
            "due_per_s": round(window.due / tally.window_s, 2),
            "asked_per_s": round(window.asked / tally.window_s, 2),
            "turns_per_s": round(window.turns / tally.window_s, 2),
            "errors": window.errors,
            "in_flight": window.in_flight,
            **{f"p{at:g}_ms": round(percentile_ms(window.answers, at), 1) for at in PERCENTILES},
        }
        for number, window in enumerate(tally.windows)
    ]


def write(folder: Path, made: Mapping[str, Any]) -> Path:
    """Write the results file and return where it is."""
    path = folder / FILE
    path.write_text(json.dumps(made, indent=1) + "\n")
    return path


def read(path: Path) -> dict[str, Any]:
    """Read a results file, or the one in a folder. Raises ValueError with a sentence where it is none."""
    file = path / FILE if path.is_dir() else path
    try:
        if file.stat().st_size > _FILE_BYTES_MAX:
            raise ValueError(f"{file} is too large for a results file")
        made = json.loads(file.read_text())
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file} is no results file: {error}") from error
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise ValueError(f"{file} is no results file of this version")
    return made

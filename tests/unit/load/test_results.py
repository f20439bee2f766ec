"""What a run leaves behind, and what changed between two."""

from pathlib import Path
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram

from tests.load.__main__ import main
from tests.load.arrivals import Phase
from tests.load.comparison import Change, changes, differences
from tests.load.meters import Reading, Statements, cpu_ms_per_turn, statements_of
from tests.load.mix import DEFAULT, Kind, parse_mix
from tests.load.plots import draw
from tests.load.profiles import Profile
from tests.load.results import FILE, Findings, document, figures_of, read, write
from tests.load.run import best_rate
from tests.load.settings import LoadSettings
from tests.load.tally import Heard, Outcome, Tally, percentile_ms


def settings(**changed: Any) -> LoadSettings:
    told: dict[str, Any] = {
        "users": 100,
        "rate_per_s": 10.0,
        "minutes": 1.0,
        "mix": parse_mix(DEFAULT),
        "profile": Profile.STEADY,
        "seed": 1,
        "step_s": 10.0,
        "out": Path("out"),
    }
    return LoadSettings(**told | changed)


def tally(waited_s: float = 0.1, messages: int = 200) -> Tally:
    made = Tally(20, messages)
    for number in range(messages):
        due_s = 20 * number / messages
        made.sent(due_s, due_s)
        outcome = Outcome.REFUSED if number % 10 == 0 else Outcome.ANSWERED
        made.ended(Kind.QUESTION, due_s, due_s + waited_s * (1 + number % 5), Heard(outcome, "OVERLOADED" if number % 10 == 0 else ""))
    return made


def findings(waited_s: float = 0.1) -> Findings:
    return Findings(
        tallies=[tally(waited_s)],
        phases=[[Phase("steady", 10, 20)]],
        scheduled=200,
        peak_turns_per_s=9.0,
        echoes_per_s=900.0,
        cpu_ms_per_turn={"gateway": 5.0},
        cores={"gateway": 0.5},
        statements=Statements({"credit": 2.0}, {"credit": 3.0}, {"credit": 0.1}),
        resident_mb=[(0.0, {"gateway": 100.0}), (10.0, {"gateway": 101.5})],
    )


def made(waited_s: float = 0.1, **changed: Any) -> dict[str, Any]:
    return document(findings(waited_s), settings(**changed), {"cores": 2}, 0.0)


def test_figures_are_those_of_the_tally() -> None:
    figures = figures_of(findings())
    assert figures["turns_per_second_vs_echo"] == 0.01
    assert (figures["messages"], figures["turns"], figures["errors"], figures["lost"]) == (200, 180, 20, 0)
    assert figures["error_counts"] == {"refused OVERLOADED": 20}
    assert figures["queries_per_turn"] == {"credit": 2.0}
    assert figures["resident_mb_grown"] == {"gateway": 1.5}
    assert "p99_ms" not in figures  # it is that of half of the peak, which only steps look for


def test_p99_is_that_of_half_of_the_peak() -> None:
    found = findings()
    found.half = tally(1.0)
    assert figures_of(found)["p99_ms"] == round(percentile_ms(found.half.answers, 99), 1)


def test_a_message_of_which_nobody_knows_is_lost() -> None:
    found = findings()
    found.scheduled += 1
    assert figures_of(found)["lost"] == 1


def test_a_results_file_reads_back_with_its_whole_histogram(tmp_path: Path) -> None:
    before = made()
    write(tmp_path, before)
    assert read(tmp_path) == read(tmp_path / FILE) == before
    answers = HdrHistogram.decode(before["answers_hdr"])
    assert answers.get_total_count() == 180


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("{", "is no results file"), ("[]", "of this version"), ('{"format": 99}', "of this version")]
)
def test_what_is_no_results_file_is_said_to_be_none(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content)
    with pytest.raises(ValueError, match=said):
        read(tmp_path)


def test_slower_answers_are_worse_and_what_is_alike_is_the_same() -> None:
    compared = {change.name: change.verdict for change in changes(made(), made(0.2))}
    assert compared["overall_ms p99"] == "worse"
    assert compared["turns_per_second_peak"] == "same"
    assert {change.verdict for change in changes(made(), made())} == {"same"}


def test_more_turns_are_better_more_errors_worse_and_more_messages_neither() -> None:
    assert Change("turns_per_second_peak", 10, 12).verdict == "better"
    assert Change("errors", 10, 12).verdict == "worse"
    assert Change("errors", 0, 1).verdict == "worse"
    assert Change("messages", 10, 12).verdict == "other"
    assert Change("cpu_ms_per_turn gateway", 10, 12).verdict == "worse"
    assert Change("cpu_ms_per_turn generator", 10, 12).verdict == "other"  # it is not the product
    assert Change("p99_ms", 10, None).verdict == "only in one"


def test_a_large_share_of_almost_nothing_is_no_change() -> None:
    assert Change("queries_per_turn credit", 0.1, 0.2).verdict == "same"
    assert Change("resident_mb_grown credit", -2, 3).verdict == "same"
    assert Change("resident_mb_grown credit", 2, 30).verdict == "worse"


def test_an_error_that_only_one_run_saw_happened_0_times_in_the_other() -> None:
    before, after = made(), made()
    after["figures"]["error_counts"] = {}
    assert {change.name: change.after for change in changes(before, after)}["error_counts refused OVERLOADED"] == 0


def test_two_runs_that_were_not_measured_alike_are_told_apart() -> None:
    assert differences(made(), made()) == []
    assert differences(made(), made(seed=2, users=200)) == ["settings users: 100 and 200", "settings seed: 1 and 2"]


def test_the_pictures_are_pictures(tmp_path: Path) -> None:
    drawn = draw(findings(), tmp_path, "title")
    assert len(drawn) == 3
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)


def test_the_peak_is_the_best_of_five_seconds() -> None:
    spike = Tally(20, 400)
    for number in range(50):
        spike.sent(10, 10)
        spike.ended(Kind.QUESTION, 10, 10 + number / 10, Heard(Outcome.ANSWERED))
    assert best_rate(spike, 5) == pytest.approx(10)


def test_what_an_idle_stack_takes_is_no_turns() -> None:
    before, after = Reading(0, {"gateway": 1.0, "memory": 1.0}), Reading(10, {"gateway": 2.0, "memory": 1.05})
    assert cpu_ms_per_turn(before, after, {"gateway": 0.05, "memory": 0.01}, 10) == {"gateway": 50.0, "memory": 0.0}


def test_statements_are_counted_by_database_and_without_transactions_or_the_job_queue() -> None:
    log = """2026-11-27 11:00:00.000 UTC [10] credit LOG:  statement: BEGIN
2026-11-27 11:00:00.000 UTC [10] credit LOG:  execute _pg3_1: SELECT 1
\tFROM holds
2026-11-27 11:00:00.000 UTC [10] credit LOG:  execute <unnamed>: INSERT INTO holds VALUES ($1)
2026-11-27 11:00:00.000 UTC [10] credit LOG:  execute <unnamed>: COMMIT
2026-11-27 11:00:00.000 UTC [10] memory LOG:  execute x: SELECT set_config('role', 'parlour_memory_app', true)
2026-11-27 11:00:00.000 UTC [11] conversation LOG:  execute x:
\tSELECT procrastinate_defer_jobs_v1($1)
2026-11-27 11:00:00.000 UTC [11] conversation LOG:  execute x: SELECT count(*) FROM procrastinate_jobs j
\tWHERE NOT EXISTS (SELECT 1 FROM procrastinate_periodic_defers d WHERE d.job_id = j.id)
2026-11-27 11:00:00.000 UTC [12] postgres LOG:  statement: SELECT 1
2026-11-27 11:00:00.000 UTC [9] LOG:  parameter "log_statement" changed to "all"
"""
    ours, queue = statements_of(log)
    assert ours == {"credit": 2}
    assert queue == {"conversation": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"users": 1}, "1 users: there can be 2"),
        ({"rate_per_s": 0.0}, "a rate of 0"),
        ({"rate_per_s": float("nan")}, "a rate of nan"),
        ({"minutes": 0.0}, "0 minutes"),
        ({"minutes": 10_000.0}, "10000 minutes"),
        ({"step_s": 120.0}, "no longer than the run"),
        ({"users": 2, "minutes": 60.0}, "take .* users or more"),
        ({"model_first_s": -1.0}, "the model can take up to"),
    ],
)
def test_what_does_not_fit_is_said(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings(**changed)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (["run", "--mix", "jokes=1"], 'no messages of the kind "jokes"'),
        (["run", "--users", "1"], "1 users: there can be 2"),
        (["compare", "/nowhere/a", "/nowhere/b"], "/nowhere/a cannot be read"),
    ],
)
def test_a_wrong_argument_is_answered_with_a_sentence(told: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(told)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_two_runs_are_compared_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, waited_s, seed in (("before", 0.1, 1), ("after", 0.2, 2)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, made(waited_s, seed=seed))
    assert main(["compare", str(tmp_path / "before"), str(tmp_path / "after")]) == 0
    shown = capsys.readouterr().out
    assert "not measured alike: settings seed: 1 and 2" in shown
    assert "overall ms p99" in shown
    assert "worse" in shown

"""R3.1: the failure table is what the code does, in every place where a failure ends."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.conversation import client as conversation_client
from services.credit import client as credit_client
from services.memory import client as memory_client
from services.runtime import errors, failures
from services.runtime.alerts import ALERTS, Alert, alert
from services.runtime.channel import service_config
from services.runtime.errors import FAILURES, Recovery, Retry, error_classes
from services.runtime.status import NOT_AGAIN, status_details
from tests.made_docs import DOCUMENTS, OPERATIONS, made
from tests.made_docs.outgoing_tables import calls

SERVICES = Path(__file__).resolve().parents[3] / "services"
SOURCES = {path.relative_to(SERVICES).as_posix(): path.read_text() for path in SERVICES.rglob("*.py")}
OUTSIDE = "\n".join(source for path, source in SOURCES.items() if path != "runtime/errors.py")
SWALLOWED = {"ParlourError", "Exception", "BaseException", "DependencyUnavailable", "DeadlineExceeded"}
PASSED_ON = {
    # Handed to somebody who ends it.
    ("credit/batch.py", "_decide"),
    ("credit/batch.py", "_decide_opening"),
    ("credit/shard.py", "_take_off"),
    ("credit/shard.py", "_land"),
    ("gateway/assistant.py", "_in_order"),
    ("gateway/assistant_turn.py", "run"),
    ("runtime/server.py", "serve"),
    ("runtime/entrypoint.py", "_migrate"),
    # Ended, or repeated in the background, by _try.
    ("gateway/settlement.py", "capture"),
    ("gateway/settlement.py", "_already_settled"),
    ("gateway/settlement.py", "release"),
    ("gateway/settlement.py", "end"),
    ("gateway/settlement.py", "_again"),
    # Handed to each turn whose line it was.
    ("gateway/outage/journal.py", "_write_waiting"),
    # Tried again, for ever or until it is ended elsewhere.
    ("conversation/unstored.py", "_retry"),
    ("runtime/jobs.py", "_work_forever"),
    ("runtime/jobs.py", "_retry_stalled_forever"),
    ("memory/primary_watch.py", "_learn"),
    ("runtime/cache_standing.py", "_confirm_forever"),
    # Not ours: what a library raises for a connection that is made anew, or for a probe.
    ("runtime/health.py", "_probe"),
    ("runtime/bounded_connection.py", "_end_statement"),
    ("gateway/discord/bot.py", "launch_shard"),
    ("gateway/discord/bot.py", "_connect_once"),
    ("gateway/discord/bot.py", "_close"),
    ("gateway/discord/event_reading.py", "parse_or_skip"),
    ("gateway/discord/event_reading.py", "_can_be_made"),
    ("gateway/discord/shard_connection.py", "reidentify"),
    ("gateway/orphans.py", "_apologise"),
}


def example(reason: str) -> errors.ParlourError:
    error = error_classes()[reason].__new__(error_classes()[reason])
    errors.ParlourError.__init__(error, "because")
    return error


def counted(reason: str, place: failures.Place) -> float:
    labels = {"reason": reason, "category": FAILURES[reason].category.value, "place": place.value}
    return REGISTRY.get_sample_value("parlour_failures_total", labels) or 0.0


@pytest.mark.parametrize("reason", FAILURES)
def test_a_failure_is_logged_at_its_level_and_counted_where_it_ends(reason: str) -> None:
    before = counted(reason, failures.Place.BACKGROUND)
    with capture_logs() as logs:
        failures.ended(example(reason), failures.Place.BACKGROUND, "something was not done")
    [line] = logs
    assert (line["log_level"], line["reason"], line["place"]) == (FAILURES[reason].log_level, reason, "background")
    assert counted(reason, failures.Place.BACKGROUND) == before + 1


def test_what_nobody_expected_is_internal_with_its_frames_and_without_its_message_in_the_reason() -> None:
    with capture_logs() as logs:
        known = failures.ended(ValueError("secret-sentinel"), failures.Place.TURN, "a turn ended early")
    assert known.reason == "INTERNAL"
    assert "secret-sentinel" not in known.message
    assert isinstance(logs[0]["exc_info"], ValueError)


def test_an_internal_error_of_another_service_has_no_frames_of_ours() -> None:
    with capture_logs() as logs:
        failures.ended(errors.Internal("unexpected; trace 1"), failures.Place.TURN, "a turn ended early")
    assert logs[0]["exc_info"] is None


def test_a_failed_job_shows_the_frames_of_what_nobody_expected_and_of_nothing_else() -> None:
    for cause, frames in ((ValueError("x"), True), (errors.DependencyUnavailable("database"), False)):
        failed = errors.JobFailed("settle")
        failed.__cause__ = cause
        with capture_logs() as logs:
            failures.ended(failed, failures.Place.JOB, "job failed")
        assert (logs[0]["exc_info"] is cause) is frames


@pytest.mark.parametrize("reason", FAILURES)
def test_every_reason_is_raised_somewhere(reason: str) -> None:
    name = error_classes()[reason].__name__
    assert re.search(rf"\b{name}\(", OUTSIDE)


@pytest.mark.parametrize("reason", [reason for reason, failure in FAILURES.items() if failure.alert])
def test_every_alert_of_a_failure_is_listed(reason: str) -> None:
    assert alert(str(FAILURES[reason].alert)).summary


@pytest.mark.parametrize("one", ALERTS, ids=[one.name for one in ALERTS])
def test_an_alert_watches_metrics_that_there_are_and_points_at_what_to_do(one: Alert) -> None:
    declared = set(re.findall(r'"(parlour_\w+)"', "\n".join(SOURCES.values()))) | {"process_start_time_seconds"}
    names = {re.sub("_bucket$", "", name) for name in re.findall(r"\b(?:parlour|process)_\w+", one.expression)}
    assert names
    assert names <= declared
    headings = re.findall(r"^#+ (.+)$", OPERATIONS.read_text(), re.M)
    assert one.anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_alerts_have_names_of_their_own() -> None:
    assert len({one.name for one in ALERTS}) == len(ALERTS)


def test_every_metric_of_the_table_is_there() -> None:
    families = {f"{family.name}_total" for family in REGISTRY.collect()}
    assert {failure.metric for failure in FAILURES.values()} <= families


class Handlers(ast.NodeVisitor):
    """Finds every handler of what a part that is away raises, with the function that it is in."""

    def __init__(self) -> None:
        self.found: list[tuple[str, ast.ExceptHandler]] = []
        self._functions: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type is not None else set()
        if caught & SWALLOWED and self._functions:
            self.found.append((self._functions[-1], node))
        self.generic_visit(node)


def handlers() -> Iterator[tuple[str, str, ast.ExceptHandler]]:
    """The handlers of every file; local stacks and the console have no metrics."""
    for path, source in SOURCES.items():
        if not path.startswith(("local/", "console/")) and "except" in source:
            finder = Handlers()
            finder.visit(ast.parse(source))
            yield from ((path, function, handler) for function, handler in finder.found)


def ends(handler: ast.ExceptHandler) -> bool:
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    return any(isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "ended") for node in inside)


def test_nobody_swallows_a_failure_without_counting_it() -> None:
    silent = {(path, function) for path, function, handler in handlers() if not ends(handler)}
    assert silent - PASSED_ON == set()
    assert PASSED_ON - silent == set(), "no longer needed"


@pytest.mark.parametrize("reason", [reason for reason, failure in FAILURES.items() if failure.code is grpc.StatusCode.UNAVAILABLE])
def test_a_channel_repeats_an_unavailable_call_only_where_the_table_says_so(reason: str) -> None:
    _, _, trailing = status_details(example(reason), "credit")
    assert (NOT_AGAIN not in trailing) is (FAILURES[reason].retry is Retry.CHANNEL)


def test_what_must_happen_anyway_is_repeated_only_where_that_may_help() -> None:
    refused = {reason for reason, failure in FAILURES.items() if not failure.worth_repeating}
    assert {"INSUFFICIENT_CREDIT", "HOLD_NOT_ACTIVE", "INVALID_FIELD", "STALE_FENCE"} <= refused
    assert not refused & {"DEPENDENCY_UNAVAILABLE", "DEADLINE_EXCEEDED", "CIRCUIT_OPEN", "OVERLOADED", "INTERNAL"}


def test_a_restart_is_the_recovery_of_what_ends_the_process() -> None:
    assert [reason for reason, failure in FAILURES.items() if failure.recovery is Recovery.RESTART] == ["PART_FAILED"]


NEVER = {"Reply", "Complete", "ClaimOrphanedTurns"}


def test_replies_completions_and_claims_are_never_repeated_by_a_channel() -> None:
    assert {call.method for call in calls() if not call.repeated} >= NEVER
    assert not {call.method for call in calls() if call.repeated} & NEVER


def test_a_message_to_the_assistant_is_never_repeated_by_a_channel() -> None:
    retried = [*credit_client.RETRIED, *memory_client.RETRIED, *conversation_client.RETRIED]
    assert not [name for name in retried if "gateway" in name or "Assistant" in name]


@settings(max_examples=30)
@given(st.lists(st.from_regex(r"\A[a-z]{1,8}\.[A-Z][a-z]{1,8}(/[A-Z][a-z]{1,8})?\Z"), max_size=5))
def test_a_service_config_repeats_what_it_was_given_and_nothing_else(retried: list[str]) -> None:
    config = json.loads(service_config(retried))
    named = [f"{name['service']}/{name['method']}" if "method" in name else name["service"] for one in config["methodConfig"] for name in one["name"]]
    assert named == retried


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_documentation_is_what_the_code_makes_it(document: Path) -> None:
    assert document.read_text() == made(document.read_text()), "write it anew: make docs"

"""The alerts: what is watched, when somebody is called, and which section of docs/failure-modes.md says what to do.

Data only. A rule file for Prometheus is made from it; every metric in an expression is one that a service exposes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

RUNBOOK = "docs/failure-modes.md"


class Severity(StrEnum):
    """Who has to look, and when."""

    PAGE = "page"  # now: people are not answered, or money is not counted
    TICKET = "ticket"  # on a working day: people are answered, with something missing


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `expression` is PromQL, `for_s` how long it must hold; `anchor` is the heading in the runbook, as a link names it."""

    name: str
    expression: str
    for_s: int
    severity: Severity
    summary: str
    anchor: str


ALERTS: Sequence[Alert] = (
    Alert(
        "ParlourInternalErrors",
        'sum by (job) (rate(parlour_failures_total{reason="INTERNAL"}[5m])) > 0.02',
        300,
        Severity.PAGE,
        "Something that should not happen does, more than once a minute.",
        "unexpected-errors",
    ),
    Alert(
        "ParlourDependencyDown",
        'min by (job, dependency) (parlour_dependency_up{dependency!~"redis|replica.*"}) == 0',
        60,
        Severity.PAGE,
        "A service has not reached {{ $labels.dependency }} for a minute.",
        "a-dependency-is-down",
    ),
    Alert(
        "ParlourSpareDown",
        'min by (job, dependency) (parlour_dependency_up{dependency=~"redis|replica.*"}) == 0',
        300,
        Severity.TICKET,
        "A service has not reached {{ $labels.dependency }}, which it can do without, for five minutes.",
        "a-dependency-is-down",
    ),
    Alert(
        "ParlourPartFailed",
        # The process that counted it is gone before anybody asks: that it was started again and again is what can be seen.
        "sum by (job) (changes(process_start_time_seconds[15m])) > 2",
        0,
        Severity.PAGE,
        "A service was started anew three times in a quarter of an hour.",
        "a-service-ends-itself",
    ),
    Alert(
        "ParlourOverloaded",
        'sum by (job, why) (rate(parlour_rpc_refused_total{why="full"}[5m])) > 0.1',
        300,
        Severity.TICKET,
        "A service refuses calls because it serves as many as it may.",
        "overload",
    ),
    Alert(
        "ParlourCircuitOpen",
        'max by (job, target, method_class) (parlour_breaker_state{state="open"}) == 1',
        120,
        Severity.TICKET,
        "{{ $labels.target }} has been given time to recover for two minutes.",
        "a-breaker-is-open",
    ),
    Alert(
        "ParlourCreditOutage",
        "max by (job) (parlour_gateway_outage_active) == 1",
        60,
        Severity.PAGE,
        "Credit has been away for a minute: people are answered on the gateways' leases while those last.",
        "credit",
    ),
    Alert(
        "ParlourModelUnavailable",
        'sum by (job) (rate(parlour_failures_total{reason="MODEL_UNAVAILABLE", place!="model"}[5m])) > 0.02',
        120,
        Severity.PAGE,
        "People are refused because no language model answers.",
        "model-provider",
    ),
    Alert(
        "ParlourJobsFailing",
        'sum by (job, task) (increase(parlour_jobs_total{result="given_up"}[1h])) > 0'
        ' or sum by (job, task) (rate(parlour_jobs_total{result="failed"}[15m])) > 0.1',
        0,
        Severity.TICKET,
        "The job {{ $labels.task }} was given up, or keeps failing.",
        "background-jobs",
    ),
)


def alert(name: str) -> Alert:
    """Return an alert by its name. Raises KeyError."""
    return _BY_NAME[name]


_BY_NAME = {one.name: one for one in ALERTS}

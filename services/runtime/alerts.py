"""The alerts: what is watched, when somebody is called, and which section of docs/operations.md says what to do.

What people notice comes first, then money, then what will be noticed if nobody looks. Data only: rule files for Prometheus are made from it, and
every metric in an expression is one that a service exposes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

RUNBOOK = "docs/operations.md"


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
        "ParlourAnswersFailing",
        'sum(rate(parlour_failures_total{place="turn", category=~"critical|transient", reason!="RATE_LIMITED"}[5m]))'
        " / sum(rate(parlour_gateway_turns_total[5m])) > 0.05",
        120,
        Severity.PAGE,
        "More than one answer in twenty is refused, cut or lacks something because a part of Parlour fails.",
        "answers-fail-or-lack-something",
    ),
    Alert(
        "ParlourAnswersSlow",
        "histogram_quantile(0.95, sum by (le) (rate(parlour_gateway_first_text_seconds_bucket[5m]))) > 10",
        300,
        Severity.PAGE,
        "One person in twenty waits longer than ten seconds for the first text of an answer.",
        "answers-are-slow",
    ),
    Alert(
        "ParlourNoGateway",
        "absent(parlour_gateway_queue_running)",
        120,
        Severity.PAGE,
        "No gateway tells its metrics: nobody may be answered at all.",
        "no-gateway",
    ),
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
        "credit-is-away",
    ),
    Alert(
        "ParlourBooksOff",
        "max by (kind) (parlour_credit_findings_open) > 0",
        0,
        Severity.PAGE,
        "Reconciliation found a discrepancy of kind {{ $labels.kind }} in the books.",
        "the-books-do-not-agree",
    ),
    Alert(
        "ParlourReconciliationLate",
        'time() - max(parlour_credit_reconciled_timestamp_seconds{extent="changes"}) > 3600',
        300,
        Severity.TICKET,
        "The books have not been compared with themselves for an hour.",
        "reconciliation-is-late",
    ),
    Alert(
        "ParlourSpendSurge",
        "sum(increase(parlour_credit_charged_microcredits_total[15m])) > 1e8"
        " and sum(rate(parlour_credit_charged_microcredits_total[15m])) > 4 * sum(rate(parlour_credit_charged_microcredits_total[1d] offset 15m))",
        0,
        Severity.TICKET,
        "Four times as much is spent as in the day before.",
        "unusual-spending",
    ),
    Alert(
        "ParlourRefusalSurge",
        "sum by (method, reason) (increase(parlour_credit_refusals_total[15m])) > 100"
        " and sum by (method, reason) (rate(parlour_credit_refusals_total[15m]))"
        " > 4 * sum by (method, reason) (rate(parlour_credit_refusals_total[1d] offset 15m))",
        0,
        Severity.TICKET,
        "Credit refuses {{ $labels.method }} with {{ $labels.reason }} four times as often as in the day before.",
        "many-refusals",
    ),
    Alert(
        "ParlourHoldsExpire",
        'sum(rate(parlour_credit_holds_total{event="expired"}[15m])) / sum(rate(parlour_credit_holds_total{event="placed"}[15m])) > 0.02',
        900,
        Severity.TICKET,
        "One hold in fifty is never captured nor released: turns end without their settlement.",
        "holds-expire",
    ),
    Alert(
        "ParlourWriteOffs",
        "sum(increase(parlour_credit_written_off_microcredits_total[1h])) > 1e6",
        0,
        Severity.TICKET,
        "More than one credit was used in an hour that nobody could pay.",
        "write-offs",
    ),
    Alert(
        "ParlourOutageJournalFails",
        "sum by (job) (increase(parlour_gateway_outage_journal_failures_total[15m])) > 0"
        " or sum by (job) (increase(parlour_gateway_outage_corrupt_lines_total[15m])) > 0",
        0,
        Severity.TICKET,
        "A gateway cannot write its outage journal, or set lines of it aside.",
        "the-outage-journal",
    ),
    Alert(
        "ParlourModelUnavailable",
        'sum by (job) (rate(parlour_failures_total{reason="MODEL_UNAVAILABLE", place!="model"}[5m])) > 0.02',
        120,
        Severity.PAGE,
        "People are refused because no language model answers.",
        "no-language-model-answers",
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
    Alert(
        "ParlourDatabaseCrowded",
        "max by (job) (parlour_database_waiting_callers) > 10",
        300,
        Severity.TICKET,
        "Callers have waited for a connection to the database for five minutes.",
        "connections-run-short",
    ),
    Alert(
        "ParlourCertificateExpires",
        "min by (job) (parlour_tls_certificate_expiry_seconds) < 172800",
        300,
        Severity.PAGE,
        "A certificate is valid for less than two days and was not renewed.",
        "a-certificate-expires",
    ),
    Alert(
        "ParlourClockOff",
        "max by (job) (abs(parlour_clock_timestamp_seconds - timestamp(parlour_clock_timestamp_seconds))) > 5",
        300,
        Severity.TICKET,
        "A service's clock differs from Prometheus's by more than five seconds.",
        "a-clock-is-off",
    ),
    Alert(
        "ParlourDiscordIdentifiesLow",
        "min(parlour_gateway_discord_identifies_remaining) < 100",
        0,
        Severity.PAGE,
        "Fewer than 100 IDENTIFYs are left for the day: past the last one Discord resets the bot's token.",
        "identifies-run-short",
    ),
    Alert(
        "ParlourErasureLate",
        "max(parlour_conversation_erasure_oldest_seconds) > 3600",
        0,
        Severity.TICKET,
        "Somebody asked to be erased more than an hour ago and has no receipt.",
        "an-erasure-is-late",
    ),
)


def alert(name: str) -> Alert:
    """Return an alert by its name. Raises KeyError."""
    return _BY_NAME[name]


_BY_NAME = {one.name: one for one in ALERTS}

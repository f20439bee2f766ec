"""The dashboards: which questions they ask Prometheus, in what order. Data only.

Every panel answers in every state of a running Parlour: what has not happened yet is shown as 0, so that an empty panel means that something is not
collected. Counters are read as rates over `$__rate_interval`, which Grafana sets from its own resolution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

RATE = "$__rate_interval"


class Unit(StrEnum):
    """Units by Grafana's names."""

    PER_SECOND = "cps"
    SECONDS = "s"
    SHARE = "percentunit"
    BYTES = "bytes"
    COUNT = "short"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and what its series are called: `{{label}}` stands for a label's value."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph over time."""

    title: str
    unit: Unit
    queries: Sequence[Query]


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that belong together."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`name` is its file's and its address in Grafana."""

    name: str
    title: str
    rows: Sequence[Row]

    @property
    def panels(self) -> Sequence[Panel]:
        """All of them, in order."""
        return [panel for row in self.rows for panel in row.panels]


def _by(what: str, by: str = "") -> str:
    return f"sum by ({by}) ({what})" if by else f"sum({what})"


def _or_zero(expression: str) -> str:
    """What has not happened yet is 0: `on ()` matches the 0 with any series, and leaves it out where there is one."""
    return f"{expression} or on () vector(0)"


def _rate(metric: str, by: str = "") -> str:
    """A counter a second, with its condition in braces where it has one."""
    return _by(f"rate({metric}[{RATE}])", by)


def _share(part: str, whole: str, by: str) -> str:
    return _or_zero(f"{_rate(part, by)} / {_rate(whole, by)}")


def _quantile(share: float, metric: str, by: str = "", where: str = "") -> str:
    return f"histogram_quantile({share}, {_rate(f'{metric}_bucket{where}', f'le, {by}' if by else 'le')})"


def _named(by: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", "))


def _counted(title: str, metric: str, by: str) -> Panel:
    """How often something happens that may never have happened, by its labels."""
    return Panel(title, Unit.PER_SECOND, (Query(_or_zero(_rate(metric, by)), _named(by)),))


def _level(title: str, expression: str, by: str, unit: Unit = Unit.COUNT) -> Panel:
    """How much there is of something now, by its labels."""
    return Panel(title, unit, (Query(expression, _named(by)),))


def _waits(title: str, metric: str, where: str = "") -> Panel:
    shares = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    return Panel(title, Unit.SECONDS, tuple(Query(_quantile(share, metric, where=where), name) for share, name in shares))


_CALLS_SERVED = "parlour_rpc_server_duration_seconds"
_FAILED = '{code=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED"}'

_PEOPLE = Row(
    "What people notice",
    (
        _counted("Answers by outcome", "parlour_gateway_turns_total", "outcome"),
        _waits("Wait for the first text", "parlour_gateway_first_text_seconds"),
        _waits("Wait for the whole answer", "parlour_gateway_turn_seconds", '{outcome="answered"}'),
        _counted("Answers that lack something, by what people were told", "parlour_gateway_notices_total", "kind"),
        Panel(
            "Turns under way and waiting",
            Unit.COUNT,
            (
                Query("sum(parlour_gateway_queue_running)", "under way"),
                Query("sum(parlour_gateway_queue_running_limit)", "limit now"),
                Query(_or_zero("sum by (priority) (parlour_gateway_queue_waiting)"), "waiting, {{priority}}"),
            ),
        ),
        _counted("Failures where a person was concerned", 'parlour_failures_total{place=~"turn|command|discord"}', "reason"),
    ),
)

_CALLS = Row(
    "Calls between services",
    (
        _level("Calls by service", _rate(f"{_CALLS_SERVED}_count", "job"), "job", Unit.PER_SECOND),
        _level("Share of calls that fail", _share(f"{_CALLS_SERVED}_count{_FAILED}", f"{_CALLS_SERVED}_count", "job"), "job", Unit.SHARE),
        _level("Duration, p99, by service", _quantile(0.99, _CALLS_SERVED, "job"), "job", Unit.SECONDS),
        _level("The ten slowest methods, p99", f"topk(10, {_quantile(0.99, _CALLS_SERVED, 'method')})", "method", Unit.SECONDS),
        _level("Calls being served, of so many at most", "max by (job) (parlour_rpc_in_flight / parlour_rpc_in_flight_max)", "job", Unit.SHARE),
        _counted("Calls refused before they began", "parlour_rpc_refused_total", "job, why"),
    ),
)

_DEPENDENCIES = Row(
    "What services depend on",
    (
        _level("Dependencies that answer (1) or do not (0)", "min by (job, dependency) (parlour_dependency_up)", "job, dependency"),
        _level(
            "Breakers that are open or half open",
            _or_zero('sum by (target, state) (parlour_breaker_state{state!="closed"}) > 0'),
            "target, state",
        ),
        _level("Callers that wait for a connection", _by("parlour_database_waiting_callers", "job"), "job"),
        _counted("Background jobs by result", "parlour_jobs_total", "job, result"),
        _level("Duration of background jobs, p95", _quantile(0.95, "parlour_job_duration_seconds", "job"), "job", Unit.SECONDS),
        _level("Resident memory", _by("process_resident_memory_bytes", "job"), "job", Unit.BYTES),
        _level("Processor time", _rate("process_cpu_seconds_total", "job"), "job", Unit.SHARE),
        _level("Cache hits", _share('parlour_cache_reads_total{result="hit"}', "parlour_cache_reads_total", "cache"), "cache", Unit.SHARE),
        _level("What maps dropped", _or_zero(f"{_rate('parlour_map_evictions_total', 'map, cause')} > 0"), "map, cause", Unit.PER_SECOND),
    ),
)

OVERVIEW = Dashboard("parlour-overview", "Parlour: overview", (_PEOPLE, _CALLS, _DEPENDENCIES))

_LEDGER = Row(
    "Credits",
    (
        _counted("Charged, in microcredits", "parlour_credit_charged_microcredits_total", "model"),
        _counted("Charged, by who pays where", "parlour_credit_charged_microcredits_total", "tier, guild_class"),
        _counted("Tokens of answers", "parlour_credit_used_tokens_total", "kind"),
        _counted("Holds by what became of them", "parlour_credit_holds_total", "event"),
        _counted("Refusals", "parlour_credit_refusals_total", "method, reason"),
        Panel(
            "Operations written together",
            Unit.COUNT,
            (Query(_quantile(0.5, "parlour_credit_batch_operations"), "p50"), Query(_quantile(0.99, "parlour_credit_batch_operations"), "p99")),
        ),
        _level("Findings of reconciliation", _or_zero(_by("parlour_credit_findings_open", "kind")), "kind"),
        Panel(
            "Written off and expired, in microcredits",
            Unit.PER_SECOND,
            (
                Query(_or_zero(_rate("parlour_credit_written_off_microcredits_total")), "written off"),
                Query(_or_zero(_rate("parlour_credit_expired_microcredits_total")), "expired"),
            ),
        ),
        Panel(
            "Leases for outages, in microcredits",
            Unit.COUNT,
            (
                Query(_or_zero("max(parlour_credit_leased_microcredits)"), "granted"),
                Query(_or_zero("sum(parlour_gateway_outage_lease_remaining_microcredits)"), "left"),
            ),
        ),
    ),
)

_MODELS = Row(
    "Language models",
    (
        _counted("Tokens", "parlour_conversation_tokens_total", "model, feature, kind"),
        _counted("Failed calls", "parlour_conversation_model_errors_total", "model, reason"),
        Panel(
            "Calls under way and waiting",
            Unit.COUNT,
            (
                Query(_or_zero("sum by (priority) (parlour_conversation_gate_slots_used)"), "under way, {{priority}}"),
                Query(_or_zero("sum by (priority) (parlour_conversation_gate_waiting)"), "waiting, {{priority}}"),
            ),
        ),
        _counted("Tokens of prompts, by part", "parlour_conversation_window_tokens_total", "part"),
    ),
)

_MEMORY = Row(
    "Memory",
    (
        _counted("Reads by who served them", "parlour_memory_reads_total", "served_by, reason"),
        _counted("Memories stored, by result", "parlour_memory_added_total", "result"),
        _level("Texts that wait to be embedded", _or_zero(_by("parlour_retrieval_embedding_waiting_texts", "job, lane")), "job, lane"),
        _counted("Searches by what their cache said", "parlour_memory_result_cache_total", "result"),
    ),
)

_DISCORD = Row(
    "Discord",
    (
        _counted("Messages seen", "parlour_gateway_discord_messages_total", "result"),
        _counted("Whether they were meant for the assistant", "parlour_gateway_addressing_decisions_total", "reason"),
        _counted("Commands, buttons and forms", "parlour_gateway_discord_interactions_total", "result"),
        Panel("IDENTIFYs left for the day", Unit.COUNT, (Query(_or_zero("min(parlour_gateway_discord_identifies_remaining)"), "left"),)),
    ),
)

PARTS = Dashboard("parlour-parts", "Parlour: credits, models, memory, Discord", (_LEDGER, _MODELS, _MEMORY, _DISCORD))

DASHBOARDS: Sequence[Dashboard] = (OVERVIEW, PARTS)

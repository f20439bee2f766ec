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
    says: str = ""


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


def _rate(metric: str, by: str = "", where: str = "") -> str:
    """Per second. Where nothing was counted yet, 0."""
    selected = f"rate({metric}{{{where}}}[{RATE}])" if where else f"rate({metric}[{RATE}])"
    return f"sum by ({by}) ({selected})" if by else _or_zero(f"sum({selected})")


def _quantile(share: float, metric: str, by: str = "", where: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    selected = f"{metric}_bucket{{{where}}}" if where else f"{metric}_bucket"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({selected}[{RATE}])))"


def _or_zero(expression: str) -> str:
    """What has not happened yet is 0: `on ()` matches the 0 with any series, and leaves it out where there is one."""
    return f"{expression} or on () vector(0)"


_PEOPLE = Row(
    "What people notice",
    (
        Panel(
            "Answers by outcome",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_gateway_turns_total", "outcome")), "{{outcome}}"),),
            "Every message that was answered or refused in words.",
        ),
        Panel(
            "Wait for the first text",
            Unit.SECONDS,
            tuple(
                Query(_quantile(share, "parlour_gateway_first_text_seconds"), name) for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
        ),
        Panel(
            "Wait for the whole answer",
            Unit.SECONDS,
            tuple(
                Query(_quantile(share, "parlour_gateway_turn_seconds", where='outcome="answered"'), name)
                for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
        ),
        Panel(
            "Answers that lack something, by what people were told",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_gateway_notices_total", "kind")), "{{kind}}"),),
        ),
        Panel(
            "Turns under way and waiting",
            Unit.COUNT,
            (
                Query("sum(parlour_gateway_queue_running)", "under way"),
                Query("sum(parlour_gateway_queue_running_limit)", "limit now"),
                Query(_or_zero("sum by (priority) (parlour_gateway_queue_waiting)"), "waiting, {{priority}}"),
            ),
        ),
        Panel(
            "Failures where a person was concerned",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_failures_total", "reason", 'place=~"turn|command|discord"')), "{{reason}}"),),
        ),
    ),
)

_CALLS = Row(
    "Calls between services",
    (
        Panel("Calls by service", Unit.PER_SECOND, (Query(_rate("parlour_rpc_server_duration_seconds_count", "job"), "{{job}}"),)),
        Panel(
            "Share of calls that fail",
            Unit.SHARE,
            (
                Query(
                    'sum by (job) (rate(parlour_rpc_server_duration_seconds_count{code=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED"}['
                    f"{RATE}])) / sum by (job) (rate(parlour_rpc_server_duration_seconds_count[{RATE}])) or on () vector(0)",
                    "{{job}}",
                ),
            ),
        ),
        Panel("Duration, p99, by service", Unit.SECONDS, (Query(_quantile(0.99, "parlour_rpc_server_duration_seconds", "job"), "{{job}}"),)),
        Panel(
            "The ten slowest methods, p99",
            Unit.SECONDS,
            (Query(f"topk(10, {_quantile(0.99, 'parlour_rpc_server_duration_seconds', 'method')})", "{{method}}"),),
        ),
        Panel(
            "Calls being served, of so many at most",
            Unit.SHARE,
            (Query("max by (job) (parlour_rpc_in_flight / parlour_rpc_in_flight_max)", "{{job}}"),),
        ),
        Panel(
            "Calls refused before they began", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_rpc_refused_total", "job, why")), "{{job}} {{why}}"),)
        ),
    ),
)

_DEPENDENCIES = Row(
    "What services depend on",
    (
        Panel(
            "Dependencies that answer (1) or do not (0)",
            Unit.COUNT,
            (Query("min by (job, dependency) (parlour_dependency_up)", "{{job}} {{dependency}}"),),
        ),
        Panel(
            "Breakers that are open or half open",
            Unit.COUNT,
            (Query(_or_zero('sum by (target, state) (parlour_breaker_state{state!="closed"}) > 0'), "{{target}} {{state}}"),),
        ),
        Panel("Callers that wait for a connection", Unit.COUNT, (Query("sum by (job) (parlour_database_waiting_callers)", "{{job}}"),)),
        Panel("Background jobs by result", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_jobs_total", "job, result")), "{{job}} {{result}}"),)),
        Panel("Duration of background jobs, p95", Unit.SECONDS, (Query(_quantile(0.95, "parlour_job_duration_seconds", "job"), "{{job}}"),)),
        Panel("Resident memory", Unit.BYTES, (Query("sum by (job) (process_resident_memory_bytes)", "{{job}}"),)),
        Panel("Processor time", Unit.SHARE, (Query(f"sum by (job) (rate(process_cpu_seconds_total[{RATE}]))", "{{job}}"),)),
        Panel(
            "Cache hits",
            Unit.SHARE,
            (
                Query(
                    f'sum by (cache) (rate(parlour_cache_reads_total{{result="hit"}}[{RATE}]))'
                    f" / sum by (cache) (rate(parlour_cache_reads_total[{RATE}])) or on () vector(0)",
                    "{{cache}}",
                ),
            ),
        ),
        Panel(
            "What maps dropped", Unit.PER_SECOND, (Query(_or_zero(f"{_rate('parlour_map_evictions_total', 'map, cause')} > 0"), "{{map}} {{cause}}"),)
        ),
    ),
)

OVERVIEW = Dashboard("parlour-overview", "Parlour: overview", (_PEOPLE, _CALLS, _DEPENDENCIES))

_LEDGER = Row(
    "Credits",
    (
        Panel(
            "Charged, in microcredits", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_credit_charged_microcredits_total", "model")), "{{model}}"),)
        ),
        Panel("Holds by what became of them", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_credit_holds_total", "event")), "{{event}}"),)),
        Panel("Refusals", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_credit_refusals_total", "method, reason")), "{{method}} {{reason}}"),)),
        Panel(
            "Operations written together",
            Unit.COUNT,
            (Query(_quantile(0.5, "parlour_credit_batch_operations"), "p50"), Query(_quantile(0.99, "parlour_credit_batch_operations"), "p99")),
        ),
        Panel("Findings of reconciliation", Unit.COUNT, (Query(_or_zero("sum by (kind) (parlour_credit_findings_open)"), "{{kind}}"),)),
        Panel(
            "Written off and expired, in microcredits",
            Unit.PER_SECOND,
            (
                Query(_rate("parlour_credit_written_off_microcredits_total"), "written off"),
                Query(_rate("parlour_credit_expired_microcredits_total"), "expired"),
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
        Panel(
            "Tokens",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_conversation_tokens_total", "model, feature, kind")), "{{model}} {{feature}} {{kind}}"),),
        ),
        Panel(
            "Failed calls",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_conversation_model_errors_total", "model, reason")), "{{model}} {{reason}}"),),
        ),
        Panel(
            "Calls under way and waiting",
            Unit.COUNT,
            (
                Query(_or_zero("sum by (priority) (parlour_conversation_gate_slots_used)"), "under way, {{priority}}"),
                Query(_or_zero("sum by (priority) (parlour_conversation_gate_waiting)"), "waiting, {{priority}}"),
            ),
        ),
        Panel(
            "Tokens of prompts, by part", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_conversation_window_tokens_total", "part")), "{{part}}"),)
        ),
    ),
)

_MEMORY = Row(
    "Memory",
    (
        Panel(
            "Reads by who served them",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_memory_reads_total", "served_by, reason")), "{{served_by}} {{reason}}"),),
        ),
        Panel("Memories stored, by result", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_memory_added_total", "result")), "{{result}}"),)),
        Panel(
            "Texts that wait to be embedded",
            Unit.COUNT,
            (Query(_or_zero("sum by (job, lane) (parlour_retrieval_embedding_waiting_texts)"), "{{job}} {{lane}}"),),
        ),
        Panel(
            "Searches by what their cache said",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_memory_result_cache_total", "result")), "{{result}}"),),
        ),
    ),
)

_DISCORD = Row(
    "Discord",
    (
        Panel("Messages seen", Unit.PER_SECOND, (Query(_or_zero(_rate("parlour_gateway_discord_messages_total", "result")), "{{result}}"),)),
        Panel(
            "Whether they were meant for the assistant",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_gateway_addressing_decisions_total", "reason")), "{{reason}}"),),
        ),
        Panel(
            "Commands, buttons and forms",
            Unit.PER_SECOND,
            (Query(_or_zero(_rate("parlour_gateway_discord_interactions_total", "result")), "{{result}}"),),
        ),
        Panel("IDENTIFYs left for the day", Unit.COUNT, (Query(_or_zero("min(parlour_gateway_discord_identifies_remaining)"), "left"),)),
    ),
)

PARTS = Dashboard("parlour-parts", "Parlour: credits, models, memory, Discord", (_LEDGER, _MODELS, _MEMORY, _DISCORD))

DASHBOARDS: Sequence[Dashboard] = (OVERVIEW, PARTS)

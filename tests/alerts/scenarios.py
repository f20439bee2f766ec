"""For each alert, metrics as Prometheus would have collected them when it must fire, and some for which it must not.

Values are in promtool's notation, one a minute: "0+60x30" begins at 0 and grows by 60 for 30 minutes, "_x5" is five missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

type Series = Mapping[str, str]

_DAY = 1440


@dataclass(frozen=True, slots=True)
class Scenario:
    """`fires` has the alert off at `at_min`, once, with `labels`; none of `quiet` has."""

    alert: str
    fires: Series
    quiet: Sequence[Series]
    at_min: int = 20
    labels: Mapping[str, str] = field(default_factory=dict)


_TURNS = 'parlour_gateway_turns_total{job="gateway",outcome="answered",origin="discord"}'
_HOLDS = 'parlour_credit_holds_total{job="credit",event="%s"}'
_CHARGED = 'parlour_credit_charged_microcredits_total{job="credit",model="small"}'
_REFUSALS = 'parlour_credit_refusals_total{job="credit",method="PlaceHold",reason="INSUFFICIENT_CREDIT"}'
_UP = 'parlour_dependency_up{job="credit",dependency="%s"}'


def _failures(reason: str, category: str, place: str = "turn") -> str:
    return f'parlour_failures_total{{job="gateway",reason="{reason}",category="{category}",place="{place}"}}'


def _first_text(under_10_s: str, over_10_s: str) -> Series:
    """Answers by their wait: `over_10_s` counts all of them, as a histogram's buckets do."""
    name = "parlour_gateway_first_text_seconds_bucket"
    return {
        f'{name}{{job="gateway",le="10"}}': under_10_s,
        f'{name}{{job="gateway",le="20"}}': over_10_s,
        f'{name}{{job="gateway",le="+Inf"}}': over_10_s,
    }


SCENARIOS: Sequence[Scenario] = (
    Scenario(
        "ParlourAnswersFailing",
        {_TURNS: "0+100x30", _failures("DEPENDENCY_UNAVAILABLE", "critical"): "0+10x30"},
        (
            {_TURNS: "0+100x30", _failures("DEPENDENCY_UNAVAILABLE", "critical"): "0+4x30"},
            {_TURNS: "0+100x30", _failures("INSUFFICIENT_CREDIT", "feature"): "0+50x30"},  # that people spent what they had is no failure of ours
            {_TURNS: "0+100x30", _failures("RATE_LIMITED", "transient"): "0+50x30"},
            {_TURNS: "100x30", _failures("DEPENDENCY_UNAVAILABLE", "critical"): "7x30"},  # nobody asks anything
        ),
    ),
    Scenario(
        "ParlourAnswersSlow",
        _first_text("0+90x30", "0+100x30"),
        (_first_text("0+99x30", "0+100x30"), _first_text("90x30", "100x30")),
    ),
    Scenario(
        "ParlourNoGateway",
        {'parlour_gateway_queue_running{job="gateway"}': "0x5 _x20"},
        ({'parlour_gateway_queue_running{job="gateway"}': "0x30"},),
    ),
    Scenario(
        "ParlourInternalErrors",
        {_failures("INTERNAL", "critical"): "0+3x30"},
        ({_failures("INTERNAL", "critical"): "0+1x30"}, {_failures("NOT_FOUND", "feature"): "0+90x30"}),
        labels={"job": "gateway"},
    ),
    Scenario(
        "ParlourDependencyDown",
        {_UP % "database": "1x10 0x20", _UP % "redis": "0x30"},
        ({_UP % "database": "1x30", _UP % "redis": "0x30", _UP % "replica_1": "0x30"},),
        labels={"job": "credit", "dependency": "database"},
    ),
    Scenario(
        "ParlourSpareDown",
        {_UP % "database": "0x30", _UP % "replica_1": "1x5 0x25"},
        ({_UP % "database": "0x30", _UP % "replica_1": "1x17 0x1 1x12"},),
        labels={"job": "credit", "dependency": "replica_1"},
    ),
    Scenario(
        "ParlourPartFailed",
        {'process_start_time_seconds{job="memory"}': "1x8 2x2 3x2 4x10"},
        ({'process_start_time_seconds{job="memory"}': "1x8 2x4 3x10"},),
        labels={"job": "memory"},
    ),
    Scenario(
        "ParlourOverloaded",
        {'parlour_rpc_refused_total{job="memory",why="full"}': "0+12x30"},
        ({'parlour_rpc_refused_total{job="memory",why="full"}': "0+3x30", 'parlour_rpc_refused_total{job="memory",why="rate"}': "0+90x30"},),
        labels={"job": "memory", "why": "full"},
    ),
    Scenario(
        "ParlourCircuitOpen",
        {'parlour_breaker_state{job="gateway",target="memory",method_class="read",state="open"}': "0x10 1x20"},
        (
            {'parlour_breaker_state{job="gateway",target="memory",method_class="read",state="open"}': "0x18 1x1 0x11"},
            {'parlour_breaker_state{job="gateway",target="memory",method_class="read",state="closed"}': "1x30"},
        ),
        labels={"job": "gateway", "target": "memory", "method_class": "read"},
    ),
    Scenario(
        "ParlourCreditOutage",
        {'parlour_gateway_outage_active{job="gateway"}': "0x10 1x20"},
        ({'parlour_gateway_outage_active{job="gateway"}': "0x19 1x1 0x10"},),
        labels={"job": "gateway"},
    ),
    Scenario(
        "ParlourBooksOff",
        {'parlour_credit_findings_open{job="credit",kind="BALANCE_MISMATCH"}': "0x10 1x20"},
        ({'parlour_credit_findings_open{job="credit",kind="BALANCE_MISMATCH"}': "0x30"}, {}),
        labels={"kind": "BALANCE_MISMATCH"},
    ),
    Scenario(
        "ParlourReconciliationLate",
        {'parlour_credit_reconciled_timestamp_seconds{job="credit",extent="changes"}': "300x120"},
        (
            {'parlour_credit_reconciled_timestamp_seconds{job="credit",extent="changes"}': "0+60x120"},
            {'parlour_credit_reconciled_timestamp_seconds{job="credit",extent="full"}': "0x120"},
        ),
        at_min=90,
    ),
    Scenario(
        "ParlourSpendSurge",
        {_CHARGED: f"0+2000000x{_DAY} {2_000_000 * _DAY}+20000000x60"},
        (
            {_CHARGED: f"0+20000000x{_DAY + 60}"},  # as much as ever
            {_CHARGED: f"0+1000x{_DAY} {1000 * _DAY}+100000x60"},  # little, though more than before
        ),
        at_min=_DAY + 20,
    ),
    Scenario(
        "ParlourRefusalSurge",
        {_REFUSALS: f"0+1x{_DAY} {_DAY}+40x60"},
        ({_REFUSALS: f"0+40x{_DAY + 60}"}, {_REFUSALS: f"0x{_DAY} 0+5x60"}),
        at_min=_DAY + 20,
        labels={"method": "PlaceHold", "reason": "INSUFFICIENT_CREDIT"},
    ),
    Scenario(
        "ParlourHoldsExpire",
        {_HOLDS % "placed": "0+100x60", _HOLDS % "expired": "0+5x60"},
        ({_HOLDS % "placed": "0+100x60", _HOLDS % "expired": "0+1x60"}, {_HOLDS % "placed": "0x60", _HOLDS % "expired": "0x60"}),
        at_min=40,
    ),
    Scenario(
        "ParlourWriteOffs",
        {'parlour_credit_written_off_microcredits_total{job="credit"}': "0+50000x90"},
        ({'parlour_credit_written_off_microcredits_total{job="credit"}': "0+10000x90"},),
        at_min=80,
    ),
    Scenario(
        "ParlourOutageJournalFails",
        {'parlour_gateway_outage_journal_failures_total{job="gateway"}': "0x10 1x20"},
        (
            {
                'parlour_gateway_outage_journal_failures_total{job="gateway"}': "7x30",
                'parlour_gateway_outage_corrupt_lines_total{job="gateway"}': "0x30",
            },
        ),
        labels={"job": "gateway"},
    ),
    Scenario(
        "ParlourModelUnavailable",
        {_failures("MODEL_UNAVAILABLE", "transient"): "0+3x30"},
        ({_failures("MODEL_UNAVAILABLE", "transient", "model"): "0+60x30"},),  # another model answered
        labels={"job": "gateway"},
    ),
    Scenario(
        "ParlourJobsFailing",
        {'parlour_jobs_total{job="memory",task="embed",result="given_up"}': "0x10 1x20"},
        (
            {
                'parlour_jobs_total{job="memory",task="embed",result="failed"}': "0+2x30",
                'parlour_jobs_total{job="memory",task="embed",result="given_up"}': "0x30",
            },
        ),
        labels={"job": "memory", "task": "embed"},
    ),
    Scenario(
        "ParlourDatabaseCrowded",
        {'parlour_database_waiting_callers{job="credit"}': "0x10 20x20"},
        ({'parlour_database_waiting_callers{job="credit"}': "0x16 50x1 0x13"},),
        labels={"job": "credit"},
    ),
    Scenario(
        "ParlourCertificateExpires",
        {'parlour_tls_certificate_expiry_seconds{job="credit"}': "173400-60x30"},
        ({'parlour_tls_certificate_expiry_seconds{job="credit"}': "600000-60x30"},),
        labels={"job": "credit"},
    ),
    Scenario(
        "ParlourClockOff",
        {'parlour_clock_timestamp_seconds{job="credit"}': "20+60x30"},
        ({'parlour_clock_timestamp_seconds{job="credit"}': "1+60x30"},),
        labels={"job": "credit"},
    ),
    Scenario(
        "ParlourDiscordIdentifiesLow",
        {'parlour_gateway_discord_identifies_remaining{job="gateway"}': "200-10x30"},
        ({'parlour_gateway_discord_identifies_remaining{job="gateway"}': "990x30"},),
    ),
    Scenario(
        "ParlourErasureLate",
        {'parlour_conversation_erasure_oldest_seconds{job="conversation"}': "0+600x30"},
        ({'parlour_conversation_erasure_oldest_seconds{job="conversation"}': "0+60x30"},),
    ),
)

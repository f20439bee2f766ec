"""The alerts as a rule file of Prometheus, as plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.runtime.alerts import ALERTS, RUNBOOK, Alert


def rule_groups(alerts: Sequence[Alert] = ALERTS) -> Mapping[str, Any]:
    """Return the content of a rule file, which is also the `spec` of a PrometheusRule."""
    return {"groups": [{"name": "parlour", "rules": [_rule(one) for one in alerts]}]}


def labels(one: Alert) -> Mapping[str, str]:
    """Return what an alert adds to the labels of what set it off."""
    return {"severity": one.severity.value}


def annotations(one: Alert) -> Mapping[str, str]:
    """Return what is told with an alert: what it means, and where to read what to do."""
    return {"summary": one.summary, "runbook": f"{RUNBOOK}#{one.anchor}"}


def _rule(one: Alert) -> Mapping[str, Any]:
    rule: dict[str, Any] = {"alert": one.name, "expr": one.expression}
    if one.for_s:
        rule["for"] = f"{one.for_s}s"
    return {**rule, "labels": dict(labels(one)), "annotations": dict(annotations(one))}

"""The alerts as a rule file of Prometheus, and as the resource that Prometheus's operator reads in Kubernetes."""

from collections.abc import Mapping
from typing import Any

import yaml

from services.runtime.alert_rules import rule_groups

_HEAD = "# Made from services/runtime/alerts.py: make dashboards\n"


def rules_yaml() -> str:
    """Return the rule file. The same alerts give the same text."""
    return _written(rule_groups())


def rule_resource_yaml() -> str:
    """Return the same as a PrometheusRule."""
    return _written({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "parlour"}, "spec": rule_groups()})


def _written(content: Mapping[str, Any]) -> str:
    return _HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1_000)

"""The rule file: true to the alerts."""

from observability import RULE_RESOURCE, RULES
from observability.rules import rule_resource_yaml, rules_yaml


def test_prometheus_rule_files_are_what_the_alerts_make_them() -> None:
    assert RULES.read_text() == rules_yaml(), "write it anew: make dashboards"
    assert RULE_RESOURCE.read_text() == rule_resource_yaml(), "write it anew: make dashboards"

"""The alerts as rules, and that each is tried out."""

import pytest

from services.runtime.alert_rules import rule_groups
from services.runtime.alerts import ALERTS, Severity
from tests.alerts.rule_tests import promtool_tests
from tests.alerts.scenarios import SCENARIOS, Scenario


def test_every_alert_is_tried_out_by_promtool_with_something_that_must_not_set_it_off() -> None:
    assert {scenario.alert for scenario in SCENARIOS} == {one.name for one in ALERTS}
    assert all(scenario.quiet for scenario in SCENARIOS)


def test_a_rule_has_what_prometheus_and_whoever_is_called_need() -> None:
    (group,) = rule_groups()["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [one.name for one in ALERTS]
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in set(Severity)
        assert rule["annotations"]["runbook"].startswith("docs/operations.md#")
        assert "for" not in rule or rule["for"].endswith("s")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.alert)
def test_what_a_summary_names_is_told_by_the_scenario(scenario: Scenario) -> None:
    first = promtool_tests("rules.yml", [scenario])["tests"][0]["alert_rule_test"][0]
    assert "$labels" not in first["exp_alerts"][0]["exp_annotations"]["summary"]

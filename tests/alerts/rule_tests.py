"""The scenarios as promtool's unit tests. JSON is YAML, so that nothing is needed to write it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.runtime.alert_rules import annotations, labels
from services.runtime.alerts import alert
from tests.alerts.scenarios import Scenario, Series


def promtool_tests(rule_file: str, scenarios: Sequence[Scenario]) -> Mapping[str, Any]:
    """Return a file for `promtool test rules`: for each scenario one test in which its alert fires, and those in which it does not."""
    tests = []
    for scenario in scenarios:
        tests.append(_test(scenario, scenario.fires, [_expected(scenario)]))
        tests.extend(_test(scenario, series, []) for series in scenario.quiet)
    return {"rule_files": [rule_file], "evaluation_interval": "1m", "tests": tests}


def _test(scenario: Scenario, series: Series, expected: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{scenario.at_min}m", "alertname": scenario.alert, "exp_alerts": expected}],
    }


def _expected(scenario: Scenario) -> Mapping[str, Any]:
    one = alert(scenario.alert)
    said = {name: _filled(text, scenario.labels) for name, text in annotations(one).items()}
    return {"exp_labels": {**scenario.labels, **labels(one)}, "exp_annotations": said}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: values[found[1]], text)

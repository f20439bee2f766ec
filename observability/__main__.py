"""Writes the files of Grafana and Prometheus: `python -m observability`."""

from observability import GRAFANA, RULE_RESOURCE, RULES
from observability.grafana import dashboard_json
from observability.panels import DASHBOARDS
from observability.rules import rule_resource_yaml, rules_yaml

GRAFANA.mkdir(exist_ok=True)
for board in DASHBOARDS:
    (GRAFANA / f"{board.name}.json").write_text(dashboard_json(board))
RULES.parent.mkdir(exist_ok=True)
RULES.write_text(rules_yaml())
RULE_RESOURCE.write_text(rule_resource_yaml())

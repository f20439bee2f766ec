"""What operators look at: dashboards as data, and the files of Grafana and Prometheus made from the code. `make dashboards` writes them anew."""

from pathlib import Path

GRAFANA = Path(__file__).parent / "grafana"
RULES = Path(__file__).parent / "prometheus" / "rules.yaml"
"""The alerts, as Prometheus reads them."""
RULE_RESOURCE = RULES.with_name("prometheus-rule.yaml")
"""The same, as a resource of Kubernetes."""

"""What operators look at: dashboards as data, and Grafana's files made from them. `make dashboards` writes observability/grafana/ anew."""

from pathlib import Path

GRAFANA = Path(__file__).parent / "grafana"

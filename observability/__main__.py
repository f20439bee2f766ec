"""Writes Grafana's files: `python -m observability`."""

from observability import GRAFANA
from observability.grafana import dashboard_json
from observability.panels import DASHBOARDS

GRAFANA.mkdir(exist_ok=True)
for board in DASHBOARDS:
    (GRAFANA / f"{board.name}.json").write_text(dashboard_json(board))

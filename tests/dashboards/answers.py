"""What a Prometheus answers a dashboard's panels, and what is wrong with that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from observability.panels import RATE, Dashboard, Panel, Query
from tests.dashboards.prometheus_server import PrometheusServer, Series

_RATE_S = "15s"


@dataclass(frozen=True)
class Answered:
    """A panel with the series of each of its queries."""

    panel: Panel
    series: Sequence[tuple[Query, Sequence[Series]]]

    @property
    def empty(self) -> Sequence[str]:
        """The queries that have no number to show."""
        return [query.expression for query, found in self.series if not any(math.isfinite(value) for _, values in found for _, value in values)]


def ask(server: PrometheusServer, board: Dashboard, *, start_s: float, end_s: float) -> Sequence[Answered]:
    """Ask everything that a dashboard asks. Raises ValueError for a query that Prometheus does not understand."""
    return [
        Answered(panel, [(query, server.range(query.expression.replace(RATE, _RATE_S), start_s=start_s, end_s=end_s)) for query in panel.queries])
        for panel in board.panels
    ]

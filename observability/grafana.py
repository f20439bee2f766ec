"""Dashboards as Grafana's JSON, by Grafana's own typed builders."""

import json

from grafana_foundation_sdk.builders import common, prometheus, timeseries
from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, SortOrder, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from observability.panels import Dashboard, Panel

_ACROSS = 3
_WIDTH, _HEIGHT = 24 // _ACROSS, 8
_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def dashboard_json(board: Dashboard) -> str:
    """Return a dashboard as a file that Grafana imports; whoever looks chooses the data source. The same data give the same text."""
    builder = grafana.Dashboard(board.title).uid(board.name).tags(["parlour"]).readonly().refresh("30s").time("now-1h", "now").timezone("browser")
    builder.with_variable(grafana.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    for row in board.rows:
        builder.with_row(grafana.Row(row.title))
        for panel in row.panels:
            builder.with_panel(_panel(panel))
    return json.dumps(builder.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _panel(panel: Panel) -> timeseries.Panel:
    built = timeseries.Panel().title(panel.title).unit(panel.unit.value).min(0).span(_WIDTH).height(_HEIGHT).datasource(_SOURCE)
    built.legend(common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM))
    built.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    for position, query in enumerate(panel.queries):
        built.with_target(prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id(chr(ord("A") + position)))
    return built

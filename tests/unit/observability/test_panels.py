"""The dashboards: true to the code, and their files to them."""

import re
from pathlib import Path

import pytest

from observability import GRAFANA
from observability.grafana import dashboard_json
from observability.panels import DASHBOARDS, Dashboard, Panel

SERVICES = Path(__file__).resolve().parents[3] / "services"
DECLARED = set(re.findall(r'"(parlour_\w+)"', "\n".join(path.read_text() for path in SERVICES.rglob("*.py"))))
OF_THE_CLIENT_LIBRARY = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
PANELS = [panel for board in DASHBOARDS for panel in board.panels]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_asks_for_metrics_that_there_are_and_names_its_series_by_their_labels(panel: Panel) -> None:
    for query in panel.queries:
        names = {re.sub("_(bucket|count)$", "", name) for name in re.findall(r"\b(?:parlour|process)_\w+", query.expression)}
        assert names
        assert names <= DECLARED | OF_THE_CLIENT_LIBRARY
        kept = {label.strip() for group in re.findall(r"by \(([^)]*)\)", query.expression) for label in group.split(",")}
        assert set(re.findall(r"{{(\w+)}}", query.legend)) <= kept


def test_titles_are_of_one_panel_each() -> None:
    titles = [panel.title for panel in PANELS]
    assert len(set(titles)) == len(titles)


def test_no_panel_is_drawn_by_who_somebody_is() -> None:
    asked = "\n".join(query.expression for panel in PANELS for query in panel.queries)
    assert not re.search(r"user|guild_id|account|channel_id", asked)


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.name)
def test_grafanas_file_is_what_the_panels_make_it(board: Dashboard) -> None:
    assert (GRAFANA / f"{board.name}.json").read_text() == dashboard_json(board), "write it anew: make dashboards"

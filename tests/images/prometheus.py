"""Debian's Prometheus with compose's configuration and the rules, as they are mounted."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.images import ROOT

_URL = "http://127.0.0.1:9090/api/v1"


class Collected:
    """What the running Prometheus tells."""

    def all_up(self) -> bool:
        """Return whether it collects from every target, and has read the alerts."""
        targets, rules = self._ask("targets")["activeTargets"], self._ask("rules")["groups"]
        return bool(targets) and bool(rules) and all(target["health"] == "up" for target in targets)

    def told(self) -> str:
        """Return what it says of its targets."""
        return "\n".join(f"{target['scrapeUrl']}: {target['health']} {target['lastError']}" for target in self._ask("targets")["activeTargets"])

    def _ask(self, what: str) -> Any:
        try:
            with urllib.request.urlopen(f"{_URL}/{what}", timeout=5) as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, OSError):
            return {"activeTargets": [], "groups": []}


@contextmanager
def collecting(folder: Path) -> Iterator[Collected]:
    """Run it for a while. Raises RuntimeError where there is none."""
    if shutil.which("prometheus") is None:
        raise RuntimeError("prometheus is not here: apt-get install prometheus")
    beside = folder / "prometheus"
    beside.mkdir()
    shutil.copy(ROOT / "compose" / "prometheus.yaml", beside)
    shutil.copy(ROOT / "observability" / "prometheus" / "rules.yaml", beside)
    command = ["prometheus", f"--config.file={beside}/prometheus.yaml", f"--storage.tsdb.path={beside}/data", "--web.listen-address=127.0.0.1:9090"]
    with (beside / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield Collected()
        finally:
            process.terminate()

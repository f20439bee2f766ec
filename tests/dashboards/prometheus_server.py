"""Debian's Prometheus, which collects from a running stack's services."""

import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.local.addresses import free_port

_SCRAPE_S = 1
_ANSWER_S = 10.0

type Series = tuple[Mapping[str, str], Sequence[tuple[float, float]]]
"""Labels, and values by time in seconds."""


class PrometheusMissing(RuntimeError):
    """There is no prometheus on this machine."""


@dataclass(frozen=True)
class PrometheusServer:
    """One that runs."""

    url: str

    def is_ready(self) -> bool:
        """Return whether it answers questions."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=_ANSWER_S) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def range(self, expression: str, *, start_s: float, end_s: float, step_s: float = 1.0) -> Sequence[Series]:
        """Ask for an expression's values over time. Raises ValueError with what Prometheus says where it does not understand it."""
        asked = urllib.parse.urlencode({"query": expression, "start": start_s, "end": end_s, "step": step_s})
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{asked}", timeout=_ANSWER_S) as answer:
                said: Any = json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{expression}: {json.load(error)['error']}") from None
        return [(one["metric"], [(float(time_s), float(value)) for time_s, value in one["values"]]) for one in said["data"]["result"]]


@contextmanager
def collecting(targets: Mapping[str, str]) -> Iterator[PrometheusServer]:
    """Run a Prometheus that collects from each address under the name of its service. Raises PrometheusMissing."""
    program = shutil.which("prometheus")
    if program is None:
        raise PrometheusMissing("prometheus is not here: apt-get install prometheus")
    jobs = [{"job_name": name, "static_configs": [{"targets": [address]}]} for name, address in targets.items()]
    config = {"global": {"scrape_interval": f"{_SCRAPE_S}s"}, "scrape_configs": jobs}
    with tempfile.TemporaryDirectory(prefix="parlour-prometheus-") as folder:
        Path(folder, "prometheus.yml").write_text(json.dumps(config))
        address = f"127.0.0.1:{free_port()}"
        command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={address}"]
        with Path(folder, "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                yield PrometheusServer(f"http://{address}")
            finally:
                process.terminate()
                process.wait()

"""A service's metrics, as Prometheus reads them."""

import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

PAGE_BYTES_MAX = 8 << 20


class NoMetrics(Exception):
    """The page could not be had; the message says why."""


@dataclass(frozen=True)
class MetricsPage:
    """The samples of one reading; `asked_at` and `read_at` are seconds since 1970 by the reader's clock."""

    samples: Mapping[str, tuple[Sample, ...]]
    asked_at: float = 0.0
    read_at: float = 0.0

    def of(self, name: str, **labels: str) -> Iterator[Sample]:
        """Give the samples of a metric that have these labels."""
        return (sample for sample in self.samples.get(name, ()) if labels.items() <= sample.labels.items())

    def value(self, name: str, **labels: str) -> float | None:
        """Return the first sample's value, None where there is none."""
        return next((sample.value for sample in self.of(name, **labels)), None)


def parsed(text: str, asked_at: float = 0.0, read_at: float = 0.0) -> MetricsPage:
    """Read a page. Raises NoMetrics."""
    samples: dict[str, list[Sample]] = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                samples.setdefault(sample.name, []).append(sample)
    except ValueError:
        raise NoMetrics("what answers there shows no metrics") from None
    return MetricsPage({name: tuple(found) for name, found in samples.items()}, asked_at, read_at)


def fetched(address: str, *, timeout_s: float, clock: Callable[[], float] = time.time) -> MetricsPage:
    """Read http://address/metrics. Raises NoMetrics."""
    connection = http.client.HTTPConnection(address, timeout=timeout_s)
    asked_at = clock()
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        read_at = clock()
        if response.status != http.client.OK:
            raise NoMetrics(f"it answers with status {response.status}")
        return parsed(response.read(PAGE_BYTES_MAX).decode(errors="replace"), asked_at, read_at)
    except (OSError, http.client.HTTPException) as problem:
        raise NoMetrics(getattr(problem, "strerror", None) or str(problem) or type(problem).__name__) from None
    finally:
        connection.close()

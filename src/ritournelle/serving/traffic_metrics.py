"""What this process answered, as Prometheus metrics: by route template, method and status, never by who asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ritournelle.serving.traffic import BOUNDS, Traffic

_BOUNDS = (*(str(bound) for bound in BOUNDS), "+Inf")


class TrafficMetrics(Collector):
    """Since the process began; with several servers each tells of its own."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known once there was a request."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Answers, how long they took, and who was refused as too many."""
        answers = CounterMetricFamily(
            "ritournelle_requests", "Requests answered.", labels=["route", "method", "status"]
        )
        times = HistogramMetricFamily(
            "ritournelle_request_duration_seconds",
            "From its head to the end of its answer.",
            labels=["route", "method"],
        )
        for route, method, known in self._traffic.routes():
            for status, count in sorted(known.statuses.items()):
                answers.add_metric([route, method, str(status)], count)
            buckets = list(zip(_BOUNDS, map(float, accumulate(known.slow)), strict=True))
            times.add_metric([route, method], buckets, known.seconds)
        yield from (answers, times)
        refused = CounterMetricFamily("ritournelle_requests_refused", "Refused as too many.", labels=["kind"])
        for kind, count in self._traffic.refusals().items():
            refused.add_metric([kind], count)
        yield refused

"""The metrics of a stack in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import asdict
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from enuf import __version__
from enuf.model.certificate import TlsStatus, expires_at
from enuf.model.snapshot import Snapshot
from enuf.model.status import JobStatus
from enuf.observe.live.sampler import Counts, Sampler
from enuf.observe.live.totals import BOUNDS_S, Histogram, Totals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FRESH_S = 3.0
STATUSES = ("idle", "busy", "cheap", "starting")
EXPECTED_ANSWERS = ("200", "404", "500", "502", "503", "504")
"""Statuses that have a series before the first such answer: an alert on a missing series would never fire."""
SLOW_BOUND_S = 1.0


def exposition(totals: Totals, snapshot: Snapshot, counts: Counts, site: str = "") -> bytes:
    """Return the document of /metrics. Unknown figures are left out, not shown as 0.

    With `site`, the name of an installed site, every series has the label `site`.
    """
    registry = CollectorRegistry(auto_describe=False)
    stack = _Stack(totals, snapshot, counts)
    registry.register(_OfSite(stack, site) if site else stack)
    return generate_latest(registry)


def scrape(sampler: Sampler, site: str = "") -> bytes:
    """Return the document as of now: counters include this moment, gauges are at most FRESH_S old."""
    snapshot, counts = sampler.latest(within_s=FRESH_S)
    return exposition(sampler.totals(), snapshot, counts, site)


class _OfSite(Collector):
    """The metrics of a stack, with the label of the site that the stack serves."""

    def __init__(self, stack: Collector, site: str) -> None:
        self._stack = stack
        self._site = site

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics."""
        for metric in self._stack.collect():
            metric.samples = [
                sample._replace(labels={**sample.labels, "site": self._site}) for sample in metric.samples
            ]
            yield metric


class _Stack(Collector):
    def __init__(self, totals: Totals, snapshot: Snapshot, counts: Counts) -> None:
        self._totals = totals
        self._now = snapshot
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        """Yield all metrics."""
        yield _gauge(
            "enuf_up", "1 while the stack serves.", float(self._now.state in ("serving", "reloading"))
        )
        yield self._build()
        if self._now.front is not None:
            yield from self._requests()
        yield from self._server()
        yield from self._processes()
        yield from _beside(self._now)
        if self._now.tls is not None:
            yield _certificates(self._now.tls, self._now.at)

    def _build(self) -> GaugeMetricFamily:
        now = self._now
        build = GaugeMetricFamily(
            "enuf_build_info",
            "The version of enuf and what it runs; always 1.",
            labels=["version", "topology", "front", "server"],
        )
        programs = (f"{each.name} {each.version}".strip() if each else "" for each in (now.front, now.server))
        build.add_metric([__version__, now.topology, *programs], 1)
        return build

    def _requests(self) -> Iterator[Metric]:
        by_status = {**dict.fromkeys(EXPECTED_ANSWERS, 0), **self._totals.by_status}
        answers = "Answers of the front since the stack began to serve."
        yield _counter("enuf_http_requests", answers, "status", by_status)
        yield from self._cached_and_limited()
        sent = "Bytes of the bodies of those answers."
        yield CounterMetricFamily("enuf_http_response_bytes", sent, value=self._totals.bytes)
        fast = sum(self._totals.duration.counts[: BOUNDS_S.index(SLOW_BOUND_S) + 1])
        slow = "Requests that took longer than a second."
        yield CounterMetricFamily(
            "enuf_http_requests_slow", slow, value=sum(self._totals.duration.counts) - fast
        )
        yield _histogram(
            "enuf_http_request_duration_seconds",
            "From the first byte of a request until its answer was sent.",
            self._totals.duration,
        )
        yield _histogram(
            "enuf_http_upstream_wait_seconds",
            "From passing a request on to the app until a thread took it.",
            self._totals.wait,
        )

    def _cached_and_limited(self) -> Iterator[Metric]:
        if cached := self._totals.by_cache:
            kept = "Requests at cached paths, by what the cache did."
            yield _counter("enuf_cache_requests", kept, "status", cached)
        if limited := self._totals.by_limit:
            refused = "Requests that the front answered 429, by the limit."
            yield _counter("enuf_limited_requests", refused, "limit", limited)

    def _server(self) -> Iterator[Metric]:
        now = self._now
        if now.workers:
            yield _workers(now)
        if now.busy is not None and now.slots is not None:
            yield _gauge("enuf_threads_busy", "Threads that work on a request.", now.busy)
            yield _gauge("enuf_threads", "Threads that could.", now.slots)
            if now.backlog.queued is not None:
                flight = "Requests that a thread works on, and connections that wait for one."
                yield _gauge("enuf_requests_in_flight", flight, now.busy + now.backlog.queued)
        if now.backlog.queued is not None:
            yield _gauge("enuf_backlog_queued", "Connections that wait for a thread.", now.backlog.queued)
        if now.backlog.limit is not None:
            yield _gauge("enuf_backlog_limit", "Connections that may wait.", now.backlog.limit)
        yield _gauge(
            "enuf_generation", "Number of the generation that serves; 0 when none does.", now.generation
        )
        reloads = asdict(self._counts.reloads)
        yield _counter("enuf_reloads", "Reloads since the stack was started.", "outcome", reloads)
        answers = self._counts.answers
        yield CounterMetricFamily("enuf_answers_cut", "Answers that ended early.", value=answers.cut)
        why = "Requests that the app was not asked for, with 503, because no thread was free in time."
        yield CounterMetricFamily("enuf_requests_refused", why, value=answers.too_late)
        hung = "Requests that were ended because they took longer than serve.timeout."
        yield CounterMetricFamily("enuf_requests_hung", hung, value=answers.hung)
        exits = asdict(self._counts.exits)
        yield _counter("enuf_worker_exits", "Workers that ended unasked.", "reason", exits)
        restarted = asdict(self._counts.units)
        if now.front is None or now.front.origin == "host":
            del restarted["front"]
        yield _counter("enuf_unit_exits", "Main processes of servers that ended unasked.", "unit", restarted)
        if now.uptime_s is not None:
            yield _gauge(
                "enuf_start_time_seconds", "When the stack was started.", round(now.at - now.uptime_s, 1)
            )

    def _processes(self) -> Iterator[Metric]:
        memory = GaugeMetricFamily(
            "enuf_process_resident_memory_bytes", "Memory of all processes of a unit.", labels=["unit"]
        )
        share = GaugeMetricFamily(
            "enuf_process_proportional_memory_bytes",
            "Memory of all processes of a unit; shared memory counts once.",
            labels=["unit"],
        )
        for unit in sorted({process.unit for process in self._now.units}):
            processes = [process for process in self._now.units if process.unit == unit]
            memory.add_metric([unit], sum(process.rss_bytes for process in processes))
            known = [process.pss_bytes for process in processes if process.pss_bytes is not None]
            if len(known) == len(processes):
                share.add_metric([unit], sum(known))
        yield memory
        if share.samples:
            yield share


def _beside(now: Snapshot) -> Iterator[Metric]:
    """Yield the metrics of what runs beside the web app; none where only the app runs."""
    if now.beside:
        up = GaugeMetricFamily("enuf_process_up", "1 while a process beside the app runs.", labels=["name"])
        starts = CounterMetricFamily("enuf_process_restarts", "Its starts but the first.", labels=["name"])
        for process in now.beside:
            up.add_metric([process.name], float(process.state == "running"))
            starts.add_metric([process.name], process.restarts)
        yield from (up, starts)
    if now.jobs:
        yield from _jobs(now.jobs)


def _jobs(jobs: Iterable[JobStatus]) -> Iterator[Metric]:
    runs = CounterMetricFamily(
        "enuf_job_runs",
        "Runs of scheduled commands, and those that did not take place.",
        labels=["name", "result"],
    )
    success = GaugeMetricFamily(
        "enuf_job_last_success_timestamp_seconds", "When a run succeeded the last time.", labels=["name"]
    )
    for job in jobs:
        for result, count in asdict(job.runs).items():
            if count is not None:
                runs.add_metric([job.name, result], count)
        if job.last_success_at is not None:
            success.add_metric([job.name], job.last_success_at)
    yield runs
    if success.samples:
        yield success


def _certificates(tls: TlsStatus, now: float) -> GaugeMetricFamily:
    left = GaugeMetricFamily(
        "enuf_tls_certificate_expiry_seconds",
        "Seconds until a certificate that is served ends; negative after its end.",
        labels=["name"],
    )
    for each in tls.certificates:
        left.add_metric([each.names[0] if each.names else ""], round(expires_at(each.not_after) - now))
    return left


def _workers(now: Snapshot) -> GaugeMetricFamily:
    workers = GaugeMetricFamily("enuf_workers", "Worker processes of the server.", labels=["status"])
    for status in STATUSES:
        workers.add_metric([status], sum(worker.status == status for worker in now.workers))
    return workers


def _counter(name: str, text: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    counted = CounterMetricFamily(name, text, labels=[label])
    for value, count in sorted(counts.items()):
        counted.add_metric([value], count)
    return counted


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _histogram(name: str, text: str, counted: Histogram) -> HistogramMetricFamily:
    buckets, so_far = [], 0
    for bound, count in zip([*map(str, BOUNDS_S), "+Inf"], counted.counts, strict=True):
        so_far += count
        buckets.append((bound, float(so_far)))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=round(counted.sum_s, 6))

"""The measurements of `enuf bench advise`: the app served with different numbers of processes and threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enuf.bench.advice import SlotCounts, SlotPoint, SlotTarget, ladder_of, next_slots
from enuf.bench.measure import measure
from enuf.bench.request import BenchRequest
from enuf.bench.results import LeftOut, Report
from enuf.errors import NotReady
from enuf.start.invocation import Invocation

_LEAST_CONNECTIONS = 16
"""Twice as many as requests are worked on at once, and at least so many: fewer ones would hide what threads can do."""


class Advising:
    """One search, which keeps the points that were measured when it is interrupted."""

    def __init__(
        self, invocation: Invocation, environ: Mapping[str, str], *, url: str, duration_s: float
    ) -> None:
        self._invocation = invocation
        self._environ = environ
        self._url = url
        self._duration_s = duration_s
        self.is_interrupted = False

    def points(self, target: SlotTarget, cores: int) -> Iterator[SlotPoint]:
        """Yield the points that the choice needs, each as soon as it is measured. Raise NotReady where the app does not start."""
        points: list[SlotPoint] = []
        while (slots := next_slots(target, ladder_of(cores), points)) is not None:
            report = self._measured(slots, target)
            if report.interrupted:
                self.is_interrupted = True
                return
            points.append(point_of(report, slots))
            yield points[-1]

    def _measured(self, slots: SlotCounts, target: SlotTarget) -> Report:
        request = BenchRequest(
            topologies=(),
            without_peers=True,
            scenarios=(),
            urls=(self._url,),
            rounds=1,
            duration_s=self._duration_s,
            connections=max(_LEAST_CONNECTIONS, 2 * slots.processes * slots.threads),
            rate=target.rate,
            processes=slots.processes,
            threads=slots.threads,
        )
        return measure(request, self._invocation, self._environ, _Unwatched(), command="")


def point_of(report: Report, slots: SlotCounts) -> SlotPoint:
    """Return what a report with one row says about these processes and threads. Raise NotReady without a row."""
    if not report.rows:
        why = next((each.reason for each in report.left_out), "nothing was measured")
        raise NotReady(f"the app could not be measured with {slots}: {why}", "enuf up shows what is wrong")
    row = report.rows[0]
    return SlotPoint(
        slots=slots,
        rps=row.rps or 0.0,
        p95_ms=row.p95_ms,
        memory_mb=row.memory_mb,
        cpu_us_per_request=row.cpu_us_per_request,
        failed=row.failed,
    )


class _Unwatched:
    """Takes how far a measurement has come, and shows nothing."""

    def begins(self, steps: int) -> None:
        """Take the number of turns."""

    def step(self, topology: str, scenario: str, round_number: int) -> None:
        """Take the turn that begins."""

    def left_out(self, left: LeftOut) -> None:
        """Take what is not measured, and why."""

"""Advice on what to change, derived from figures; none while there are too few figures."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from enuf.model.snapshot import Advice, Backlog, Point, Window, Worker
from enuf.observe.live.busy_routes import BusyRoute, holding_route, lasting, standing_at

FULL_FOR_S = 20.0
"""All threads busy for this time is more than a burst."""
QUIET_FOR_S = 300.0
FEWEST_POINTS = 8
FEWEST_REQUESTS = 20
WAITS_S = 0.05
"""A shorter wait in the queue is not reported."""
MANY_ERRORS = 0.05
MB = 2**20


class AdviceInput(msgspec.Struct, frozen=True, kw_only=True):
    """The figures that advice is derived from."""

    history: Sequence[Point]
    window: Window | None
    workers: Sequence[Worker]
    processes: int
    threads: int
    backlog: Backlog
    cpus: int
    own_scale: bool = False
    """True if the server itself changes the number of workers with the load."""


def advice(given: AdviceInput) -> tuple[Advice, ...]:
    """Return the advice for the figures, the most urgent first."""
    candidates = (
        _saturated(given),
        _queue_nearly_full(given),
        _errors(given),
        _too_large(given),
        _idle(given),
    )
    return tuple(each for each in candidates if each is not None)


def _saturated(given: AdviceInput) -> Advice | None:
    full = _full_points(given.history)
    if len(full) < FEWEST_POINTS or full[-1].at - full[0].at < FULL_FOR_S or not full[-1].slots:
        return None
    seconds, slots = full[-1].at - full[0].at, full[-1].slots
    waiting = given.backlog.queued
    wait_s = given.window.latency.wait_p95_s if given.window else None
    if not waiting and (wait_s is None or wait_s < WAITS_S):
        return None  # all threads busy and an empty queue: well used
    figures = {"busy_for_s": round(seconds, 1), "slots": float(slots)}
    if route := holding_route(given.workers, slots):
        return _slow_route(route, slots, figures)
    queue, wait = "", ""
    if waiting is not None:
        figures["waiting"] = float(waiting)
        queue = f", {waiting} waiting"
    if wait_s is not None:
        figures["wait_p95_s"] = wait_s
        wait = f", p95 wait {_time(wait_s)}"
    cure, settings = _cure(given, full, figures)
    text = f"all {slots} threads busy for {seconds:.0f} s{queue}{wait}: {cure}"
    return Advice(code="saturated", text=text, figures=figures, settings=settings)


def _slow_route(route: BusyRoute, slots: int, figures: dict[str, float]) -> Advice:
    """Return the advice for a stack of which one route holds the threads: more of them would end there too."""
    text = (
        f"all {slots} threads busy for {figures['busy_for_s']:.0f} s, {route.threads} of them in {route.route}, for up to "
        f"{lasting(route.longest_s)}{standing_at(route.where)}: look there first, more threads would end there too"
    )
    figures |= {"threads": float(route.threads), "longest_s": round(route.longest_s, 1)}
    return Advice(code="slow-route", text=text, figures=figures)


def _full_points(history: Sequence[Point]) -> list[Point]:
    """Return the unbroken run of latest points with every thread busy."""
    full: list[Point] = []
    for point in reversed(history):
        if not point.slots or point.busy is None or point.busy < point.slots:
            break
        full.append(point)
    return full[::-1]


def _cure(given: AdviceInput, full: Sequence[Point], figures: dict[str, float]) -> tuple[str, str]:
    """Return what to change when all threads are busy, and the settings of it.

    Threads cost little and help while the app waits for I/O. Processes cost memory and help while the app
    computes.
    """
    each_mb = _worker_mb(given.workers)
    cost = f" (each +{each_mb:.0f} MB)" if each_mb else ""
    if each_mb:
        figures["worker_mb"] = round(each_mb, 1)
    cpu = [point.cpu for point in full if point.cpu is not None]
    if len(cpu) < FEWEST_POINTS:
        return f"add processes{cost} or raise threads", _more_threads(given)
    used = sum(cpu) / len(cpu)
    waits = max(0.0, 1 - used / (full[-1].slots or 1))
    figures |= {"cpu": round(used, 2), "waits_on_others": round(waits, 2)}
    if used >= 0.9 * given.cpus:
        return f"the app uses {used:.1f} of {given.cpus} cores: it needs a faster app or a larger machine", ""
    if waits >= 0.5:
        text = f"add processes{cost} or raise threads: the app waits on I/O {waits:.0%} of the time"
        return text, _more_threads(given)
    return (
        f"add processes{cost}: the app computes {1 - waits:.0%} of the time, so threads would only take turns",
        _serve_lines(processes=min(2 * given.processes, max(given.cpus, given.processes + 1))),
    )


def _more_threads(given: AdviceInput) -> str:
    return _serve_lines(threads=2 * given.threads)


def _serve_lines(**settings: int) -> str:
    """Return lines of enuf.toml; none for a stack whose figures were not known."""
    if not all(settings.values()):
        return ""
    return "\n".join(["[serve]", *(f"{name} = {value}" for name, value in settings.items())])


def _worker_mb(workers: Sequence[Worker]) -> float:
    """Return the mean memory of a worker in MB; 0 if unknown."""
    known = [worker.pss_bytes or worker.rss_bytes for worker in workers if worker.rss_bytes]
    return sum(known) / len(known) / MB if known else 0.0


def _queue_nearly_full(given: AdviceInput) -> Advice | None:
    queued, limit = given.backlog.queued, given.backlog.limit
    if not queued or not limit or queued < 0.8 * limit:
        return None
    text = f"{queued} of at most {limit} connections wait: when it is full, visitors get 502 at once"
    return Advice(
        code="queue-nearly-full", text=text, figures={"queued": float(queued), "limit": float(limit)}
    )


def _errors(given: AdviceInput) -> Advice | None:
    window = given.window
    if window is None or window.requests < FEWEST_REQUESTS:
        return None
    failed, answers = window.failed, window.requests - window.closed
    if not failed or failed < MANY_ERRORS * answers:
        return None
    text = (
        f"{failed} of {answers} answers in the last {window.seconds:.0f} s were errors of the server (5xx): "
        "enuf logs --status 5xx"
    )
    return Advice(code="errors", text=text, figures={"failed": float(failed), "requests": float(answers)})


def _too_large(given: AdviceInput) -> Advice | None:
    """Return advice about uploads that were turned away; the app itself may have a limit of its own."""
    count = given.window.by_status.get("413", 0) if given.window else 0
    if not given.window or not count:
        return None
    uploads = "1 upload was" if count == 1 else f"{count} uploads were"
    text = (
        f"{uploads} answered 413, too large, in the last {given.window.seconds:.0f} s: serve.max_body (--max-body) "
        "is the limit, where the app has no lower one"
    )
    return Advice(code="too-large", text=text, figures={"refused": float(count)})


def _idle(given: AdviceInput) -> Advice | None:
    """Return advice to save memory, only for a stack that had visitors most of the time."""
    known = [point for point in given.history if point.busy is not None and point.slots]
    if given.own_scale or given.processes <= 2 or len(known) < FEWEST_POINTS:
        return None
    seconds = known[-1].at - known[0].at
    used = sum(point.rates.total > 0 for point in known)
    if seconds < QUIET_FOR_S or used < len(known) / 2:
        return None
    most, slots = round(max(point.busy or 0 for point in known)), known[-1].slots or 0
    enough = max(2, -(-2 * most // max(1, given.threads)))  # twice the largest number of busy threads
    each_mb = _worker_mb(given.workers)
    if enough >= given.processes or not each_mb:
        return None
    spare_mb = (given.processes - enough) * each_mb
    text = (
        f"never more than {most} of {slots} threads busy in the last {seconds / 60:.0f} min: "
        f"serve.processes = {enough} would do, and free {spare_mb:.0f} MB"
    )
    figures = {
        "busy_max": float(most),
        "slots": float(slots),
        "seconds": round(seconds),
        "spare_mb": round(spare_mb, 1),
    }
    return Advice(code="idle", text=text, figures=figures, settings=_serve_lines(processes=enough))


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"

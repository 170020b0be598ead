"""What is wrong with a running stack, derived from figures and events: for the first lines of every view."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from enuf.model.journal import JournalEvent
from enuf.model.snapshot import Backlog, ErrorGroup, State, Trouble, Worker
from enuf.model.status import JobStatus, Refusal, SideProcessStatus, SuspendedProcess
from enuf.model.unit_events import HungRequestEnded, UnitExited, WorkerExited
from enuf.model.worker_exit import exit_in_a_sentence, in_requests, worker_named
from enuf.observe.live.busy_routes import busy_routes, holding_route, lasting, route_of, standing_at
from enuf.observe.live.routes import RouteShare
from enuf.observe.live.workers import busy_threads
from enuf.observe.logs.own_code import own_line
from enuf.syntax.access_log import bounded_path

RECENT_S = 300.0
"""Crashes and hung requests are troubles for so long."""
MINUTE_S = 60.0
MANY_ERRORS, FEWEST_ERRORS = 0.05, 3
WAITING_S, FEWEST_WAITED = 0.05, 20
"""Threads are short when half of the requests wait so long; a reload makes few of them wait."""
SHORTS, MOST_NAMED = 2, 3
CLOSED = "visitors get the maintenance page (503); open the site again: enuf maintenance off"
LEAST_SHARE = 0.1
"""Routes that take less of the time of the threads are not named."""


class AnswersOfMinute(msgspec.Struct, frozen=True):
    """The answers of the last minute."""

    total: int = 0
    failed: int = 0
    """Answers 5xx."""
    waited: int = 0
    """Answers of the last seconds whose time in the queue is known."""
    median_wait_s: float | None = None
    """The median of that time."""
    shares: Sequence[RouteShare] = ()
    """What the routes take of the time of the threads, the largest first."""


class TroubleInput(msgspec.Struct, frozen=True, kw_only=True):
    """The figures and events that troubles are derived from."""

    now: float
    state: State
    project: str
    answers: AnswersOfMinute = AnswersOfMinute()
    is_closed: bool = False
    """True while the maintenance page answers visitors: a 503 on purpose, and no error."""
    workers: Sequence[Worker] = ()
    backlog: Backlog = Backlog(queued=None, limit=None)
    journal: Sequence[JournalEvent] = ()
    """The hung requests and exits of this run."""
    refused: Refusal | None = None
    suspended: Sequence[SuspendedProcess] = ()
    """Processes that a signal has suspended."""
    beside: Sequence[SideProcessStatus] = ()
    jobs: Sequence[JobStatus] = ()


def troubles(given: TroubleInput) -> tuple[Trouble, ...]:
    """Return what is wrong, the most urgent first."""
    return (
        *_stopping(given),
        *_suspended(given),
        *_stuck(given),
        *_crashes(given),
        *_loops(given),
        *_failed_jobs(given),
        *_errors(given),
        *_threads(given),
        *_hung(given),
        *_refused(given),
    )


def other_errors(groups: Iterable[ErrorGroup], found: Sequence[Trouble]) -> list[ErrorGroup]:
    """Return the errors that the troubles do not tell better: the servers' lines about workers that ended are left out."""
    ended = any(each.code in ("crashes", "hung", "stuck") for each in found)
    return [group for group in groups if group.layer == "app" or not ended]


def condition(found: Sequence[Trouble], *, is_closed: bool = False) -> str:
    """Return the troubles in a few words, for a badge; first whether visitors get the maintenance page."""
    closed = ("closed for maintenance",) if is_closed else ()
    return ", ".join((*closed, *(each.short for each in found[:SHORTS])))


def _stopping(given: TroubleInput) -> Iterator[Trouble]:
    routes = busy_routes(given.workers) if given.state == "stopping" else []
    if routes:
        first, others = routes[0], len(routes) - 1
        more = f", and for {_count(others, 'other route')}" if others else ""
        yield Trouble(
            code="stopping",
            short=f"waiting for {first.route}",
            text=f"waiting for {first.route}, for {lasting(first.longest_s)} so far{standing_at(first.where)}{more}",
        )


def _suspended(given: TroubleInput) -> Iterator[Trouble]:
    if given.suspended:
        named = ", ".join(str(each) for each in given.suspended[:MOST_NAMED])
        pids = " ".join(str(each.pid) for each in given.suspended)
        yield Trouble(
            code="suspended",
            short=f"{_count(len(given.suspended), 'process', 'processes')} suspended",
            text=f"suspended by a signal: {named}: kill -CONT {pids}",
        )


def _stuck(given: TroubleInput) -> Iterator[Trouble]:
    """Yield the threads that still work on a request that was ended for taking too long."""
    ended = {event.id for event in given.journal if isinstance(event, HungRequestEnded)}
    slots = busy_threads(given.workers)[1]
    for route in busy_routes(given.workers):
        stuck = sum(each in ended for each in route.ids)
        if stuck:
            yield Trouble(
                code="stuck",
                short=f"{_count(stuck, 'thread')} stuck",
                text=(
                    f"{stuck} of {slots} threads stuck in {route.route} for {lasting(route.longest_s)}"
                    f"{standing_at(route.where)}: longer than serve.timeout, and it does not react; its worker is replaced "
                    "when its other requests are finished"
                ),
            )


def _crashes(given: TroubleInput) -> Iterator[Trouble]:
    exits: dict[str, list[WorkerExited | UnitExited]] = {}
    for event in _recent(given):
        if isinstance(event, WorkerExited) and event.reason != "timeout":
            exits.setdefault(exit_in_a_sentence("", event.reason, event.how), []).append(event)
        if isinstance(event, UnitExited) and not event.expected:
            exits.setdefault(f"{event.program} {event.how}", []).append(event)
    for events in sorted(exits.values(), key=lambda each: -each[-1].at):
        yield Trouble(
            code="crashes", short=_count(len(events), "crash", "crashes"), text=_exits_in_a_sentence(events)
        )


def _exits_in_a_sentence(events: Sequence[WorkerExited | UnitExited]) -> str:
    """Return what ended alike, with which requests, how often, and how to read its lines."""
    requests, ids = _lost_with(events)
    logs = f"enuf logs --id {ids[-1]}" if ids else "enuf logs --layer server"
    last = events[-1]
    if isinstance(last, UnitExited):
        return f"the main process of {last.program} {last.how}{_times(events)}: {logs}"
    numbers = {event.worker for event in events if isinstance(event, WorkerExited)}
    worker = worker_named(numbers.pop() if len(numbers) == 1 else 0)
    return exit_in_a_sentence(
        worker, last.reason, last.how, f"{in_requests(requests)}{_times(events)}: {logs}"
    )


def _loops(given: TroubleInput) -> Iterator[Trouble]:
    """Yield the processes beside the app that end again and again."""
    for process in given.beside:
        if process.is_in_a_loop:
            again = f", next start at {clock(process.again_at)}" if process.again_at else ""
            yield Trouble(
                code="crash-loop",
                short=f"{process.name} ends again and again",
                text=f"{process.name} {process.last_end}, {process.failures} times in a row{again}: enuf logs --layer {_layer(process.name, given)}",
            )


def _layer(name: str, given: TroubleInput) -> str:
    """Return the layer of a process: its copies, `worker-1` and `worker-2`, share that of `worker`."""
    group, _, number = name.rpartition("-")
    is_copy = number.isdigit() and any(
        each.name != name and each.name.rpartition("-")[0] == group for each in given.beside
    )
    return group if is_copy else name


def _failed_jobs(given: TroubleInput) -> Iterator[Trouble]:
    for job in given.jobs:
        if job.last_result == "failed" and job.last_at:
            yield Trouble(
                code="job-failed",
                short=f"{job.name} failed",
                text=f"{job.name} {job.last_end}, started at {clock(job.last_at)}: enuf logs --layer {job.name}",
            )


def _lost_with(events: Sequence[WorkerExited | UnitExited]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the requests that were lost with the workers, the commonest first, and their ids, the latest last."""
    workers = [event for event in events if isinstance(event, WorkerExited)]
    requests = Counter(request for event in workers for request in event.requests)
    common = tuple(request for request, _ in requests.most_common(MOST_NAMED))
    return common, tuple(request_id for event in workers for request_id in event.ids)


def _errors(given: TroubleInput) -> Iterator[Trouble]:
    failed, total = given.answers.failed, given.answers.total
    if given.is_closed:
        return
    if failed >= FEWEST_ERRORS and failed >= MANY_ERRORS * total:
        share = f"{100 * failed / total:.0f} % errors"
        text = f"{share}: {failed} of {total} answers in the last minute were 5xx: enuf logs --status 5xx"
        yield Trouble(code="errors", short=share, text=text)


def _threads(given: TroubleInput) -> Iterator[Trouble]:
    """Yield the route that holds half of the threads or more, and threads that are all busy while others wait."""
    if given.state not in ("serving", "reloading"):
        return
    busy, slots = busy_threads(given.workers)
    waiting = given.backlog.queued or 0
    wait = f", {_count(waiting, 'connection')} waiting" if waiting else ""
    route = holding_route(given.workers, slots)
    if route:
        yield Trouble(
            code="slow-route",
            short=f"{route.threads} of {slots} threads in {route.route}",
            text=(
                f"{route.threads} of {slots} threads in {route.route}, for up to {lasting(route.longest_s)}"
                f"{standing_at(route.where)}{wait}: look there first, more threads would end there too"
            ),
        )
    elif slots and ((busy == slots and waiting) or _many_wait(given.answers)):
        waits, cure = f"{wait}{_median(given.answers)}", _filled_by(given.answers.shares)
        yield Trouble(
            code="saturated",
            short="all threads busy",
            text=f"all {slots} threads busy{waits}: {cure}"
            if busy == slots
            else f"the {slots} threads are not enough{waits}: {cure}",
        )


def _many_wait(answers: AnswersOfMinute) -> bool:
    return answers.waited >= FEWEST_WAITED and (answers.median_wait_s or 0.0) >= WAITING_S


def _median(answers: AnswersOfMinute) -> str:
    """Return how long requests wait, in words; empty where half of them hardly wait."""
    return (
        f", half of the requests wait {answers.median_wait_s:.2f} s or longer" if _many_wait(answers) else ""
    )


def _filled_by(shares: Sequence[RouteShare]) -> str:
    """Return which routes fill the threads, and the cure."""
    named = [each for each in shares[:MOST_NAMED] if each.share >= LEAST_SHARE]
    if not named:
        return "more processes or threads, or a faster app (enuf top shows which)"
    first, *others = named
    more = "".join(f", {each.route} {each.share:.0%}" for each in others)
    return (
        f"{first.route} takes {first.share:.0%} of their time, {first.mean_s:.2g} s each{more}: make that faster, or add "
        "processes or threads"
    )


def _hung(given: TroubleInput) -> Iterator[Trouble]:
    by_route: dict[str, list[HungRequestEnded]] = {}
    for event in _recent(given):
        if isinstance(event, HungRequestEnded):
            by_route.setdefault(route_of(event.method, bounded_path(event.uri)), []).append(event)
    for route, events in sorted(by_route.items(), key=lambda item: -len(item[1])):
        last = events[-1]
        where = standing_at(own_line("\n".join(last.stack), given.project))
        story = f": enuf logs --id {last.id}" if last.id != "unknown" else ""
        yield Trouble(
            code="hung",
            short=f"{_count(len(events), 'request')} hung",
            text=(f"{route} took longer than serve.timeout and was ended{where}{_times(events)}{story}"),
        )


def _refused(given: TroubleInput) -> Iterator[Trouble]:
    if given.refused:
        first_line = given.refused.summary.partition("\n")[0]
        changed = [os.path.relpath(file, given.project) for file in given.refused.changed[-1:]]
        since = f" ({changed[0]} has changed since: enuf reload)" if changed else ""
        text = (
            f"reload refused at {clock(given.refused.at)}{since}, the version before it serves: {first_line}"
        )
        yield Trouble(code="refused", short="last reload refused", text=text)


def _recent(given: TroubleInput) -> Iterable[JournalEvent]:
    return (event for event in given.journal if given.now - event.at <= RECENT_S)


def _times(events: Sequence[JournalEvent]) -> str:
    """Return `, 5 times in 10 s, last 09:04:35`; the time alone for one event."""
    last = clock(events[-1].at)
    if len(events) == 1:
        return f", {last}"
    span = max(1.0, events[-1].at - events[0].at)
    return f", {len(events)} times in {lasting(span)}, last {last}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def clock(at: float) -> str:
    """Format seconds since the epoch as the local time of day."""
    return time.strftime("%H:%M:%S", time.localtime(at))

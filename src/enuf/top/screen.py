"""A snapshot as lines for a terminal. Texts of visitors in snapshots are printable already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from enuf.model.certificate import certificate_line
from enuf.model.snapshot import Core, Point, Process, Snapshot, Worker
from enuf.model.words import ENGLISH, Words
from enuf.observe.live.busy_routes import standing_at
from enuf.observe.live.processes import memory_text
from enuf.observe.live.troubles import clock, other_errors
from enuf.top.figures import duration, megabytes, rate, short_duration, sparkline
from enuf.top.lists import beside_rows, error_rows, event_rows, route_rows, slow_rows
from enuf.top.rows import LABEL, label_cell, labelled_row, labelled_rows, one_row
from enuf.top.view import AT_FIRST, THREAD_ORDERS, TopView

LOUD = {"serving": "bold green", "reloading": "bold yellow", "starting": "bold yellow"}
MOST_WORKERS = 32
FEW_ROWS, MANY_ROWS = 5, 20
MOST_PLOTTED = 120


def snapshot_screen(
    now: Snapshot, *, width: int = 80, most: int = FEW_ROWS, view: TopView = AT_FIRST, words: Words = ENGLISH
) -> RenderableType:
    """Render a whole snapshot: state, rates, threads, routes, slow requests, errors, events, advice.

    `most` is the number of rows of each list.
    """
    parts: list[RenderableType] = [
        _head(now, words),
        *_certificates(now, words),
        *_requests(now, width, words),
    ]
    parts.append(_slots(now, words))
    for block in (
        _wrong(now, words),
        _threads(now, width, view.threads, words),
        beside_rows(now, words),
        route_rows(now, view.routes, most, words),
        slow_rows(now.slow, most, words),
        error_rows(other_errors(now.error_groups, now.troubles), most, words),
        event_rows(now.events, most, words),
        _sentences([("note", "dim", now.notes)], words),
    ):
        if block:
            parts += [Text(), *block]
    return Group(*parts)


def _head(now: Snapshot, words: Words) -> Text:
    up = (
        f"   {words.label('up')} {words.sentence(duration(now.uptime_s))}" if now.uptime_s is not None else ""
    )
    generation = words.sentence(f"generation {now.generation}")
    of = f"   {now.topology}   {generation}" if now.topology else ""
    wrong = (f"   {words.sentence(now.condition)}", "bold red") if now.condition else ""
    return Text.assemble(
        (label_cell(words, now.state), LOUD.get(now.state, "bold red")), (now.url, "bold"), wrong, f"{of}{up}",
        no_wrap=True, overflow="ellipsis",
    )  # fmt: skip


def _certificates(now: Snapshot, words: Words) -> list[Text]:
    served = now.tls.certificates if now.tls else ()
    return [
        labelled_row(words, "https", one_row(words.sentence(certificate_line(each, now.at))))
        for each in served
    ]


def _requests(now: Snapshot, width: int, words: Words) -> list[Text]:
    window = now.window
    if window is None:
        return []
    rates, latency = window.rates, window.latency
    if now.front is None:  # a uWSGI that enuf did not start has counts only
        return [labelled_row(words, "answers", f"{rate(rates.total)}/s")]
    classes = ((name, getattr(rates, f"s{name}")) for name in ("2xx", "3xx", "4xx", "5xx"))
    answers: list[str | tuple[str, str]] = [
        words.sentence(f"{rate(rates.total)}/s over {window.seconds:.0f} s")
    ]
    for name, value in classes:
        style = "bold red" if name == "5xx" and value else "yellow" if name == "4xx" and value else ""
        answers.append((f"   {name} {rate(value)}", style))
    whole = _times(p50=latency.p50_s, p95=latency.p95_s, p99=latency.p99_s)
    parts = _times(**{words.label("wait p95"): latency.wait_p95_s, words.label("app p95"): latency.app_p95_s})
    both = f"{whole}   {parts}"
    is_short = cell_len(both) <= width - LABEL - 1
    times = labelled_rows(words, "time", [[both]] if is_short else [[whole], [parts]])
    plot = sparkline([point.rates.total for point in now.history], min(width - LABEL - 1, MOST_PLOTTED))
    rows = [labelled_row(words, "answers", *answers), *times]
    return [*rows, labelled_row(words, "", (plot, "cyan"))] if plot else rows


def _times(**figures: float | None) -> str:
    return "   ".join(f"{name} {short_duration(value)}" for name, value in figures.items())


def _slots(now: Snapshot, words: Words) -> Text:
    parts: list[str | tuple[str, str]] = []
    if now.slots:
        full = now.busy == now.slots
        parts.append((words.sentence(f"{now.busy} of {now.slots} busy"), "bold yellow" if full else ""))
    queued = now.backlog.queued
    if queued is None:
        parts.append(f"   {words.sentence('waiting unknown')}")
    else:
        waiting = f"waiting {queued} of {now.backlog.limit}" if now.backlog.limit else f"waiting {queued}"
        parts.append((f"   {words.sentence(waiting)}", "bold yellow" if queued else ""))
    if now.memory_bytes:
        memory = f"memory {megabytes(now.memory_bytes)} {_measure(now.units)}"
        parts.append(f"   {words.sentence(memory)}")
    cpu = [unit.cpu for unit in now.units if unit.cpu is not None]
    if cpu:
        parts.append(f"   {words.sentence(f'CPU {sum(cpu):.2f} cores')}")
    return labelled_row(words, "threads", *parts)


def _threads(now: Snapshot, width: int, order: str, words: Words) -> list[RenderableType]:
    awake = (worker for worker in now.workers if worker.status != "cheap")
    shown = sorted(awake, key=THREAD_ORDERS[order], reverse=True)[:MOST_WORKERS]
    if not shown:
        return []
    threads = Table.grid(padding=(0, 1))
    for _ in range(5):
        threads.add_column(no_wrap=True)
    threads.add_column(no_wrap=True, overflow="ellipsis", max_width=max(10, width - 50))
    for worker in shown:
        for number, core in enumerate(worker.cores or (Core(id=0, busy=worker.status == "busy"),)):
            threads.add_row(*(_worker(worker) if number == 0 else ("", "", "", "")), *_core(core, words))
    more = len(now.workers) - len(shown)
    others = words.sentence(f"and {more} more workers asleep or not shown")
    return [threads, *([Text(others, "dim")] if more else [])]


def _measure(units: Sequence[Process]) -> str:
    """Return the measure of the memory of all processes together; some of them may be another user's."""
    return "RSS" if any(unit.pss_bytes is None for unit in units) else "PSS"


def _worker(worker: Worker) -> Sequence[RenderableType]:
    name = f"g{worker.generation} w{worker.id}" if worker.generation else f"w{worker.id}"
    cpu = "" if worker.cpu is None else f"{worker.cpu:>4.0%}"
    memory = memory_text(worker.rss_bytes, worker.pss_bytes)
    return (
        Text(f"{name:<8}"), Text(f"{'' if worker.requests is None else worker.requests:>8}", "dim"), Text(f"{memory:>11}"), Text(cpu),
    )  # fmt: skip


def _core(core: Core, words: Words) -> Sequence[RenderableType]:
    if not core.busy:
        return (Text("·", "dim"), Text(words.label("idle"), "dim"))
    is_long = core.since_s is not None and core.since_s >= 1
    since = (
        f" {words.sentence(f'{core.since_s:.0f} s')}{words.sentence(standing_at(core.where))}"
        if is_long
        else ""
    )
    late = "bold red" if (core.since_s or 0) >= 5 else "yellow" if since else ""
    return (
        Text("█", "green"),
        Text.assemble(f"{core.method} {core.path}".strip() or words.label("busy"), (since, late)),
    )


def _wrong(now: Snapshot, words: Words) -> list[RenderableType]:
    """Render troubles, advice and warnings."""
    told = {each.code for each in now.troubles}
    return _sentences(
        [
            ("trouble", "bold red", [each.text for each in now.troubles]),
            ("advice", "bold", [each.text for each in now.advice if each.code not in told]),
            ("warning", "yellow", now.warnings),
        ],
        words,
    )


def _sentences(labelled: Iterable[tuple[str, str, Sequence[str]]], words: Words) -> list[RenderableType]:
    """Render sentences, which may be folded, each with its label and style."""
    rows: list[RenderableType] = []
    for label, style, texts in labelled:
        for text in texts:
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=LABEL)
            grid.add_column()
            grid.add_row(Text(words.label(label), "dim"), Text(one_row(words.sentence(text)), style))
            rows.append(grid)
    return rows


def snapshot_line(now: Snapshot) -> str:
    """Render a snapshot on one line in English, for the programs that read a pipe or a file."""
    parts = [clock(now.at), now.state, *([now.condition] if now.condition else [])]
    if now.window and now.history:
        last = now.history[-1]
        parts += [f"{rate(last.rates.total)}/s", f"5xx {rate(last.rates.s5xx)}/s", *_last_times(last)]
    if now.slots:
        parts.append(f"busy {now.busy}/{now.slots}")
    if now.backlog.queued is not None:
        parts.append(f"waiting {now.backlog.queued}")
    return "  ".join([*parts, *(f"advice: {each.text}" for each in now.advice[:1])])


def _last_times(last: Point) -> Iterable[str]:
    return (
        f"p50 {short_duration(last.latency.p50_s)}",
        f"p95 {short_duration(last.latency.p95_s)}",
        f"wait {short_duration(last.latency.wait_p95_s)}",
    )

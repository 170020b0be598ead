"""The output of `enuf status`: the supervisor's status, the workers, the queue, the last error, advice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from enuf.cli.terminal.output import printable
from enuf.control.client import ask
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.status import StackStatus
from enuf.observe.live.backlog import app_backlog
from enuf.observe.live.workers import busy_threads, child_workers, read_workers
from enuf.observe.logs.watcher import LogWatcher
from enuf.observe.views.from_dashboard import ask_dashboard, read_token

WITHIN_S = 5
WIDTH = 80
MOST_WORKERS = 10
INDENT = 11


def look(paths: StackPaths) -> dict[str, Any]:
    """Collect the status document. Raises NotRunning or AnswerIsNo."""
    status = ask(paths, StatusRequest(checked=True), StackStatus, timeout_s=WITHIN_S)
    backlog = app_backlog(paths, status)
    from_dashboard = ask_dashboard(status.dashboard.url if status.dashboard else "", read_token(paths))
    document: dict[str, Any] = msgspec.to_builtins(status)
    del document["backlog_limit"], document["unseen"], document["paths"]["runtime"]
    return {
        **document,
        "state": "failed" if status.problems else status.state,
        "server": document["server"] | _worker_figures(paths, status),
        "backlog": {"queued": backlog.queued, "limit": backlog.limit},
        "notes": [backlog.note] if backlog.note else [],
        "last_error": _last_error(Path(status.paths.log)),
        "advice": msgspec.to_builtins(from_dashboard.advice),
    }


def _worker_figures(paths: StackPaths, status: StackStatus) -> dict[str, Any]:
    """Return the workers, and how many of their threads are busy: None where the server has no statistics."""
    generation, server_pid = status.generation, status.server.pid
    workers = read_workers(paths.statistics_of(generation), generation)
    if not workers and server_pid:
        workers = child_workers(server_pid, generation)
    busy, slots = busy_threads(workers)
    keys = ("id", "pid", "status", "requests", "rss_bytes")
    return {
        "workers": [{key: getattr(worker, key) for key in keys} for worker in workers],
        "busy": busy,
        "slots": slots,
    }


def _last_error(log: Path) -> dict[str, Any] | None:
    log_watcher = LogWatcher(log)
    try:
        log_watcher.poll(finish=True)
    finally:
        log_watcher.close()
    of_others = [error for error in log_watcher.errors if error.layer != "enuf"]  # ours is the `reason`
    if not of_others:
        return None
    error = max(of_others, key=lambda each: each.at)
    return {"at": error.at, "layer": error.layer, "text": error.text, "id": error.id}


def screen(found: dict[str, Any]) -> str:
    """Return the status document as text for people, folded at 80 columns; longer words stay whole."""
    lines = [
        *_line(found["state"], f"{found['url']}   generation {found['generation']}"),
        *_line("app", f"{found['app']}   ({found['topology']})"),
        *(_line("front", _program(found["front"])) if found["front"] else []),
        *_line("server", _program(found["server"])),
        *_workers(found["server"]),
        *_line("waiting", _waiting(found["backlog"])),
        *_line("logs", found["paths"]["log"]),
    ]
    if found["dashboard"]:
        lines += _line("dashboard", f"{found['dashboard']['url']}   open it with: enuf dash --open")
    if found["retiring"]:
        lines += _line("finishing", ", ".join(found["retiring"]))
    lines += [row for text in found["problems"] for row in _line("problem", text)]
    lines += _problems(found)
    lines += [row for each in found["advice"] for row in _line("advice", each["text"])]
    lines += [row for text in found["warnings"] for row in _line("warning", text)]
    lines += [row for text in found["notes"] for row in _line("note", text)]
    return "\n".join(lines)


def _line(label: str, text: str) -> list[str]:
    """Return a label and its text, folded between words."""
    import textwrap

    rows = textwrap.wrap(printable(text), WIDTH - INDENT, break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    return [f"{label:<{INDENT - 1}} {rows[0]}", *(" " * INDENT + row for row in rows[1:])]


def _program(told: dict[str, Any]) -> str:
    return f"{told['name']} {told['version']} ({told['origin']}), pid {told['pid'] or '-'}"


def _workers(server: dict[str, Any]) -> list[str]:
    workers = server["workers"]
    rows = [
        f"  worker {worker['id']:<3} {_done(worker):<26} {worker['rss_bytes'] / 2**20:>6.0f} MB   pid {worker['pid']}"
        for worker in workers[:MOST_WORKERS]
    ]
    if len(workers) > MOST_WORKERS:
        rows.append(f"  and {len(workers) - MOST_WORKERS} more workers: enuf top")
    if server["slots"]:
        rows += _line("threads", f"{server['busy']} of {server['slots']} busy")
    return rows


def _done(worker: dict[str, Any]) -> str:
    """Return the worker's state and request count; an empty string where the server reports neither."""
    if worker["requests"] is None:
        return ""
    return f"{worker['status']:<7} {worker['requests']:>8} requests"


def _waiting(backlog: dict[str, Any]) -> str:
    if backlog["queued"] is None:
        return "unknown"
    return f"{backlog['queued']}" + (f" of {backlog['limit']}" if backlog["limit"] else "")


def _problems(found: dict[str, Any]) -> list[str]:
    import time

    lines = []
    if found["reason"]:
        lines += _line("last error", found["reason"].splitlines()[0])
    if error := found["last_error"]:
        clock = time.strftime("%H:%M:%S", time.localtime(error["at"]))
        story = f"   (enuf logs --id {error['id']})" if error["id"] else ""
        lines += _line("last error", f"{clock} {error['layer']}: {error['text'][:200]}{story}")
    return lines

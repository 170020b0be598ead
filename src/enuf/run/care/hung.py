"""Requests that were ended because they took too long, answers that ended early, and workers that ended, as events.

The wrapper around the app logs URL, id and Python stack. A server that kills a worker by itself logs the URL; the front
logs the id.
"""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from enuf.inspect.server_log import APP_MARK, with_app_marked
from enuf.model.process import ProcessSpec
from enuf.model.stack_events import WarningGiven
from enuf.model.status import AnswerCounts
from enuf.model.unit_events import HungRequestEnded
from enuf.model.worker_exit import WorkerExits
from enuf.run.care.worker_exits import WorkerExitReader
from enuf.syntax.access_log import parse_access_line
from enuf.system import files
from enuf.system.journal import EventJournal

LOOK_EVERY_S = 1.0
PATIENCE_S = 4.0
"""Time from the server's line until the front has logged its 502 and the stack is written."""
EXITS_SETTLE_S = 1.2
"""Time from a request that was lost with a worker until the server notices: uWSGI looks every second."""
RECENT_BYTES = 256 * 1024
MOST_ADDED_BYTES = 16 * 1024 * 1024
_NEVER = r"(?!)"
STACK_LINES = 60


class HungRequests:
    """The watcher of a server's log for requests, answers and workers that ended, and for refused requests."""

    def __init__(self, process: ProcessSpec, access_log: Path, journal: EventJournal) -> None:
        self._log = Path(process.log)
        self._hung, self._cut, self._refused = (
            re.compile(pattern or _NEVER) for pattern in (process.hung, process.cut, process.refused)
        )
        self._access_log = access_log
        self._journal = journal
        self._exits = WorkerExitReader(process.worker_ends, access_log)
        self._offset = 0
        self.counts = AnswerCounts()

    @property
    def exits(self) -> WorkerExits:
        """Counts of unrequested worker exits since the start of the stack."""
        return self._exits.counts

    async def watch(self) -> None:
        """Record what the log says from now on, until cancelled."""
        self._offset = files.size_of(self._log)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            added = self._added(peek=True)
            if self._hung.search(added):
                await asyncio.sleep(PATIENCE_S)
            elif self._exits.found_in(added):
                await asyncio.sleep(EXITS_SETTLE_S)
            self._record(self._added())

    def _added(self, *, peek: bool = False) -> str:
        size = files.size_of(self._log)
        if size < self._offset:
            self._offset = 0  # rotated
        if size == self._offset:
            return ""
        text = files.read_range(self._log, max(self._offset, size - MOST_ADDED_BYTES), size)
        if not peek:
            self._offset = size
        return with_app_marked(text)

    def _record(self, text: str) -> None:
        cut = list(self._cut.finditer(text))
        for each in cut:
            self._journal.record(WarningGiven(f"answer cut short: {each['request']}: {each['why']}"))
        too_late = sum(int(each["count"]) for each in self._refused.finditer(text))
        if too_late:
            what = "answered with 503 because no thread was free in time"
            self._journal.record(WarningGiven(f"requests {what}: {too_late}"))
        hung = self._record_hung(text)
        for event in self._exits.read(text, time.time()):
            self._journal.record(event)
        so_far = self.counts
        self.counts = AnswerCounts(
            cut=so_far.cut + len(cut), too_late=so_far.too_late + too_late, hung=so_far.hung + hung
        )

    def _record_hung(self, text: str) -> int:
        """Record the requests that were ended for taking too long. Return their number."""
        # At line feeds alone: a visitor may send the other characters that end a line in Unicode.
        lines = text.replace(f"\n{APP_MARK}", "\n").split("\n")
        ended = [(number, match) for number, line in enumerate(lines) if (match := self._hung.search(line))]
        requests = [f"{match['method']} {match['uri']}" for _, match in ended]
        answered = files.tail(self._access_log, RECENT_BYTES).split("\n")
        ids = {
            request: iter(ids_of_ended(answered, request, requests.count(request)))
            for request in set(requests)
        }
        for (number, match), request in zip(ended, requests, strict=True):
            request_id = match.groupdict().get("id") or next(ids[request], "unknown")
            stack = tuple(python_stack(lines[number + 1 :]))
            self._journal.record(HungRequestEnded(match["method"], match["uri"], request_id, stack))
        return len(ended)


def ids_of_ended(access_log: list[str], request: str, count: int) -> list[str]:
    """Return the ids of the last `count` requests that the front answered with 502 or 504, the oldest first.

    `request` is their method and URL: `GET /slow?a=1`. A request without an id has `unknown`.
    """
    answered = (parse_access_line(line) for line in access_log)
    ids = [
        one.id or "unknown"
        for one in answered
        if one is not None and one.status in (502, 504) and one.request.startswith(f"{request} ")
    ]
    return ids[-count:]


def python_stack(lines: list[str]) -> list[str]:
    """Return the stack that Python's faulthandler wrote: `lines` follow the line that names the request."""
    begun = next((number for number, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
    if begun is None:
        return []
    stack = []
    for line in lines[begun + 1 : begun + STACK_LINES]:
        if line.startswith(("Extension modules", "[")):
            break
        if line.strip():
            stack.append(line)
    return stack

"""Workers that end unasked, as events and counts: from the server's log lines and the requests that were lost with them."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from enuf.inspect.oom_kills import oom_kills
from enuf.inspect.server_log import exit_in_words, is_signal
from enuf.model.process import WorkerEnds
from enuf.model.unit_events import WorkerExited
from enuf.model.worker_exit import ExitReason, WorkerExits
from enuf.syntax.access_log import AccessRecord, bounded_path, parse_access_line
from enuf.system import files

RECENT_BYTES = 256 * 1024
RECENT_S = 8.0
"""A request that was lost with a worker ended at most this long before the server's line is read."""
MOST_EVENTS = 20
"""Events of one look: the counts go on."""
MOST_REQUESTS = 3
MOST_KNOWN = 200
LONGEST_ID = 64
_NEVER = r"(?!)"


class _Overdue(msgspec.Struct, frozen=True):
    """A worker that was about to end because of a thread that hangs."""

    request: str = ""
    id: str = ""


class WorkerExitReader:
    """A reader of the lines about workers that end, which keeps the counts since the start of the stack."""

    def __init__(self, ends: WorkerEnds, access_log: Path, kills: Callable[[], int] = oom_kills) -> None:
        """`kills` counts the processes that the kernel has killed for lack of memory."""
        self._died, self._unstarted = (
            re.compile(ends.line + pattern if pattern else _NEVER) for pattern in (ends.died, ends.unstarted)
        )
        self._faulted = {name: re.compile(ends.line + pattern) for name, pattern in ends.faulted.items()}
        self._fault_of: OrderedDict[int, str] = OrderedDict()
        """The signal that a worker was about to end by, by pid."""
        overdue = (ends.unresponsive, ends.line + ends.overdue if ends.overdue else "")
        self._overdue = [re.compile(pattern) for pattern in overdue if pattern]
        self._access_log = access_log
        self._overdue_pids: OrderedDict[int, _Overdue] = OrderedDict()
        self._claimed: OrderedDict[str, None] = OrderedDict()
        """The ids of requests that have an event already, or are answered for by the time limit."""
        self._kills = kills
        self._oom_kills = kills()
        self.counts = WorkerExits()

    def found_in(self, text: str) -> bool:
        """Return True if the text tells of a worker that ended."""
        return bool(self._died.search(text) or self._unstarted.search(text))

    def read(self, text: str, now: float) -> list[WorkerExited]:
        """Count the exits in these lines of the server's log and return at most MOST_EVENTS of them as events.

        `now` is in seconds since the epoch: requests that ended long before were not lost with these workers.
        """
        self._note_faults(text)
        self._note_overdue(text)
        matches = [*self._unstarted.finditer(text), *self._died.finditer(text)]
        if not matches:
            return []
        lost = self._lost_requests(now)
        for one in lost[: len(matches)]:  # the others may have been lost with a worker of the next look
            self._claim(one.id)
        exits = [self._exit(match, is_start=match.re is self._unstarted) for match in matches]
        for each in exits:
            self.counts = self.counts.plus(each.reason)
        self._oom_kills = self._kills()
        return _with_requests(exits, lost)[:MOST_EVENTS]

    def _note_faults(self, text: str) -> None:
        """Note what workers wrote before their end: their server may see no more than an exit."""
        for name, pattern in self._faulted.items():
            self._fault_of |= {int(match["pid"]): name for match in pattern.finditer(text)}
        _forget_oldest(self._fault_of)

    def _note_overdue(self, text: str) -> None:
        for pattern in self._overdue:
            for match in pattern.finditer(text):
                fields = match.groupdict()
                method, _, uri = (fields.get("request") or "").partition(" ")
                known = self._overdue_pids.get(int(match["pid"]), _Overdue())
                request = f"{method} {bounded_path(uri)}" if method else known.request
                request_id = (fields.get("id") or known.id)[:LONGEST_ID]
                self._overdue_pids[int(match["pid"])] = _Overdue(request, request_id)
                self._claim(request_id)
        _forget_oldest(self._overdue_pids)

    def _exit(self, match: re.Match[str], *, is_start: bool) -> WorkerExited:
        fields, pid = match.groupdict(), int(match["pid"])
        how = self._fault_of.pop(pid, "") or exit_in_words(fields)
        overdue = self._overdue_pids.pop(pid, None)
        reason: ExitReason = "exit"
        if is_start:
            reason = "start"
        elif overdue:
            reason, how = "timeout", ""
        elif how == "SIGKILL" and self._kills() > self._oom_kills:
            reason = "oom"
        elif is_signal(how):
            reason = "signal"
        requests, ids = ((overdue.request,), (overdue.id,)) if overdue and overdue.request else ((), ())
        worker = int(fields.get("worker") or 0)
        return WorkerExited(worker=worker, pid=pid, reason=reason, how=how, requests=requests, ids=ids)

    def _lost_requests(self, now: float) -> list[AccessRecord]:
        """Return the requests that the front answered with 502 lately and that no event has named, the oldest first."""
        lines = files.tail(self._access_log, RECENT_BYTES).split("\n")
        records = [one for line in lines if "502" in line and (one := parse_access_line(line)) is not None]
        return [
            one
            for one in records
            if one.status == 502 and one.upstream_s is not None and now - (one.at or 0.0) < RECENT_S
            and one.id not in self._claimed
        ]  # fmt: skip

    def _claim(self, request_id: str) -> None:
        if request_id:
            self._claimed[request_id] = None
        _forget_oldest(self._claimed)


def _forget_oldest(known: OrderedDict[Any, Any]) -> None:
    """Keep the MOST_KNOWN newest: a log of any length fills no memory."""
    while len(known) > MOST_KNOWN:
        known.popitem(last=False)


def _with_requests(exits: list[WorkerExited], lost: list[AccessRecord]) -> list[WorkerExited]:
    """Give each exit its request where there is one for each; otherwise each names all that were lost at that time.

    No log tells which worker had a request.
    """
    nameless = [each for each in exits if not each.requests and each.reason != "start"]
    shares = [[one] for one in lost] if len(lost) == len(nameless) else [lost] * len(nameless)
    named = {
        id(each): msgspec.structs.replace(
            each,
            requests=tuple(dict.fromkeys(f"{one.method} {one.path}" for one in share))[:MOST_REQUESTS],
            ids=tuple(one.id[:LONGEST_ID] for one in share if one.id)[:MOST_REQUESTS],
        )
        for each, share in zip(nameless, shares, strict=True)
    }
    return [named.get(id(each), each) for each in exits]

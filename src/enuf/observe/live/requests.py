"""A counter of the requests in the front's log: totals, rates of the last seconds, slow requests."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from enuf.inspect.log_tail import LogTail
from enuf.model.paths import StackPaths
from enuf.model.snapshot import SlowRequest, Window
from enuf.observe.live.front_counts import MOST_READS
from enuf.observe.live.generation_shares import AppAnswer
from enuf.observe.live.missed import MissedRequests
from enuf.observe.live.recent_answers import FIRST_READ_BYTES
from enuf.observe.live.routes import RouteCounter, time_shares
from enuf.observe.live.totals import Checkpoint, Totals, read_checkpoint, write_checkpoint
from enuf.observe.live.troubles import MINUTE_S, AnswersOfMinute
from enuf.observe.live.window import LASTS_S, SlidingWindow, Tally
from enuf.syntax.access_log import AccessRecord, parse_access_line
from enuf.system import files

SLOW_S = 1.0
MOST_SLOW, MOST_RECORDED, MOST_ANSWERS = 50, 10, 200_000
WRITE_EVERY_S = 2.0


class RequestCounter:
    """A counter that follows the access log."""

    def __init__(self, paths: StackPaths, *, persist: bool) -> None:
        """Open the log.

        With `persist` the totals are kept in a file, and a later counter continues from them.
        """
        totals = Path(paths.dashboard_totals)
        kept = read_checkpoint(totals) if persist else None
        begun = kept or Checkpoint()
        self.totals: Totals = begun.totals
        self.slow: deque[SlowRequest] = deque(maxlen=MOST_SLOW)
        self._new_slow: deque[SlowRequest] = deque(maxlen=MOST_RECORDED)
        self._own = begun.own
        self._file = totals if persist else None
        log = Path(f"{paths.log}/access.log")
        self._log = LogTail(log, begun.positions if kept else None, last_bytes=FIRST_READ_BYTES)
        self._recent = SlidingWindow()
        self._tallied_at = time.monotonic() - (_unwatched_s(totals) if kept else LASTS_S)
        self._resumes = kept is not None
        self.counts_from = time.time() - LASTS_S
        """Requests that ended before this time are missed ones: in the totals and the slow ones, not in the rates."""
        self._missed = MissedRequests(files.modified_at(totals)) if kept else None
        """The requests since an earlier counter, until they are taken; None without one."""
        self.routes = RouteCounter(time.time() - (0 if kept else LASTS_S))
        self._written_at = 0.0
        self._changed = False
        self._tally = Tally()
        self._minute: deque[tuple[float, int, int]] = deque()
        """When each tally of the last minute ended, its answers without the maintenance page, and those that were 5xx."""
        self._app_answers: deque[AppAnswer] = deque(maxlen=MOST_ANSWERS)
        self.measures_wait: bool | None = None
        """False if requests reached the app and none has a wait; None before the first one."""

    def close(self) -> None:
        """Write the totals, and close the log."""
        self.write(now=True)
        self._log.close()

    def count(self) -> list[AccessRecord]:
        """Count the requests that ended since the last call. Return the latest of them."""
        counted: list[AccessRecord] = []
        for _ in range(MOST_READS):  # what is left waits for the next call
            lines = self._log.read()
            requests = [one for line in lines if (one := self._request(line)) is not None]
            self.totals.add(requests)
            recent = [one for one in requests if self._is_recent(one)]
            self._tally.add(recent)
            known = requests if self._resumes else recent
            if self._missed:
                self._missed.add((one for one in requests if not self._is_recent(one)), time.time())
            self.routes.add(known, time.time())
            self._app_answers.extend(_app_answers(known))
            self._note(requests)
            counted = (counted + requests)[-MOST_SLOW * 20 :]
            self._changed |= bool(lines)
            if not self._log.has_more:
                break
        return counted

    def _request(self, line: str) -> AccessRecord | None:
        if self._own and self._own in line:
            return None
        return parse_access_line(line)

    def _is_recent(self, one: AccessRecord) -> bool:
        """Return True for a request that counts in the rates; one of an unknown time does where no older ones are read."""
        return self._resumes if one.at is None else one.at >= self.counts_from

    def take_missed(self, until: float) -> tuple[MissedRequests | None, list[AppAnswer]]:
        """Return the missed requests, once, and those answers of the app since the last call that ended before `until`."""
        missed, self._missed = self._missed, None
        if missed is None:
            return None, []
        answers = [each for each in self._app_answers if each.ended_at < until]
        later = (each for each in self._app_answers if each.ended_at >= until)
        self._app_answers = deque(later, maxlen=MOST_ANSWERS)
        return missed, answers

    def _note(self, requests: list[AccessRecord]) -> None:
        for one in requests:
            if one.upstream_s is not None and self.measures_wait is not True and one.status < 500:
                self.measures_wait = one.wait_s is not None
            if one.total_s >= SLOW_S and not one.changed_protocol:
                self.slow.appendleft(_slow(one))
                self._new_slow.append(self.slow[0])

    def newly_slow(self) -> list[SlowRequest]:
        """Return the slow requests since the last call, at most the latest MOST_RECORDED."""
        slow = list(self._new_slow)
        self._new_slow.clear()
        return slow

    def take_app_answers(self) -> list[AppAnswer]:
        """Return the answers of the app since the last call, at most the latest MOST_ANSWERS."""
        answers = list(self._app_answers)
        self._app_answers.clear()
        return answers

    def take_tally(self) -> tuple[Tally, Window | None]:
        """Return the tally since the last call, and the window of the last seconds."""
        now = time.monotonic()
        tally, self._tally = self._tally, Tally()
        tally.seconds, tally.ended_at = max(now - self._tallied_at, 1e-3), now
        self._tallied_at = now
        self._recent.add(tally)
        self._minute.append((now, tally.total.total - tally.closed, tally.failed))
        while self._minute[0][0] < now - MINUTE_S:
            self._minute.popleft()
        return tally, self._recent.window()

    def answers_of_minute(self, window: Window | None) -> AnswersOfMinute:
        """Return the counted answers of the last minute; `window` is that of the last seconds."""
        return AnswersOfMinute(
            sum(total for _, total, _ in self._minute),
            sum(failed for _, _, failed in self._minute),
            window.requests if window else 0,
            window.latency.wait_p50_s if window else None,
            time_shares(self.routes, time.time()),
        )

    def write(self, *, now: bool = False) -> None:
        """Write the totals if they changed, at most every WRITE_EVERY_S seconds, or at once with `now`."""
        if self._file is None or not self._changed:
            return
        if not now and time.monotonic() - self._written_at < WRITE_EVERY_S:
            return
        self._written_at, self._changed = time.monotonic(), False
        with contextlib.suppress(OSError):  # the disk is full: the next call writes
            write_checkpoint(self._file, Checkpoint(self.totals, self._log.positions, self._own))


def _unwatched_s(totals: Path) -> float:
    """Return the seconds since the totals were written, of which the first tally is; LASTS_S at most."""
    return min(max(0.0, time.time() - files.modified_at(totals)), LASTS_S)


def _app_answers(requests: Iterable[AccessRecord]) -> Iterator[AppAnswer]:
    """Yield the answers that the app gave, without the connections that became WebSockets."""
    for one in requests:
        if one.passed_at is not None and not one.changed_protocol:
            yield AppAnswer(one.passed_at, one.total_s, one.status)


def _slow(one: AccessRecord) -> SlowRequest:
    sent_s = None if one.upstream_s is None else round(max(0.0, one.total_s - one.upstream_s), 3)
    return SlowRequest(
        at=one.at or 0.0,
        id=one.id,
        method=one.method,
        path=one.path,
        status=one.status,
        total_s=one.total_s,
        wait_s=None if one.wait_s is None else round(one.wait_s, 3),
        app_s=None if one.app_s is None else round(one.app_s, 3),
        send_s=sent_s,
    )


def slow_record(one: SlowRequest) -> str:
    """Return the record of a slow request in slow.log: a line with its phases, and the stack below."""
    parts = " + ".join(f"{name} {value:.3f} s" for name, value in one.phases)
    split = f" = {parts}" if parts else ""
    line = f"slow request: {one.method} {one.path} {one.status} {one.total_s:.3f} s{split} id={one.id}"
    return f"{line}\n{one.stack}" if one.stack else line

"""The requests of a stack as its front logs them: counted for ever, rated over the last seconds, the slow ones kept."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from pathlib import Path

from enuf.inspect.access_log import AccessLog, end_position
from enuf.model.paths import StackPaths
from enuf.model.snapshot import SlowRequest, Window
from enuf.observe.live.totals import Checkpoint, Totals, read_checkpoint, write_checkpoint
from enuf.observe.live.window import LASTS_S, SlidingWindow, Tally
from enuf.syntax.access_log import AccessRecord, parse_access_line

SLOW_S = 1.0
LOOKS_BACK_BYTES = 256 * 1024
MOST_SLOW, MOST_RECORDED = 50, 10
KEEP_EVERY_S = 2.0
MOST_LOOKS = 64
"""One look reads some megabytes; so many of them in a row, then the rest waits for the next call."""


class RequestCounter:
    """Reads the log on; with `persist`, totals survive whoever reads."""

    def __init__(self, paths: StackPaths, *, persist: bool) -> None:
        kept = read_checkpoint(Path(paths.dashboard_totals)) if persist else None
        begun = kept or Checkpoint()
        self.totals: Totals = begun.totals
        self.slow: deque[SlowRequest] = deque(maxlen=MOST_SLOW)
        self._new_slow: deque[SlowRequest] = deque(maxlen=MOST_RECORDED)
        self._own = begun.own
        self._file = Path(paths.dashboard_totals) if persist else None
        log = Path(f"{paths.log}/access.log")
        self._log = AccessLog(
            log, begun.positions if kept else [end_position(log, before_bytes=LOOKS_BACK_BYTES)]
        )
        self._recent = SlidingWindow()
        self._looked_at = time.monotonic() - (0 if kept else LASTS_S)
        self._counts_from = 0.0 if kept else time.time() - LASTS_S
        """Rates are of the last seconds: what was answered before is worth a look for slow requests alone."""
        self._kept_at = 0.0
        self._changed = False
        self._tally = Tally()
        self.measures_wait: bool | None = None
        """False when requests reached the app and none said how long it waited; None before there was one."""

    def close(self) -> None:
        """Keep what is counted, and read no more."""
        self.keep(now=True)
        self._log.close()

    def count(self) -> list[AccessRecord]:
        """What was answered since the last look; it is in the totals."""
        found: list[AccessRecord] = []
        for _ in range(MOST_LOOKS):
            lines = self._log.read()
            requests = [one for line in lines if (one := self._request(line)) is not None]
            self.totals.add(requests)
            self._tally.add(one for one in requests if (one.at or 0.0) >= self._counts_from)
            self._note(requests)
            found = (found + requests)[-MOST_SLOW * 20 :]
            self._changed |= bool(lines)
            if not self._log.has_more:
                break
        return found

    def _request(self, line: str) -> AccessRecord | None:
        if self._own and self._own in line:
            return None
        return parse_access_line(line)

    def _note(self, requests: list[AccessRecord]) -> None:
        for one in requests:
            if one.upstream_s is not None and self.measures_wait is not True and one.status < 500:
                self.measures_wait = one.wait_s is not None
            if one.total_s >= SLOW_S:
                self.slow.appendleft(_slow(one))
                self._new_slow.append(self.slow[0])

    def newly_slow(self) -> list[SlowRequest]:
        """Those that were slow since the last call of this, the latest ones where they were many."""
        found = list(self._new_slow)
        self._new_slow.clear()
        return found

    def look(self) -> tuple[Tally, Window | None]:
        """What was answered since the last call of this, and the last seconds as one."""
        now = time.monotonic()
        tally, self._tally = self._tally, Tally()
        tally.seconds, tally.ended_at = max(now - self._looked_at, 1e-3), now
        self._looked_at = now
        self._recent.add(tally)
        return tally, self._recent.window()

    def keep(self, *, now: bool = False) -> None:
        """Write the totals down, now and then."""
        if self._file is None or not self._changed:
            return
        if not now and time.monotonic() - self._kept_at < KEEP_EVERY_S:
            return
        self._kept_at, self._changed = time.monotonic(), False
        with contextlib.suppress(OSError):  # a full disk: the next time
            write_checkpoint(self._file, Checkpoint(self.totals, self._log.positions, self._own))


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
    """The request in a log: a line with its phases, and its stack below."""
    parts = " + ".join(f"{name} {value:.3f} s" for name, value in one.phases)
    split = f" = {parts}" if parts else ""
    line = f"slow request: {one.method} {one.path} {one.status} {one.total_s:.3f} s{split} id={one.id}"
    return f"{line}\n{one.stack}" if one.stack else line

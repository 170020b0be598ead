"""Why a request of the site failed: the live doctor's verdict, found in a process of its own while the page waits."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any, Literal

import msgspec

FRESH_FOR_S = 10.0
WITHIN_S = 30.0
"""Far more than a diagnosis takes: a busy machine needs long to start a process."""
MOST_KEPT = 50
LONGEST_PATH = 2000


class LiveVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the question why a request failed."""

    state: Literal["running", "done", "failed"]
    status: int = 0
    """What the same request was answered now; 0 for no answer."""
    finding: dict[str, Any] | None = None
    """The proven cause, as `enuf doctor --json` writes it; None if none is proven."""
    ruled_out: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()


class _Live(msgspec.Struct):
    """The used keys of `live` in the document."""

    status: int = 0
    verdict: str = ""
    ruled_out: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()


class _Diagnosed(msgspec.Struct):
    """The used keys of `enuf doctor --live URL --json`."""

    live: _Live
    findings: tuple[dict[str, Any], ...] = ()


class LiveVerdicts:
    """A runner of `enuf doctor --live`, one at a time, each result kept for FRESH_FOR_S.

    The caller never waits: the page asks again until there is a result.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._kept: dict[str, tuple[float, LiveVerdict]] = {}
        self._is_running = False

    def verdict(self, url: str) -> LiveVerdict:
        """Return the result about an URL at once, and begin a diagnosis if there is none and none runs."""
        with self._lock:
            at, kept = self._kept.get(url, (0.0, LiveVerdict(state="running")))
            if at and time.monotonic() - at < FRESH_FOR_S:
                return kept
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, args=(url,), name="live doctor", daemon=True).start()
            return LiveVerdict(state="running")

    def awaited(self, url: str, within_s: float) -> LiveVerdict:
        """Return the result about an URL once there is one, for programs that can wait; `running` where it takes longer."""
        self.verdict(url)
        with self._ended:
            self._ended.wait_for(lambda: not self._is_running, within_s)
        return self.verdict(url)

    def _run(self, url: str) -> None:
        found = _diagnosed(url)
        with self._lock:
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[url] = (time.monotonic(), found)
            self._is_running = False
            self._ended.notify_all()


def _diagnosed(url: str) -> LiveVerdict:
    """Run the live doctor and wait for its document, for at most WITHIN_S."""
    words = [sys.executable, "-P", "-m", "enuf", "doctor", "--live", url, "--json"]
    try:
        done = subprocess.run(
            words, capture_output=True, timeout=WITHIN_S, check=False, stdin=subprocess.DEVNULL
        )
        document = msgspec.json.decode(done.stdout, type=_Diagnosed)
    except (subprocess.TimeoutExpired, OSError, msgspec.DecodeError, RecursionError):
        return LiveVerdict(state="failed")
    live = document.live
    first = next(
        (each for each in document.findings if live.verdict and each.get("code") == live.verdict), None
    )
    return LiveVerdict(
        state="done", status=live.status, finding=first, ruled_out=live.ruled_out, next_steps=live.next_steps
    )

"""The doctor's findings about the project, looked up while somebody looks at the page."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any, Literal

import msgspec

FRESH_FOR_S = 60
WITHIN_S = 60


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the doctor last said."""

    state: Literal["running", "done", "failed"]
    at: float | None = None
    """When it said so, in seconds since the epoch."""
    checked: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    """As `enuf doctor --json` writes them."""
    why: str = ""
    """Why there is no answer."""


class _Said(msgspec.Struct):
    checked: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()


class DoctorRunner:
    """Asks `enuf doctor` about a project, at most once a minute and only when asked.

    It runs as a process of its own: what it loads is then not in the dashboard's memory, and what hangs it ends after a minute.
    """

    def __init__(self, project: str) -> None:
        self._argv = [sys.executable, "-P", "-m", "enuf", "doctor", "--json", "--project", project]
        self._lock = threading.Lock()
        self._last = DoctorReport(state="running")
        self._asked_at: float | None = None

    def last(self) -> DoctorReport:
        """The last answer at once; a new one is on its way when it is old."""
        with self._lock:
            now = time.monotonic()
            if self._asked_at is None or now - self._asked_at > FRESH_FOR_S:
                self._asked_at = now
                threading.Thread(target=self._ask, name="doctor", daemon=True).start()
            return self._last

    def _ask(self) -> None:
        found = _answer(self._argv)
        with self._lock:
            self._last = found


def _answer(argv: list[str]) -> DoctorReport:
    try:
        done = subprocess.run(
            argv, capture_output=True, timeout=WITHIN_S, check=False, stdin=subprocess.DEVNULL
        )
        said = msgspec.json.decode(done.stdout, type=_Said)
    except subprocess.TimeoutExpired:
        return DoctorReport(state="failed", at=time.time(), why=f"enuf doctor took longer than {WITHIN_S} s")
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        return DoctorReport(state="failed", at=time.time(), why=f"enuf doctor gave no answer: {error}")
    return DoctorReport(state="done", at=time.time(), checked=said.checked, findings=said.findings)

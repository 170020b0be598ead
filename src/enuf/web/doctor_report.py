"""The doctor's findings about the project, refreshed while the page is open."""

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
    """The last result of the doctor."""

    state: Literal["running", "done", "failed"]
    at: float | None = None
    """Time of the result, in seconds since the epoch."""
    checked: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    """As `enuf doctor --json` writes them."""
    why: str = ""
    """Why there is no result, where the doctor's process failed; empty where it took too long."""


class _Document(msgspec.Struct):
    """The used keys of `enuf doctor --json`."""

    checked: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()


class DoctorRunner:
    """A runner of `enuf doctor` for a project, on demand and at most once in FRESH_FOR_S.

    The doctor is a process of its own: its modules stay out of the dashboard's memory, and a run that hangs
    is ended.
    """

    def __init__(self, project: str) -> None:
        self._argv = [sys.executable, "-P", "-m", "enuf", "doctor", "--json", "--project", project]
        self._lock = threading.Lock()
        self._last = DoctorReport(state="running")
        self._begun_at: float | None = None

    def last(self) -> DoctorReport:
        """Return the last result at once, and begin a new run if the result is old."""
        with self._lock:
            now = time.monotonic()
            if self._begun_at is None or now - self._begun_at > FRESH_FOR_S:
                self._begun_at = now
                threading.Thread(target=self._run, name="doctor", daemon=True).start()
            return self._last

    def _run(self) -> None:
        report = _examined(self._argv)
        with self._lock:
            self._last = report


def _examined(argv: list[str]) -> DoctorReport:
    """Run the doctor and wait for its document, for at most WITHIN_S."""
    try:
        done = subprocess.run(
            argv, capture_output=True, timeout=WITHIN_S, check=False, stdin=subprocess.DEVNULL
        )
        document = msgspec.json.decode(done.stdout, type=_Document)
    except subprocess.TimeoutExpired:
        return DoctorReport(state="failed", at=time.time())
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        return DoctorReport(state="failed", at=time.time(), why=str(error) or type(error).__name__)
    return DoctorReport(state="done", at=time.time(), checked=document.checked, findings=document.findings)

"""The floor of every comparison: what the app costs when it is called in one process, without any server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from enuf.bench.subjects.base import ENTRY, ServedApp
from enuf.system.subprocesses import answer_of

_START_WITHIN_S = 60
_PROGRAM = Path(__file__).with_name("floor_program.py")


def app_cpu_us(app: ServedApp, environment: Mapping[str, str], seconds: float) -> float | None:
    """Return the CPU time of one call of the app in microseconds; None where the app cannot be called so."""
    try:
        done = answer_of(
            [app.python, str(_PROGRAM), ENTRY, app.host, str(seconds)],
            within_s=_START_WITHIN_S + 2 * seconds,
            directory=Path(app.project),
            environ=environment,
        )
        return float(done.stdout.rpartition("CPU")[2])
    except (OSError, ValueError):
        return None

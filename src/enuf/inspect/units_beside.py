"""The units of what runs beside an installed site, from what `systemctl show` says about them. Pure but for the clock."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from enuf.model.numbers import decimal
from enuf.model.signals import signal_name
from enuf.model.site import RENEWED, Installed
from enuf.model.status import JobStatus, SideProcessStatus

PROPERTIES = (
    "MainPID",
    "RestartUSec",
    "ExecMainExitTimestampMonotonic",
    "NextElapseUSecRealtime",
    "NextElapseUSecMonotonic",
)
"""What is asked beside the properties of every service."""
_STATES = {"active": "running", "reloading": "running", "deactivating": "stopping", "failed": "waiting"}
_CLOCK = re.compile(r"(?:\w{3} )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(y|month|w|d|h|min|s|ms|us)(?![a-z])")
_SECONDS = {
    "y": 31557600.0, "month": 2629800.0, "w": 604800.0, "d": 86400.0, "h": 3600.0, "min": 60.0,
    "s": 1.0, "ms": 1e-3, "us": 1e-6,
}  # fmt: skip
_COPY = re.compile(r"(.+)-\d+")
"""The name of one of several copies of a process, which share one log."""
_EXITED = 1
"""The code of waitid(2) for a process that ended by itself."""

Said = Mapping[str, str]
"""The properties of one unit, by name."""


def processes_of(record: Installed, units: Mapping[str, Said]) -> tuple[SideProcessStatus, ...]:
    """Return the services of the processes of a site that systemd knows; `units` is what systemd says, by unit."""
    commands = _timers(record)
    names = (name for unit in reversed(record.beside) if (name := _name(record, unit, ".service")))
    return tuple(
        _process(name, said)
        for name in names
        if name not in commands and name != RENEWED and (said := known(units, record.site.beside_unit(name)))
    )


def jobs_of(record: Installed, units: Mapping[str, Said]) -> tuple[JobStatus, ...]:
    """Return the timers of the commands of a site that systemd knows."""
    site = record.site
    return tuple(
        _job(name, record.job_times.get(name, ""), timer, known(units, site.beside_unit(name)))
        for name in _timers(record)
        if (timer := known(units, site.beside_unit(name, "timer")))
    )


def layers_beside(record: Installed) -> tuple[str, ...]:
    """Return the layers of the logs of what runs beside a site, also of a command that has not run yet."""
    names = [name for unit in record.beside if (name := _name(record, unit, ".service")) and name != RENEWED]
    groups = (found[1] for name in names if (found := _COPY.fullmatch(name)))
    return tuple(sorted({*names, *groups}))


def wall_clock(monotonic_us: int) -> float:
    """Return the time since the epoch of a moment of the monotonic clock, in seconds; 0 for no moment."""
    return time.time() - (time.monotonic() - monotonic_us / 1e6) if monotonic_us else 0.0


def _timers(record: Installed) -> list[str]:
    return [name for unit in reversed(record.beside) if (name := _name(record, unit, ".timer"))]


def _name(record: Installed, unit: str, ending: str) -> str:
    """Return the name of the setting that a unit belongs to; empty for a unit of another kind."""
    begin = f"{record.site.full_name}-"
    return unit.removeprefix(begin).removesuffix(ending) if unit.endswith(ending) else ""


def known(units: Mapping[str, Said], unit: str) -> Said:
    """Return the properties of a unit that systemd knows; none of any other unit."""
    said = units.get(unit, {})
    return said if said.get("LoadState") not in ("not-found", "", None) else {}


def _process(name: str, said: Said) -> SideProcessStatus:
    active, sub = said.get("ActiveState", ""), said.get("SubState", "")
    starts = active == "activating" and not sub.startswith("auto-restart")
    state = "running" if starts else "waiting" if active == "activating" else _STATES.get(active, "stopped")
    runs = state in ("running", "stopping")
    ended = _moment(said, "ExecMainExitTimestampMonotonic")
    pause = _span(said.get("RestartUSec", "")) or 0.0
    return SideProcessStatus(
        name=name,
        state=state,  # type: ignore[arg-type]
        pid=_pid(said) if runs else None,
        since=_moment(said, "ExecMainStartTimestampMonotonic") if runs else None,
        restarts=decimal(said.get("NRestarts", "")) or 0,
        last_end="" if runs else _end(said),
        again_at=ended + pause if ended and active == "activating" and not runs else None,
    )


def _job(name: str, times: str, timer: Said, command: Said) -> JobStatus:
    active = command.get("ActiveState", "")
    runs = active in ("activating", "active", "deactivating")
    ended = _moment(command, "ExecMainExitTimestampMonotonic")
    failed = active == "failed" or command.get("Result") not in ("success", "", None)
    return JobStatus(
        name=name,
        times=times,
        pid=_pid(command) if runs else None,
        next_at=None if runs else min(_next(timer), default=None),
        last_at=_moment(command, "ExecMainStartTimestampMonotonic"),
        last_result="" if runs or not ended else "failed" if failed else "succeeded",
        last_end=_end(command) if ended and not runs else "",
        last_success_at=ended if ended and not failed and not runs else None,
    )


def _next(timer: Said) -> Iterator[float]:
    """Yield when a timer elapses next: by the clock of the day, and by the time since the boot."""
    if found := _CLOCK.fullmatch(timer.get("NextElapseUSecRealtime", "")):
        yield datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp()
    if since_boot := _span(timer.get("NextElapseUSecMonotonic", "")):
        yield wall_clock(round(since_boot * 1e6))


def _span(text: str) -> float | None:
    """Return a span of time as systemd prints it, `1d 2h 3min 4.5s`, in seconds; None for none, and for `infinity`."""
    if not text or _SPAN.sub("", text).strip():
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _SPAN.findall(text))


def _moment(said: Said, name: str) -> float | None:
    return wall_clock(decimal(said.get(name, "")) or 0) or None


def _pid(said: Said) -> int | None:
    return decimal(said.get("MainPID", "")) or None


def _end(said: Said) -> str:
    """Return how the last main process ended, in words; empty where none has."""
    code, status = decimal(said.get("ExecMainCode", "")), decimal(said.get("ExecMainStatus", ""))
    if not code or status is None:
        return ""
    return f"exited with status {status}" if code == _EXITED else f"was killed by {signal_name(status)}"

"""The states of services, asked of systemd. Every user may ask; where there is no systemd, nothing is known."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from enuf.model.numbers import decimal
from enuf.model.service_state import ServiceState
from enuf.model.site import paths_of_site, unit_after_failure
from enuf.system.subprocesses import answer_of

WITHIN_S = 10.0
MOST_LINES, LONGEST_LINE = 20, 1000
_PROPERTIES = "Id,LoadState,ActiveState,SubState,Result,StatusText,NRestarts,ExecMainCode,ExecMainStatus,ExecMainStartTimestampMonotonic"


def states_of_sites(names: Sequence[str]) -> dict[str, ServiceState]:
    """Return the state of each site's service that systemd knows, by the site; none where no systemd answers."""
    if not names:
        return {}
    units = {name: paths_of_site(name, "").service for name in names}
    after = {name: unit_after_failure(name) for name in names}
    text = _output(["systemctl", "show", f"--property={_PROPERTIES}", "--", *units.values(), *after.values()])
    states = {state.unit: state for state in map(_state, text.split("\n\n")) if state and state.is_known}
    found = {}
    for name, unit in units.items():
        retries = states.get(after[name])
        if state := states.get(unit):
            found[name] = replace(
                state,
                is_retried=retries is not None and retries.active in ("activating", "active", "deactivating"),
            )
    return found


def state_of_site(name: str) -> ServiceState | None:
    """Return the state of a site's service; None where it is not known."""
    return states_of_sites([name]).get(name)


def last_lines(unit: str) -> tuple[str, ...]:
    """Return what the service and systemd said at the last start, as far as this user may read the journal."""
    invocation = _output(["systemctl", "show", "--property=InvocationID", "--value", "--", unit]).strip()
    if not invocation:
        return ()
    only = words_of_start(invocation)
    lines = _output(["journalctl", "--quiet", "--no-pager", "--output=cat", f"--lines={MOST_LINES}", *only])
    return tuple(line[:LONGEST_LINE] for line in lines.splitlines() if line.strip())


def words_of_start(invocation: str) -> tuple[str, ...]:
    """Return the words for journalctl that leave only one start of a unit: what it wrote, and what systemd says of it.

    Without an invocation, return none, which leave every start.
    """
    if not invocation:
        return ()
    return (f"_SYSTEMD_INVOCATION_ID={invocation}", "+", f"INVOCATION_ID={invocation}")


def _output(words: list[str]) -> str:
    try:
        done: subprocess.CompletedProcess[str] = answer_of(words, within_s=WITHIN_S)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _state(block: str) -> ServiceState | None:
    said = dict(_pairs(block.splitlines()))
    if not said.get("Id"):
        return None
    return ServiceState(
        unit=said["Id"],
        active=said.get("ActiveState", ""),
        sub=said.get("SubState", ""),
        result=said.get("Result", ""),
        status_text=said.get("StatusText", ""),
        restarts=decimal(said.get("NRestarts", "")) or 0,
        code=decimal(said.get("ExecMainCode", "")) or 0,
        status=decimal(said.get("ExecMainStatus", "")) or 0,
        started_at=_wall_clock(decimal(said.get("ExecMainStartTimestampMonotonic", "")) or 0),
        is_known=said.get("LoadState") not in ("not-found", ""),
    )


def _wall_clock(monotonic_us: int) -> float:
    """Return the time since the epoch of a moment of the monotonic clock, in seconds; 0 for no moment."""
    return time.time() - (time.monotonic() - monotonic_us / 1e6) if monotonic_us else 0.0


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, separator, value = line.partition("=")
        if separator:
            yield name, value

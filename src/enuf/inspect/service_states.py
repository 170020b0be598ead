"""The states of services, asked of systemd. Every user may ask; where there is no systemd, nothing is known."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from enuf.inspect.units_beside import PROPERTIES, Said, jobs_of, known, processes_of, wall_clock
from enuf.model.numbers import decimal
from enuf.model.service_state import ServiceState
from enuf.model.site import Installed, paths_of_site, unit_after_failure
from enuf.system.subprocesses import answer_of

WITHIN_S = 10.0
MOST_LINES, LONGEST_LINE = 20, 1000
_TIMES = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
"""Variables of systemctl: it prints moments in the time zone of its environment, and words in its language."""
_PROPERTIES = ",".join(
    (
        *("Id", "LoadState", "ActiveState", "SubState", "Result", "StatusText", "NRestarts"),
        *("ExecMainCode", "ExecMainStatus", "ExecMainStartTimestampMonotonic"),
        *PROPERTIES,
    )
)


def states_of_sites(records: Mapping[str, Installed | None]) -> dict[str, ServiceState]:
    """Return the state of each site's service that systemd knows, by the site; none where no systemd answers.

    One question to systemd covers all units of all sites. `records` tells what runs beside each site.
    """
    if not records:
        return {}
    units = {name: paths_of_site(name, "").service for name in records}
    after = {name: unit_after_failure(name) for name in records}
    beside = [unit for record in records.values() if record for unit in record.beside]
    asked = dict.fromkeys((*units.values(), *after.values(), *beside))
    said = _said(_output(["systemctl", "show", f"--property={_PROPERTIES}", "--", *asked]))
    found = {}
    for name, unit in units.items():
        state, retries, record = _state(known(said, unit)), _state(known(said, after[name])), records[name]
        if state:
            found[name] = replace(
                state,
                is_retried=retries is not None and retries.active in ("activating", "active", "deactivating"),
                processes=processes_of(record, said) if record else (),
                jobs=jobs_of(record, said) if record else (),
            )
    return found


def state_of_site(name: str, record: Installed | None = None) -> ServiceState | None:
    """Return the state of a site's service, with what runs beside it where the record is given; None where it is not known."""
    return states_of_sites({name: record}).get(name)


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
        done: subprocess.CompletedProcess[str] = answer_of(
            words, within_s=WITHIN_S, environ={**os.environ, **_TIMES}
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _said(text: str) -> dict[str, Said]:
    """Return the properties of each unit, by its name."""
    blocks = (dict(_pairs(block.splitlines())) for block in text.split("\n\n"))
    return {said["Id"]: said for said in blocks if said.get("Id")}


def _state(said: Said) -> ServiceState | None:
    if not said:
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
        started_at=wall_clock(decimal(said.get("ExecMainStartTimestampMonotonic", "")) or 0),
    )


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, separator, value = line.partition("=")
        if separator:
            yield name, value

"""Why the service of an installed site does not run: from its own journal, and from systemd."""

from __future__ import annotations

from pathlib import Path

import msgspec

from enuf.inspect.service_states import last_lines
from enuf.install.failure_script import ABOUT
from enuf.model.journal import JournalEvent
from enuf.model.numbers import decimal
from enuf.model.paths import StackPaths
from enuf.model.service_state import ServiceState
from enuf.model.site import folder_after_failure
from enuf.model.stack_events import PhaseChanged, StackEnded, StackLost, StartFailed
from enuf.model.status import Phase
from enuf.observe.logs.events import read_stack_journal
from enuf.system import files

MOST_LINES = 12
LONGEST_NOTE_BYTES = 1000
EARLIER_S = 1.0
"""So much earlier than systemd's time of the start an event may seem to be: two clocks are compared."""


class ServiceFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a service does not run."""

    reason: str
    lines: tuple[str, ...] = ()
    """The end of the app's traceback, or of what systemd has logged."""


def failure_of_service(paths: StackPaths, service: ServiceState) -> ServiceFailure:
    """Return why the service does not run, as exactly as this user may know.

    Root must ask before it becomes another user: the journal of the host is closed to most users.
    """
    # While it is tried again, the last failure is that of the try before.
    event = _last_failure(paths, service.started_at if service.active == "failed" else 0.0)
    again = _again(service)
    if isinstance(event, StartFailed):
        return ServiceFailure(reason=event.summary + again, lines=event.evidence[-MOST_LINES:])
    if isinstance(event, StackEnded):
        summary, *lines = event.reason.split("\n")
        return ServiceFailure(reason=summary + again, lines=tuple(lines[-MOST_LINES:]))
    if isinstance(event, StackLost) and not service.cause:
        return ServiceFailure(reason=event.account + again)
    # A new try takes back what systemd knows of the one before: root's script has noted it.
    cause = service.cause or _noted_cause(paths.site) or service.status_text or "systemd does not say why"
    return ServiceFailure(reason=cause + again, lines=last_lines(service.unit)[-MOST_LINES:])


def reason_of_start(paths: StackPaths, phase: Phase, reason: str) -> str:
    """Return the reason of a stack in this phase; while a site starts, why the start before failed.

    That is left out once a run has served since.
    """
    return reason or (_reason_until_served(paths) if paths.site and phase == "starting" else "")


def _reason_until_served(paths: StackPaths) -> str:
    for event in reversed(read_stack_journal(Path(paths.log))):
        if isinstance(event, PhaseChanged) and event.phase == "serving":
            return ""
        if isinstance(event, StartFailed):
            return f"the start before failed: {event.summary}"
        if isinstance(event, StackEnded) and event.reason:
            return f"the start before failed: {event.reason.partition(chr(10))[0]}"
    return ""


def noted_cause(note: str) -> str:
    """Return why a service failed, from the properties of it that root's script noted; empty where they do not say so."""
    said = dict(line.split("=", 1) for line in note.splitlines() if "=" in line)
    return ServiceState(
        unit="",
        active="failed",
        result=said.get("Result", ""),
        code=decimal(said.get("ExecMainCode", "")) or 0,
        status=decimal(said.get("ExecMainStatus", "")) or 0,
    ).cause


def _noted_cause(name: str) -> str:
    return (
        noted_cause(files.tail(Path(folder_after_failure(name), ABOUT), LONGEST_NOTE_BYTES)) if name else ""
    )


def _again(service: ServiceState) -> str:
    if service.restarts:
        return f"; systemd has started it {service.restarts + 1} times"
    return "; it is tried again by itself" if service.is_retried else ""


def _last_failure(paths: StackPaths, since: float) -> JournalEvent | None:
    """Return the last event that ended a run of the service, unless that was before the last start."""
    ends = (
        event
        for event in reversed(read_stack_journal(Path(paths.log)))
        if isinstance(event, StartFailed | StackLost) or (isinstance(event, StackEnded) and event.reason)
    )
    last = next(ends, None)
    return last if last and last.at >= since - EARLIER_S else None

"""Why the service of an installed site does not run: from its own journal, and from systemd."""

from __future__ import annotations

from pathlib import Path

import msgspec

from enuf.inspect.service_states import last_lines
from enuf.model.journal import JournalEvent
from enuf.model.paths import StackPaths
from enuf.model.service_state import ServiceState
from enuf.model.stack_events import StackEnded, StackLost, StartFailed
from enuf.observe.logs.events import read_stack_journal

MOST_LINES = 12
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
    cause = service.cause or service.status_text or "systemd does not say why"
    return ServiceFailure(reason=cause + again, lines=last_lines(service.unit)[-MOST_LINES:])


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

"""The events of the supervisor's journal, as the views show them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from enuf.inspect.log_tail import rotated
from enuf.model.journal import JournalEvent, decode_event
from enuf.model.snapshot import ErrorRecord, EventKind, TimelineEvent
from enuf.model.stack_events import (
    NoteGiven,
    PhaseChanged,
    ProjectMoved,
    ReloadAccepted,
    ReloadRefused,
    StackEnded,
    StackStarted,
    WarningGiven,
)
from enuf.model.unit_events import (
    DashboardExited,
    HungRequestEnded,
    UnitExited,
    UnitReady,
    UnitStarted,
    WorkerExited,
    generation_of,
)
from enuf.observe.logs.records import READ_LIMIT_BYTES, whole_lines

JOURNAL = "events.jsonl"
LONGEST, LONGEST_EVIDENCE = 300, 16_000
UNKNOWN_ID = "unknown"
"""What a hung request has in place of an id that nobody knows."""


def decode_events(lines: Iterable[str]) -> list[JournalEvent]:
    """Return the events on these lines of a journal.

    Lines that are none, and those of newer versions, are left out.
    """
    return [event for line in lines if (event := decode_event(line)) is not None]


def read_stack_journal(folder: Path) -> list[JournalEvent]:
    """Return the events in the journal of a log folder and in the latest rotated one, the oldest first."""
    journal = folder / JOURNAL
    return [
        event
        for file in (rotated(journal), journal)
        for event in decode_events(whole_lines(file, None, READ_LIMIT_BYTES))
    ]


def timeline_of(events: Iterable[JournalEvent]) -> list[TimelineEvent]:
    """Return the events that a timeline shows, each in one line of at most LONGEST characters."""
    return [entry for event in events if (entry := _timeline_event(event)) is not None]


def _timeline_event(event: JournalEvent) -> TimelineEvent | None:
    shown = _unit_event(event) or _stack_event(event)
    if shown is None:
        return None
    kind, text, generation = shown
    first_line = text.partition("\n")[0]
    return TimelineEvent(
        at=event.at, kind=kind, text=first_line[:LONGEST], generation=generation, id=_request_id(event)
    )


def _request_id(event: JournalEvent) -> str:
    """Return the id of the request that an event is about; of several, the last one."""
    if isinstance(event, WorkerExited):
        return event.ids[-1] if event.ids else ""
    return event.id if isinstance(event, HungRequestEnded) and event.id != UNKNOWN_ID else ""


_Shown = tuple[EventKind, str, int | None]


def _unit_event(event: JournalEvent) -> _Shown | None:
    match event:
        case UnitStarted(unit, program, pid) if unit.startswith("g"):
            return "generation", f"{unit} is started: {program}, pid {pid}", generation_of(unit)
        case UnitReady(unit) if unit.startswith("g"):
            return "generation", f"{unit} is ready", generation_of(unit)
        case UnitExited(unit, program, pid, how, expected=False):
            return "crash", f"{unit}: {program} {how}, pid {pid}", generation_of(unit)
        case WorkerExited():
            return "crash", event.text.partition(" id=")[0], None
        case ReloadAccepted(generation):
            return "reload", event.text, generation
    return None


def _stack_event(event: JournalEvent) -> _Shown | None:
    match event:
        case StackStarted():
            return "start", event.text, None
        case StackEnded():
            return "stop", event.text, None
        case PhaseChanged("starting", "serving"):
            return "serving", "it serves", None
        case ReloadRefused():
            return "refused", event.text, None
        case HungRequestEnded(method, uri):
            return "hung", f"{method} {uri} took too long and was ended", None
        case WarningGiven(warning):
            return "warning", warning, None
        case DashboardExited() | NoteGiven() | ProjectMoved():
            return "note", event.text, None
    return None


def refusals_of(events: Iterable[JournalEvent]) -> list[ErrorRecord]:
    """Return the refused reloads, each with its evidence."""
    return [
        ErrorRecord(
            at=event.at,
            layer="enuf",
            text=f"reload refused: {event.summary}".partition("\n")[0][:LONGEST],
            traceback="\n".join(event.evidence)[-LONGEST_EVIDENCE:],
        )
        for event in events
        if isinstance(event, ReloadRefused)
    ]


def hung_requests_of(events: Iterable[JournalEvent]) -> list[HungRequestEnded]:
    """Return the requests that the server ended for taking too long."""
    return [event for event in events if isinstance(event, HungRequestEnded)]

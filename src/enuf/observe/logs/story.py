"""One request across all layers: its lines in all logs, and the parts of its time."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.observe.logs.errors import TRACEBACK
from enuf.observe.logs.events import read_stack_journal
from enuf.observe.logs.history import read_log
from enuf.observe.logs.records import READ_LIMIT_BYTES, Record

MOST_TRACEBACK_LINES = 100
OWN_LOG = "enuf.log"
"""The journal as text; the journal itself is read instead."""
_ORDER = ("app", "server", "enuf", "front")
"""The order of lines of one second: the front writes when the request is over."""
_STACK_LINE = re.compile(r"^(?:Current thread|Thread|  |\s*<)")
_NAMES_REQUEST = re.compile(r"Exception on .* \[[A-Z]+\]")


class Phase(msgspec.Struct, frozen=True):
    """A part of a request's time."""

    name: str
    begins_s: float
    lasts_s: float
    meaning: str


class Story(msgspec.Struct, frozen=True):
    """The lines and times of one request."""

    records: tuple[Record, ...]
    phases: tuple[Phase, ...]
    """Consecutive parts of the time; empty if the wait was not measured."""
    total_s: float | None


def story_of(folder: Path, request_id: str) -> Story:
    """Collect the lines about a request from the logs of a stack.

    The story has no records if no line names the id.
    """
    related: list[Record] = []
    for log in sorted(folder.glob("*.log")):
        if log.name == OWN_LOG:
            continue
        records = read_log(log, {}, READ_LIMIT_BYTES)
        for number, record in enumerate(records):
            if request_id in (record.id or "") or request_id in record.text:
                related += _traceback_before(records, number) if record.layer == "server" else []
                related.append(record)
                related += _stack_after(records, number) if record.layer == "enuf" else []
    related += _own_records(folder, request_id)
    related.sort(key=lambda record: (record.at, _ORDER.index(record.layer)))
    front = next((record for record in related if record.seconds is not None), None)
    return Story(tuple(related), _phases(front) if front else (), front.seconds if front else None)


def _traceback_before(records: list[Record], number: int) -> list[Record]:
    """Return the app's traceback above a server line that names the request, with the time of that line."""
    start = number
    while start > 0 and number - start < MOST_TRACEBACK_LINES and records[start - 1].layer == "app":
        start -= 1
        if records[start].text.startswith(TRACEBACK):
            break
    lines = records[start:number]
    if not lines or not lines[0].text.startswith(TRACEBACK):
        return []
    if start > 0 and _NAMES_REQUEST.search(records[start - 1].text):
        lines = records[start - 1 : number]
    return [replace(line, at=records[number].at) for line in lines]


def _own_records(folder: Path, request_id: str) -> list[Record]:
    """Return the lines of every event in the supervisor's journal that names the request."""
    return [
        Record(at=event.at, layer="enuf", text=line)
        for event in read_stack_journal(folder)
        if request_id in event.text
        for line in event.text.splitlines()
    ]


def _stack_after(records: list[Record], number: int) -> list[Record]:
    """Return the lines of a Python stack that the dashboard writes below a slow request."""
    end = number + 1
    while end < len(records) and _STACK_LINE.match(records[end].text):
        end += 1
    return records[number + 1 : end]


def _phases(record: Record) -> tuple[Phase, ...]:
    total_s, wait_s, app_s = record.seconds, record.wait_s, record.app_s
    if total_s is None or wait_s is None or app_s is None:
        return ()
    send_s = max(0.0, total_s - wait_s - app_s)
    return (
        Phase("wait", 0.0, wait_s, "in the queue, until a thread took it"),
        Phase("app", wait_s, app_s, "in the app, until its answer was whole"),
        Phase("send", wait_s + app_s, send_s, "the rest: body in, answer out"),
    )


def waterfall(story: Story, width: int = 78) -> list[str]:
    """Draw the phases as bars on one scale, in lines of at most `width` characters."""
    if not story.phases or not story.total_s:
        return []
    label, figure = 6, 10
    meaning = max(len(phase.meaning) for phase in story.phases)
    room = max(10, width - label - figure - meaning - 3)
    lines = []
    for phase in story.phases:
        start = round(room * min(1.0, phase.begins_s / story.total_s))
        length = round(room * min(1.0, phase.lasts_s / story.total_s))
        start = min(start, room - 1) if phase.lasts_s > 0 else start
        bar = "█" * max(1, min(length, room - start)) if phase.lasts_s > 0 else ""
        lines.append(
            f"{phase.name:<{label}}{' ' * start + bar:<{room}} {phase.lasts_s:>{figure - 2}.3f} s {phase.meaning}"
        )
    return lines

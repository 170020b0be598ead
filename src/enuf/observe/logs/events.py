"""What happened to a stack, from the supervisor's own log."""

from __future__ import annotations

import re
from collections.abc import Iterable

from enuf.model.snapshot import ErrorRecord, EventKind, TimelineEvent
from enuf.observe.logs.records import Record

_KINDS: tuple[tuple[re.Pattern[str], EventKind, str], ...] = (
    (re.compile(r"^enuf starts, .*"), "start", r"\g<0>"),
    (re.compile(r"^enuf ends(: .*)?"), "stop", r"\g<0>"),
    (re.compile(r"^(g\d+): (\S+) started, pid (\d+)"), "generation", r"\1 is started: \2, pid \3"),
    (re.compile(r"^(g\d+): ready"), "generation", r"\1 is ready"),
    (re.compile(r"^starting -> serving"), "serving", "it serves"),
    (re.compile(r"^reloaded: (g\d+) serves"), "reload", r"reloaded: \1 serves"),
    (re.compile(r"^reload refused: (.*)"), "refused", r"reload refused: \1"),
    (re.compile(r"^hung request ended: (.*)"), "hung", r"\1 took too long and was ended"),
    (re.compile(r"^(front|g\d+): (.*), unexpectedly, pid (\d+)"), "crash", r"\1: \2, pid \3"),
    (re.compile(r"^warning: (.*)"), "warning", r"\1"),
    (re.compile(r"^(dashboard|note): (.*)"), "note", r"\1: \2"),
)
LONGEST, LONGEST_EVIDENCE = 300, 16_000


def events_in(records: Iterable[Record]) -> list[TimelineEvent]:
    """The events that the lines of enuf.log tell of."""
    return [event for record in records if (event := _event(record)) is not None]


def _event(record: Record) -> TimelineEvent | None:
    for pattern, kind, text in _KINDS:
        if found := pattern.match(record.text):
            number = re.search(r"\bg(\d+)\b", found.group())
            generation = int(number.group(1)) if number and kind != "hung" else None
            return TimelineEvent(
                at=record.at, kind=kind, text=found.expand(text)[:LONGEST], generation=generation
            )
    return None


class HungRequest:
    """A request that the server ended: the supervisor wrote its address, its id, and its stack below."""

    def __init__(self, record: Record, method: str, path: str, request_id: str) -> None:
        self.at, self.method, self.path, self.id = record.at, method, path, request_id
        self.stack: list[str] = []


def refused_in(records: Iterable[Record]) -> list[ErrorRecord]:
    """The reloads that were refused, each with the evidence that is indented below it."""
    found: list[tuple[Record, list[str]]] = []
    is_open = False
    for record in records:
        if record.text.startswith("reload refused: "):
            found.append((record, []))
            is_open = True
        elif is_open and record.text.startswith("  "):
            found[-1][1].append(record.text[2:])
        else:
            is_open = False
    return [
        ErrorRecord(
            at=record.at,
            layer="enuf",
            text=record.text[:LONGEST],
            traceback="\n".join(evidence)[-LONGEST_EVIDENCE:],
        )
        for record, evidence in found
    ]


_HUNG = re.compile(r"^hung request ended: (\S+) (\S+) id=(\S+)")
_STACK_LINE = re.compile(r"^(?:Current thread|Thread|  |\s*<)")


def hung_in(records: Iterable[Record]) -> list[HungRequest]:
    """The requests that were ended for taking too long, with their stacks."""
    found: list[HungRequest] = []
    is_open = False
    for record in records:
        if match := _HUNG.match(record.text):
            found.append(
                HungRequest(record, match.group(1), match.group(2).partition("?")[0], match.group(3))
            )
            is_open = True
        elif is_open and is_stack_line(record.text):
            found[-1].stack.append(record.text)
        else:
            is_open = False
    return found


def is_stack_line(text: str) -> bool:
    """True for a line of the stack that the supervisor writes below a hung request."""
    return _STACK_LINE.match(text) is not None

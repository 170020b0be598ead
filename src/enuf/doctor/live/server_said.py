"""What an app server's log says since its last start: uWSGI's lines mostly have no time, so starts and pids tell the time. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

import msgspec

from enuf.inspect.server_log import parse_server_line, without_stamps
from enuf.model.numbers import decimal
from enuf.model.signals import signal_name
from enuf.syntax.worker_ends import GUNICORN_ENDS, UWSGI_ENDS

LONGEST_LINE = 4096
_UWSGI_START = re.compile(
    r"\*\*\* Starting uWSGI \S+ \([^)]*\) on \[[A-Z][a-z]{2} (?P<when>[A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})\] \*\*\*"
)
_GUNICORN_START = re.compile(r"\[INFO\] Starting gunicorn ")
_UVICORN_START = re.compile(r"Started (?:server|parent|reloader) process \[(?P<pid>\d{1,9})\]")
_RESPAWNED = re.compile(r"Respawned uWSGI worker (?P<worker>\d{1,9}) \(new pid: (?P<pid>\d{1,9})\)")
_SPAWNED = re.compile(r"spawned uWSGI (?:worker \d{1,9}|master process) .*?\(?pid: (?P<pid>\d{1,9})")
_DIED = tuple(re.compile(ends.died) for ends in (UWSGI_ENDS, GUNICORN_ENDS))
_OVERDUE = tuple(re.compile(ends.overdue) for ends in (UWSGI_ENDS, GUNICORN_ENDS))
_FAULTED = tuple((name, re.compile(text)) for name, text in UWSGI_ENDS.faulted.items())
_SINCE = re.compile(r"HARAKIRI \[core \d+\] \S+ - (?P<method>[A-Z]+) (?P<uri>\S+) since \d{6,12}")
_VERBOSE = re.compile(r"^[A-Z][a-z]{2} (?P<when>[A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}) - ")
"""The time before some of uWSGI's own lines."""
_TRACEBACK = "Traceback (most recent call last):"
_TRACEBACK_LINES = 200
_BARE_ERROR = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit): ")
"""What uWSGI logs of an import or a call that failed outside of any file: the error without a traceback."""


class WorkerEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that ended unasked."""

    pid: int
    signal: str = ""
    """`SIGKILL`; empty where only the end is known."""
    is_overdue: bool = False
    """True where the server itself ended it: harakiri, gunicorn's timeout."""
    at: float | None = None
    successor: int = 0
    """The worker in its place."""
    line: str = ""
    request: str = ""
    """`GET /slow`, of a worker that the server ended."""


class Traceback(msgspec.Struct, frozen=True, kw_only=True):
    """A Python traceback in a log."""

    lines: tuple[str, ...]
    at_start: bool
    """True if it was written before the server was ready."""

    @property
    def error(self) -> str:
        """The last line: the exception and what it says."""
        return self.lines[-1].strip() if self.lines else ""

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


class ServerSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a server's log since its last start."""

    path: str = ""
    started_at: float | None = None
    lines: tuple[str, ...] = ()
    is_whole: bool = False
    """True if the lines begin with a start."""

    def has(self, *texts: str) -> str:
        """Return the last line that contains one of the texts, empty if there is none."""
        return next((line for line in reversed(self.lines) if any(text in line for text in texts)), "")

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of the last line that has one."""
        found = (pattern.search(line[:LONGEST_LINE]) for line in reversed(self.lines))
        return next((match for match in found if match), None)


def said_since_start(path: str, lines: Sequence[str], *, is_whole: bool) -> ServerSaid:
    """Return the lines of the last start in a log, without the times that enuf writes before the app's lines."""
    lines = without_stamps("\n".join(lines)).split("\n") if lines else ()
    begin, started_at = 0, None
    has_start = is_whole
    for number, line in enumerate(lines):
        if "tarting" not in line[:LONGEST_LINE]:
            continue
        if match := _UWSGI_START.search(line[:LONGEST_LINE]):
            begin, started_at, has_start = number, _local(match["when"]), True
        elif _GUNICORN_START.search(line[:LONGEST_LINE]):
            split = parse_server_line(line[:LONGEST_LINE])
            begin, started_at, has_start = number, split.at if split else None, True
    return ServerSaid(path=path, started_at=started_at, lines=tuple(lines[begin:]), is_whole=has_start)


def worker_ends(said: ServerSaid) -> Iterator[WorkerEnd]:
    """Yield the workers that ended unasked, in the order of the log."""
    overdue: dict[int, str] = {}  # the last line about the time limit of each worker
    request = ""
    ends: list[WorkerEnd] = []
    for line in said.lines:
        text = line[:LONGEST_LINE]
        if match := _SINCE.search(text):
            request = f"{match['method']} {match['uri']}"
        elif match := _OVERDUE[0].search(text):
            overdue[_pid(match)] = text
        elif match := _OVERDUE[1].search(text):  # gunicorn: the end of the worker itself may stand in no line
            overdue[_pid(match)] = text
            ends.append(WorkerEnd(pid=_pid(match), is_overdue=True, at=time_of(text), line=text))
        elif match := _first(_DIED, text):
            if not any(each.pid == _pid(match) and each.is_overdue for each in ends):
                ends.append(_end(match, overdue, request))
            request = ""
        elif (match := _RESPAWNED.search(text)) and ends and not ends[-1].successor:
            ends[-1] = msgspec.structs.replace(ends[-1], successor=_pid(match))
    yield from ends
    known = {each.pid for each in ends}
    for pid, line in overdue.items():  # uWSGI has decided to end the worker, and has not told of its end yet
        if pid not in known:
            yield WorkerEnd(pid=pid, is_overdue=True, at=time_of(line), line=line, request=request)


def _end(match: re.Match[str], overdue: dict[int, str], request: str) -> WorkerEnd:
    pid = _pid(match)
    return WorkerEnd(
        pid=pid,
        signal=_signal(match.groupdict()),
        is_overdue=pid in overdue,
        at=time_of(match.string) or time_of(overdue.get(pid, "")),
        line=match.string,
        request=request if pid in overdue else "",
    )


def time_of(line: str) -> float | None:
    """Return when a line was written, None if the line does not tell."""
    if match := _VERBOSE.match(line):
        return _local(match["when"])
    split = parse_server_line(line)
    return split.at if split else None


def faults(said: ServerSaid) -> Iterator[tuple[str, int, str]]:
    """Yield the signal, the pid and the line of each crash that uWSGI reports about itself."""
    for line in said.lines:
        for name, pattern in _FAULTED:
            if match := pattern.search(line[:LONGEST_LINE]):
                yield name, _pid(match), line[:LONGEST_LINE]


def known_pids(said: ServerSaid) -> frozenset[int]:
    """Return the processes that the server says it started."""
    found: set[int] = set()
    for line in said.lines:
        text = line[:LONGEST_LINE]
        match = _RESPAWNED.search(text) or _SPAWNED.search(text) or _UVICORN_START.search(text)
        if match:
            found.add(_pid(match))
    return frozenset(found)


_SERVES = re.compile(
    r"spawned uWSGI worker|Error handling request|Socket error processing request|Exception on /|Application startup complete"
)
"""What is said once requests are answered: by uWSGI, by gunicorn of a request that failed, by Flask of such a request, by uvicorn."""


def tracebacks(said: ServerSaid) -> tuple[Traceback, ...]:
    """Return the tracebacks in the log, the last 20."""
    found: list[Traceback] = []
    current: list[str] | None = None
    is_ready = False
    for line in said.lines:
        text = line[:LONGEST_LINE]
        is_ready = is_ready or bool(_SERVES.search(text))
        if _TRACEBACK in text:
            current = [text[text.index(_TRACEBACK) :]]
        elif current is not None:
            current.append(text)
            is_end = bool(text) and not text[0].isspace()
            if is_end or len(current) > _TRACEBACK_LINES:
                found.append(Traceback(lines=tuple(current), at_start=not is_ready))
                current = None
        elif _BARE_ERROR.match(text):
            found.append(Traceback(lines=(text,), at_start=not is_ready))
    return tuple(found[-20:])


def _signal(fields: dict[str, str | None]) -> str:
    if number := fields.get("signal"):
        return signal_name(int(number))
    return f"SIG{fields['signal_name']}" if fields.get("signal_name") else ""


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


def _pid(match: re.Match[str]) -> int:
    return decimal(match["pid"], 9) or 0


def _local(text: str) -> float | None:
    """Return the time of uWSGI's banner, which is ctime's: local, without a zone."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    month, day, clock, year = text.split()
    try:
        number = months.index(month) + 1
        return (
            datetime.datetime.fromisoformat(f"{year}-{number:02}-{int(day):02}T{clock}")
            .astimezone()
            .timestamp()
        )
    except (ValueError, OverflowError):
        return None

"""What the app and the servers log, on the terminal of a stack in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from enuf.cli.terminal.output import harmless, printable, takes_colours
from enuf.inspect.error_log import error_message
from enuf.inspect.log_tail import LogTail
from enuf.inspect.server_log import LONGEST_LINE, parse_failed_request, server_error
from enuf.language.spoken import translated
from enuf.observe.live.troubles import clock
from enuf.observe.logs.errors import TRACEBACK, explained_message
from enuf.observe.logs.events import JOURNAL, decode_events, timeline_of
from enuf.observe.logs.records import LogParser, Record, changed_at
from enuf.system.patient_output import PatientOutput

LOOK_EVERY_S = 0.2
MOST_LINES = 2000
"""Lines of the logs that are looked at in one go: the supervisor has other things to do."""
LAST_WAIT_S = 1.0
ACCESS, ERROR, SERVER = "access.log", "error.log", "server.log"
_OWN_REQUEST = re.compile(r'(?:ua="|"ua":")enuf/[0-9a-f]{16}"')
_FLASK_STATUS = re.compile(r'^\S{1,100} - - \[[^\]]{1,40}\] "(?P<request>[^"]*)" (?P<status>\d{3}) ')
_SHOWN_EVENTS = ("crash", "hung")
_AS_EVENT = ("worker ", "a worker ")
"""Errors of the server that the journal has too, with the request that was lost."""


class LogStream:
    """Shows lines as they come: the app's as it wrote them, errors, and requests that failed; all requests in development."""

    def __init__(self, folder: Path, *, every_request: bool) -> None:
        """Begin at the ends of the logs."""
        self._folder = folder
        self._every_request = every_request
        self._has_front = True
        self._readers = {name: LogTail(folder / name) for name in (ACCESS, ERROR, SERVER, JOURNAL)}
        self._parsers = {name: LogParser(name) for name in (ACCESS, ERROR, SERVER)}
        self._waiting: deque[tuple[str, list[str]]] = deque()
        self._skipped = 0
        self._in_traceback = False
        self._paints = takes_colours(sys.stdout)
        self._clean: Callable[[str], str] = harmless if sys.stdout.isatty() else str
        self.out = PatientOutput(sys.stdout.fileno())

    def begin(self, *, has_front: bool) -> None:
        """Show what was logged since this object was made, and from now on as long as the event loop runs."""
        self._has_front = has_front
        self._look_again(asyncio.get_running_loop())

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(OSError):  # no descriptor is left: the next look may have one
            self.show()
        if not self.out.is_broken:
            loop.call_later(
                0.0 if self._waiting and not self.out.is_full else LOOK_EVERY_S, self._look_again, loop
            )

    def finish(self) -> None:
        """Show the last lines, as far as the terminal takes them, and close the logs."""
        with contextlib.suppress(OSError):
            self.show()
            while self._waiting and not self.out.is_full:
                self.show()
        self.out.flush(LAST_WAIT_S)
        self.close()

    def close(self) -> None:
        """Close the logs."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
        self.out.close()

    def show(self) -> None:
        """Show the lines that were added, at most MOST_LINES of them."""
        self.out.flush()
        if not self._waiting:
            for name, reader in self._readers.items():
                if lines := reader.read():
                    self._waiting.append((name, lines))
        shown: list[tuple[float, str]] = []
        room = MOST_LINES
        while self._waiting and room > 0:
            name, lines = self._waiting.popleft()
            if len(lines) > room:
                self._waiting.appendleft((name, lines[room:]))
            shown += self._lines_of(name, lines[:room])
            room -= len(lines)
        self._write([text for _, text in sorted(shown, key=lambda each: each[0])])

    def _write(self, lines: list[str]) -> None:
        if self.out.is_full:
            self._skipped += len(lines)
            return
        if self._skipped and lines:
            lines = [translated(f"{self._skipped} lines skipped, see enuf logs"), *lines]
            self._skipped = 0
        if lines:
            self.out.write("".join(f"{line}\n" for line in lines))

    # -- what is shown of a log

    def _lines_of(self, name: str, lines: list[str]) -> Iterator[tuple[float, str]]:
        if name == JOURNAL:
            for event in timeline_of(decode_events(lines)):
                if event.kind in _SHOWN_EVENTS:
                    yield event.at, self._painted(f"enuf: {printable(translated(event.text))}", fg="red")
            return
        if name == ACCESS:
            lines = [line for line in lines if not _OWN_REQUEST.search(line)]
        for record in self._parsers[name].parse(lines, changed_at(self._folder / name)):
            text = self._request(record) if name == ACCESS else self._text_of(record)
            if text is not None:
                yield record.at, text

    def _text_of(self, record: Record) -> str | None:
        if record.layer == "app":
            return self._app_line(record.text)
        if record.layer == "front":
            message = error_message(record.text)
            if message is None:
                return None
            return self._painted(f"nginx: {printable(explained_message(message))}", fg="red")
        message = server_error(record.text)
        if message and not message.startswith(_AS_EVENT):
            return self._painted(f"server: {printable(translated(message))}", fg="red")
        return None if self._has_front else self._request_of_server(record)

    def _app_line(self, text: str) -> str:
        """Return a line of the app, a traceback in colour."""
        shown = self._clean(text)
        if TRACEBACK in text:
            self._in_traceback = True
            return self._painted(shown, fg="red")
        if not self._in_traceback:
            return shown
        if text.startswith((" ", "\t")):
            return self._painted(shown, dim=True)
        self._in_traceback = False
        return self._painted(shown, fg="red", bold=True)

    def _request(self, record: Record) -> str | None:
        """Return the line of a request that the front has logged."""
        if record.status is None or (record.status < 400 and not self._every_request):
            return None
        request = record.text.partition(" ")[2].partition(f" {record.status} ")[0].rpartition(" HTTP/")[0]
        took = f"{(record.seconds or 0.0) * 1000:.0f} ms"
        known = f" id={record.id}" if record.status >= 500 and record.id else ""
        return self._status_line(record.at, request, record.status, f" in {took}{known}")

    def _request_of_server(self, record: Record) -> str | None:
        """Return the line of a request where no front has logged it."""
        text = record.text[:LONGEST_LINE]
        if failed := parse_failed_request(text):
            return self._status_line(record.at, f"{failed.method} {failed.path}", 500, "")
        found = _FLASK_STATUS.match(text)
        if found is None or (int(found["status"]) < 400 and not self._every_request):
            return None
        request = found["request"].rpartition(" HTTP/")[0]
        return self._status_line(record.at, request, int(found["status"]), "")

    def _status_line(self, at: float, request: str, status: int, more: str) -> str:
        text = f"{clock(at)} {printable(request)} {status}{more}"
        return self._painted(text, fg="red" if status >= 500 else "yellow") if status >= 400 else text

    def _painted(self, text: str, **style: str | bool) -> str:
        return click.style(text, **style) if self._paints else text  # type: ignore[arg-type]

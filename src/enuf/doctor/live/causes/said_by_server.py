"""Faults that an app server or the app tells in the server's log, whatever the answer was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from enuf.doctor.live.case import RECENT_S, LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import said_line
from enuf.doctor.live.server_said import time_of
from enuf.model.finding import Severity


class _Words(NamedTuple):
    code: str
    name: str
    order: int
    pattern: re.Pattern[str]
    message: str
    hint: str
    worst: Severity = "error"
    """While the visitor is not served; else the finding is a warning."""


_WORDS = (
    _Words(
        "U019", "gevent-not-installed", 605, re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?gevent\b"),
        "uWSGI is to use gevent, and the Python that it runs has no such package: its workers end as soon as they start",
        "install gevent into the environment of the app, or take the line gevent = ... out",
    ),
    _Words(
        "S010", "sqlite-readonly-after-uid", 655, re.compile(r"OperationalError\b.{0,40}attempt to write a readonly database"),
        "the app may not write to its SQLite database: SQLite needs to write to the file and to the folder around it",
        "give the file and its folder to the user that the workers run as",
    ),
    _Words(
        "S017", "locale-ascii", 656, re.compile(r"UnicodeEncodeError: 'ascii' codec can't encode"),
        "the app writes text that is not ASCII, and the server was started without a locale: Python writes ASCII alone",
        "env = PYTHONUTF8=1 in the ini, or Environment=PYTHONUTF8=1 in the unit",
    ),
    _Words(
        "U050", "single-interpreter-c-extension", 598,
        re.compile(r"does not support loading in subinterpreters|may only be loaded into one interpreter per process|Interpreter change detected"),
        "a package with C code is loaded into a second interpreter of one process, which it refuses: uWSGI gives each app of a process an interpreter of its own",
        "single-interpreter = true, with one app for each process",
    ),
    _Words(
        "U009", "slow-client-holds-worker", 755, re.compile(r"uwsgi_proto_http_parser\(\) -> client closed connection"),
        "a visitor of the http-socket began a request and did not finish it: a worker waited for that visitor alone, and took no other request",
        "put nginx in front, or use `http = ...`, whose router takes the request in first", "warning",
    ),
    _Words(
        "U041", "client-disconnect-write-error", 765,
        re.compile(r"SIGPIPE: writing to a closed pipe|: Broken pipe \[core/writer\.c|(?:OSError|IOError): write error"),
        "a visitor left before the answer had been written, and uWSGI logs that as an error of the app: no fault of the stack",
        "ignore-sigpipe = true, ignore-write-errors = true and disable-write-exception = true keep such lines out of the log", "warning",
    ),
)  # fmt: skip


def _prove(words: _Words, case: LiveCase) -> Iterator[LiveProof]:
    if not case.is_said_by_server or _is_beside_the_point(words.code, case):
        return
    match = case.said.find(words.pattern)
    if match is None or not _is_recent(case, match.string):
        return
    severity: Severity = words.worst if case.fails else "warning"
    found = case.of_fault(words.code)
    yield LiveProof(
        finding=found,
        message=words.message,
        hint=words.hint,
        evidence=(said_line(match.string),),
        severity=severity,
        file=case.configured.config.main_file if case.configured else case.said.path,
    )


def _is_beside_the_point(code: str, case: LiveCase) -> bool:
    """Return True for lines about visitors that cannot explain this request."""
    return (
        (code == "U009" and case.evidence.front.is_nginx)
        or (code == "U041" and case.fails)
        or (code == "U019" and bool(case.said.has("class uri", "gunicorn")))
    )


def _is_recent(case: LiveCase, line: str) -> bool:
    """Return False for a line that is older than some minutes; the log's own time stands for one without a time."""
    logs = (log.modified_at for log in case.evidence.log("server") if log.path == case.said.path)
    at = time_of(line) or next(logs, 0.0)
    return not at or at >= case.evidence.host.now - RECENT_S


CAUSES = tuple(
    Cause(code=each.code, name=each.name, severity="error", order=each.order, prove=partial(_prove, each))
    for each in _WORDS
)

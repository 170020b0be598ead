"""A log renamed under uWSGI, which goes on writing to the renamed file."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand
from enuf.doctor.surroundings import LogrotateStanza

_LOGS = ("logto", "logto2", "daemonize", "daemonize2", "logger", "req-logger")
_LOGS_LIMIT, _PATTERNS_LIMIT = 20, 10
_REOPENS = re.compile(
    r"copytruncate|reload|restart|\bHUP\b|SIGHUP|-1\b|reopen|try-restart|touch\s|fifo|echo\s+[lrR]\b|invoke-rc\.d"
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every logrotate stanza for a log of uWSGI without a signal or command for uWSGI."""
    logs = [(server, tuple(_logs(server))) for server in evidence.servers]
    for rotation in evidence.rotations:
        if _REOPENS.search(_without_comments(rotation.text)):
            continue
        for server, paths in logs:
            log = next((path for path in paths if _matches(rotation, path)), "")
            if log:
                yield _diagnostic(rotation, server, log)
                break
        else:
            if not evidence.servers and any("uwsgi" in pattern for pattern in rotation.patterns):
                yield _diagnostic(rotation, None, rotation.patterns[0])


def _diagnostic(rotation: LogrotateStanza, server: Server | None, log: str) -> Diagnostic:
    watched = server.config.value("touch-logreopen") if server else ""
    line = f"postrotate: touch {watched}" if watched else "copytruncate"
    return at_line(
        rotation.file,
        rotation.line,
        f"logrotate renames {log} and uWSGI goes on writing to the renamed file: the new log stays empty",
        severity=None if server else "advice",
        hint=line,
        fix=by_hand(f"add `{line}`, or touch-logreopen in the ini and a touch in postrotate"),
    )


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _logs(server: Server) -> Iterator[str]:
    for option in server.config.all(*_LOGS)[-_LOGS_LIMIT:]:
        path = option.value.rpartition("file:")[2]
        if not option.unresolved and path and ":" not in path:
            yield posixpath.normpath(posixpath.join(server.directory, path))


def _matches(rotation: LogrotateStanza, path: str) -> bool:
    return any(
        fnmatch.fnmatchcase(path, pattern.strip("\"'")) for pattern in rotation.patterns[:_PATTERNS_LIMIT]
    )


RULE = Rule("S016", "logrotate-without-reopen", "warning", check)

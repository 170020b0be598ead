"""A log file without a limit on its size."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option
from enuf.syntax.uwsgi_config import ParsedOption

_LOGS = ("logto", "logto2", "daemonize", "daemonize2")
_LOGS_LIMIT, _PATTERNS_LIMIT = 20, 10
_CUTS = ("log-maxsize", "touch-logrotate", "touch-logreopen")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every log file without log-maxsize and without a logrotate stanza that covers it."""
    patterns = [
        pattern.strip("\"'")
        for rotation in evidence.rotations
        for pattern in rotation.patterns[:_PATTERNS_LIMIT]
    ]
    for server in evidence.servers:
        if not server.config.is_complete or server.config.last(*_CUTS):
            continue
        for option in server.config.all(*_LOGS)[:_LOGS_LIMIT]:
            if (
                not option.unresolved
                and not option.conditional
                and not comment_in(option)
                and _is_file(option)
            ):
                path = posixpath.normpath(posixpath.join(server.config.directory, option.value))
                if not any(fnmatch.fnmatch(path, pattern) for pattern in patterns):
                    yield at_option(
                        option,
                        "this log grows until the disk is full: nothing here cuts it",
                        hint="log-maxsize = 10000000, or a logrotate file with copytruncate or touch-logreopen",
                        fix=add_options(
                            server.config, "log-maxsize = 10000000", asks="logrotate may already do it"
                        ),
                    )


def _is_file(option: ParsedOption) -> bool:
    """Return True unless the log goes to another machine or to the console."""
    return bool(option.value) and ":" not in option.value and not option.value.startswith("/dev/")


RULE = Rule("U049", "log-unbounded", "warning", check)

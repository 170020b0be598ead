"""A log file that nobody ever cuts."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Rule, Sign, add_options, at_option
from enuf.doctor.serving import comment_in
from enuf.syntax.uwsgi_config import Option

_LOGS = ("logto", "logto2", "daemonize", "daemonize2")
_CUTS = ("log-maxsize", "touch-logrotate", "touch-logreopen")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every log file without log-maxsize and without a logrotate stanza that covers it."""
    for server in evidence.servers:
        if not server.config.is_whole or server.config.last(*_CUTS):
            continue
        for option in server.config.all(*_LOGS):
            if not option.open and not option.maybe and not comment_in(option) and _is_file(option):
                path = posixpath.normpath(posixpath.join(server.config.directory, option.value))
                if not _is_rotated(evidence, path):
                    yield at_option(
                        option,
                        "this log grows until the disk is full: nothing here cuts it",
                        hint="log-maxsize = 10000000, or a logrotate file with copytruncate or touch-logreopen",
                        fix=add_options(server.config, "log-maxsize = 10000000", safe=False),
                    )


def _is_file(option: Option) -> bool:
    """True unless the log goes to another machine or to the console."""
    return bool(option.value) and ":" not in option.value and not option.value.startswith("/dev/")


def _is_rotated(evidence: Evidence, path: str) -> bool:
    patterns = [pattern for rotation in evidence.rotations for pattern in rotation.patterns]
    return any(fnmatch.fnmatch(path, pattern.strip("\"'")) for pattern in patterns)


RULE = Rule("U049", "log-unbounded", "warning", check, "ask")

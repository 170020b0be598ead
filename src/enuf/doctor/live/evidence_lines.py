"""The proof of a cause, a line each: lines of logs, what stat and the kernel's tables say. Pure; in no language of people."""

from __future__ import annotations

import time

from enuf.doctor.live.case import Seen
from enuf.doctor.live.evidence import LiveProcess, PathStat

_LONGEST_LINE = 400


def log_line(seen: Seen) -> str:
    """Return a line of nginx's error log as evidence, without the fields that repeat the request."""
    error = seen.error
    upstream = f", upstream: {error.upstream}" if error.upstream else ""
    return f"error log: {log_clock(error.at)} {error.text}{upstream}"[:_LONGEST_LINE]


def stat_line(stat: PathStat) -> str:
    """Return what stat says about a path: `drwx------ kim kim /home/kim`."""
    if stat.kind == "absent":
        return f"stat: {stat.path}: there is no such file"
    if stat.mode is None:
        return f"stat: {stat.path}: not allowed to this user"
    letter = {"folder": "d", "socket": "s", "file": "-"}.get(stat.kind, "?")
    acl = "+" if stat.has_acl else ""
    return f"stat: {letter}{_letters(stat.mode)}{acl} {stat.owner} {stat.group} {stat.path}"


def _letters(mode: int) -> str:
    return "".join(letter if mode >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx"))


def process_line(process: LiveProcess) -> str:
    """Return a process in one line: pid, user, start, command line."""
    return (
        f"process {process.pid} ({process.user}, since {log_clock(process.started_at)}): {process.line[:200]}"
    )


def said_line(line: str) -> str:
    """Return a line of the server's log as evidence."""
    return f"server log: {line.strip()[:_LONGEST_LINE]}"


def log_clock(moment: float) -> str:
    """Return a moment of local time, in the form of nginx's log."""
    return time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(moment))


def observed(text: str) -> str:
    """Return what was observed, in at most one line."""
    return " ".join(text.split())[:_LONGEST_LINE]

"""The declarations of links and causes of a diagnosis, and what their functions yield."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from enuf.doctor.live.case import LiveCase, Seen
from enuf.doctor.live.evidence import LiveProcess, PathStat
from enuf.model.finding import Finding, Fix, Severity

LinkState = Literal["ok", "fault", "unknown"]
_LONGEST_LINE = 400


class LinkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one link of the chain from the visitor to the app looks like."""

    state: LinkState
    text: str
    """One sentence."""
    evidence: tuple[str, ...] = ()


class LiveLink(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the chain: a number for its place, a title, and the pure function that describes it.

    The function returns None where the chain has no such link.
    """

    order: int
    title: str
    describe: Callable[[LiveCase], LinkResult | None]


class LiveProof(msgspec.Struct, frozen=True, kw_only=True):
    """A proven cause: what a finding needs beside the code."""

    message: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    file: str = ""
    """Empty for the place where the request is passed on."""
    line: int = 1
    severity: Severity | None = None
    fix: Fix | None = None
    finding: Finding | None = None
    """A finding in the files that the running stack confirms: its message, place, hint and fix are taken."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue that a running stack can prove.

    Of several that are proven the one with the lowest `order` is the verdict.
    """

    code: str
    name: str
    severity: Severity
    order: int
    prove: Callable[[LiveCase], Iterator[LiveProof]]


# --- texts of evidence


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

"""The lines of nginx's error log about one request: what failed, with which errno, at which upstream. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from enuf.inspect.error_log import parse_error_line
from enuf.model.address import Address, TcpAddress, UnixAddress, parse_address
from enuf.model.numbers import decimal

LONGEST_LINE = 4096
Phase = Literal["connecting", "sending", "reading", "none"]
_ERRNO = re.compile(r"\((\d{1,4}): [^()]{0,200}\)")
"""The number of an error. Its words differ between C libraries."""
_PID = re.compile(r"^\[(?P<level>[a-z]+)\] (?P<pid>\d{1,9})#\d+: (?:\*\d+ )?(?P<text>.*)$")
_FIELD = re.compile(r', (client|server|request|subrequest|upstream|host|referrer): ("[^"]*"?|[^,\s]*)')
"""A line of more than 2048 bytes ends where nginx has cut it off, without the quote."""
_CUT_AT = 1900
_PHASES: tuple[tuple[str, Phase], ...] = (
    ("while connecting to upstream", "connecting"),
    ("while sending request to upstream", "sending"),
    ("while sending to client", "none"),
    ("while reading", "reading"),
)


class FrontError(msgspec.Struct, frozen=True, kw_only=True):
    """One line of nginx's error log."""

    at: float
    pid: int
    level: str
    text: str
    """What failed, without the fields behind."""
    errno: int = 0
    phase: Phase = "none"
    upstream: str = ""
    """`uwsgi://unix:/run/a.sock:`, as nginx writes it; empty for an error without an upstream."""
    request: str = ""
    """`GET / HTTP/1.1`; only its beginning in a line that nginx has cut off."""
    subrequest: str = ""
    """The path that nginx asked for by itself, as auth_request does."""
    server: str = ""
    host: str = ""
    client: str = ""
    line: str = ""
    """The whole line."""

    @property
    def target(self) -> str:
        """The target of the request."""
        words = self.request.split(" ")
        return words[1] if len(words) > 1 else ""

    def is_about(self, target: str) -> bool:
        """Return True if the line is about a request for this target, as the doctor sends one: a GET."""
        if not self.request.startswith("GET "):
            return False
        if self.target == target:
            return True
        return len(self.line) >= _CUT_AT and bool(self.target) and target.startswith(self.target)


def parse_front_error(line: str) -> FrontError | None:
    """Return the parts of a line; None for one without a time, a level and a process."""
    split = parse_error_line(line[:LONGEST_LINE])
    match = _PID.match(split.text) if split and split.at is not None else None
    if split is None or match is None:
        return None
    text = match["text"]
    fields = {name: value.strip('"') for name, value in _FIELD.findall(text)}
    first = next((found.start() for found in _FIELD.finditer(text)), len(text))
    said = text[:first]
    number = _ERRNO.search(said)
    return FrontError(
        at=split.at or 0.0,
        pid=decimal(match["pid"]) or 0,
        level=match["level"],
        text=said,
        errno=int(number[1]) if number else 0,
        phase=next((phase for words, phase in _PHASES if words in said), "none"),
        upstream=fields.get("upstream", ""),
        request=fields.get("request", ""),
        subrequest=fields.get("subrequest", ""),
        server=fields.get("server", ""),
        host=fields.get("host", ""),
        client=fields.get("client", ""),
        line=line[:LONGEST_LINE],
    )


def upstream_named(upstream: str) -> str:
    """Return the address in nginx's field `upstream`: `unix:/run/a.sock`, `127.0.0.1:8000`."""
    rest = upstream.partition("://")[2] or upstream
    if rest.startswith("unix:"):
        return rest.partition(":/")[0] + ":/" + rest.partition(":/")[2].partition(":")[0]
    return rest.partition("/")[0]


def upstream_address(upstream: str) -> Address | None:
    """Return the socket or the IP address in nginx's field `upstream`; None for the name of a group."""
    named = upstream_named(upstream)
    try:
        address = parse_address(named)
    except ValueError:
        return None
    if isinstance(address, UnixAddress):
        return address
    return address if isinstance(address, TcpAddress) and address.host[:1] in "0123456789:" else None


def lines_about(errors: Iterable[FrontError], target: str, sent_at: float) -> tuple[FrontError, ...]:
    """Return the lines about a request for a target that was sent at a time, in seconds since 1970; none for 0."""
    return tuple(each for each in errors if sent_at and each.at >= int(sent_at) and each.is_about(target))

"""One line of the front's log of requests, in either of its two formats."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

import msgspec

LONGEST_PATH = 200
_FAR_S = 86_400.0
"""No request is as long: a larger figure is not one of ours."""

_TEXT = re.compile(
    r'^(?P<addr>\S+) \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]{1,18}) '
    r"time=(?P<seconds>[\d.]+) connect=\S+ header=\S+ app=(?P<app>[-\d., :]+) "
    r"(?:passed=(?P<passed>\S+) taken=(?P<taken>.*?) )?id=(?P<id>[0-9a-f]{0,32}) "
)


class AccessRecord(msgspec.Struct, frozen=True):
    """One answered request."""

    at: float | None
    """When it ended; None when its time cannot be read."""
    addr: str
    request: str
    """`GET /a?b HTTP/1.1`, as nginx wrote it."""
    status: int
    bytes: int
    total_s: float
    upstream_s: float | None
    """From passing it on to the app until the app's answer was whole; None when the app was not asked."""
    wait_s: float | None
    """The part of that in which no thread had taken it; None when that is not known."""
    id: str

    @property
    def app_s(self) -> float | None:
        """From the moment that a thread took it until its answer was whole."""
        if self.upstream_s is None or self.wait_s is None:
            return None
        return self.upstream_s - self.wait_s

    @property
    def method(self) -> str:
        """`GET`; empty for what was no request."""
        word = self.request.partition(" ")[0]
        return word if word.isascii() and word.isalpha() and len(word) <= 20 else ""

    @property
    def path(self) -> str:
        """The address without its query, of bounded length."""
        return bounded_path(self.request.partition(" ")[2].rpartition(" ")[0])


def bounded_path(address: str) -> str:
    """An address without its query, on one line and not too long to show."""
    path = "".join(sign if sign.isprintable() else "?" for sign in address.partition("?")[0][:LONGEST_PATH])
    return path + "..." if len(address.partition("?")[0]) > LONGEST_PATH else path


class _Json(msgspec.Struct):
    addr: str
    time: str
    request: str
    status: int
    bytes: int
    seconds: float
    app: str = ""
    passed: str = ""
    taken: str = ""
    id: str = ""


_decode = msgspec.json.Decoder(_Json).decode


def parse_access_line(line: str) -> AccessRecord | None:
    """The request that a line tells of; None for a line in another format, or that was cut."""
    if line.startswith("{"):
        try:
            found = _decode(line)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None
        if not 100 <= found.status <= 999:
            return None
        upstream_s = _seconds(found.app)
        wait_s = _wait(found.passed, found.taken, upstream_s)
        return AccessRecord(
            parse_timestamp(found.time), found.addr, found.request, found.status, found.bytes, found.seconds, upstream_s, wait_s, found.id
        )  # fmt: skip
    match = _TEXT.match(line)
    if match is None:
        return None
    upstream_s = _seconds(match["app"])
    wait_s = _wait(match["passed"] or "", match["taken"] or "", upstream_s)
    return AccessRecord(
        parse_timestamp(match["time"]), match["addr"], match["request"], int(match["status"]), int(match["bytes"]),
        _seconds(match["seconds"]) or 0.0, upstream_s, wait_s, match["id"],
    )  # fmt: skip


@lru_cache(maxsize=64)
def parse_timestamp(text: str) -> float | None:
    """The time of day that a log's stamp means; None when it is none."""
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(text: str) -> float | None:
    """nginx's figure; where it asked twice it wrote `0.001, 0.200 : 0.003`, and the last one counts."""
    try:
        found = float(re.split("[,:]", text)[-1])
    except ValueError:
        return None
    return found if 0 <= found < _FAR_S else None


def _wait(passed: str, taken: str, upstream_s: float | None) -> float | None:
    """Seconds between the moment at which the front passed a request on and the one at which a thread took it.

    Both are clocks of this machine, the front's in steps of a millisecond.
    """
    if upstream_s is None:
        return None
    try:
        waited = int(taken) / 1e6 - float(passed)
    except (ValueError, OverflowError):
        return None
    if not -1.0 < waited < _FAR_S:
        return None  # the app wrote that header itself, or the clock was set
    return min(max(waited, 0.0), upstream_s)

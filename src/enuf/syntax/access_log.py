"""The access log of the front: its two formats, which nginx writes, and the parser of their lines."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

import msgspec

ESCAPE_TEXT, ESCAPE_JSON = "escape=default", "escape=json"
TEXT_FORMAT = (
    '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent ',
    "time=$request_time connect=$upstream_connect_time header=$upstream_header_time ",
    "app=$upstream_response_time passed=$enuf_passed taken=$upstream_http_x_enuf_taken ",
    'id=$enuf_request_id host="$host" ref="$http_referer" ua="$http_user_agent"',
)
"""The arguments of nginx's `log_format` that make a line of text; nginx joins them. Use with ESCAPE_TEXT."""
JSON_FORMAT = (
    '{"addr":"$remote_addr","time":"$time_iso8601","request":"$request","status":$status,',
    '"bytes":$body_bytes_sent,"seconds":$request_time,"connect":"$upstream_connect_time",',
    '"header":"$upstream_header_time","app":"$upstream_response_time","passed":"$enuf_passed",',
    '"taken":"$upstream_http_x_enuf_taken","id":"$enuf_request_id",',
    '"host":"$host","ref":"$http_referer","ua":"$http_user_agent"}',
)
"""The arguments of nginx's `log_format` that make a JSON object. Use with ESCAPE_JSON."""

CACHE_STATUSES = frozenset({"HIT", "MISS", "EXPIRED", "STALE", "BYPASS"})
"""What the front's cache can have done about a request."""
LIMITS = frozenset({"requests", "connections"})
"""The limits of one client for which the front answers 429."""
_MARKS = {"cache": "$enuf_kept", "limit": "$enuf_limit"}
"""Fields that stand in a line only where the feature is on: by name, nginx's variable."""

LONGEST_PATH = 200
SWITCHING_PROTOCOLS = 101
CUT_OFF_S = 0.002
"""Two times that nginx has cut to milliseconds: with it, no answer seems to end before its app's last line."""
LONGEST_TIME_S = 86_400.0
"""A larger time of a request is not a measurement of this front."""

# nginx writes a quotation mark inside of a value as \x22, so `"` ends a value and ` host="` cannot be forged
# by one.
_TEXT_LINE = re.compile(
    r'^(?P<addr>\S+) \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>[1-9][0-9]{2}) (?P<bytes>[0-9]{1,18}) '
    r"time=(?P<seconds>[0-9.]+) connect=[-0-9., :]+ header=[-0-9., :]+ app=(?P<app>[-0-9., :]+) "
    r'(?:passed=(?P<passed>\S+) taken=(?P<taken>[^"]*?) )?id=(?P<id>[^" ]{0,128})'
    r'(?: cache=(?P<cache>[^" ]{0,20}))?(?: limit=(?P<limit>[^" ]{0,20}))? host="'
)
_ESCAPED = re.compile(r"(?:\\x[0-9A-F]{2})+")


def with_marks(lines: tuple[str, ...], *, cache: bool, limit: bool) -> tuple[str, ...]:
    """Return a format with the fields of the features that are on, after the request's id."""
    names = [name for name, is_on in (("cache", cache), ("limit", limit)) if is_on]
    text = "".join(f" {name}={_MARKS[name]}" for name in names)
    json = "".join(f'"{name}":"{_MARKS[name]}",' for name in names)
    return tuple(
        line.replace("id=$enuf_request_id ", f"id=$enuf_request_id{text} ").replace(
            '"host":', f'{json}"host":'
        )
        for line in lines
    )


class AccessRecord(msgspec.Struct, frozen=True):
    """One answered request."""

    at: float | None
    """Time of the end of the answer, in seconds since the epoch; to the second where the app was not asked.

    None if the line's time cannot be read.
    """
    addr: str
    request: str
    """The request line as the client sent it: `GET /a?b HTTP/1.1`. Bytes that are not UTF-8 are replaced."""
    status: int
    bytes: int
    total_s: float
    upstream_s: float | None
    """From passing the request to the app until the whole answer was there. None if the app was not asked."""
    wait_s: float | None
    """The part of `upstream_s` before a thread took the request. None if not measured."""
    id: str
    cache: str = ""
    """What the front's cache did: one of CACHE_STATUSES; empty where nothing is cached."""
    limit: str = ""
    """Which limit the front answered 429 for: `requests` or `connections`; empty for none."""
    passed_at: float | None = None
    """When the front passed the request on to the app. None if the app was not asked, or it is not in the line."""

    @property
    def app_s(self) -> float | None:
        """The part of `upstream_s` in which a thread worked on the request. None if not measured."""
        if self.upstream_s is None or self.wait_s is None:
            return None
        return self.upstream_s - self.wait_s

    @property
    def changed_protocol(self) -> bool:
        """True for a WebSocket: its time is how long it was open, and not how long an answer took."""
        return self.status == SWITCHING_PROTOCOLS

    @property
    def of_closed_site(self) -> bool:
        """True for the maintenance page: a 503 of the front's own, for which the app was not asked."""
        return self.status == 503 and self.upstream_s is None

    @property
    def method(self) -> str:
        """The method, `GET`; empty if the client did not send a request line."""
        word = self.request.partition(" ")[0]
        return word if word.isascii() and word.isalpha() and len(word) <= 20 else ""

    @property
    def path(self) -> str:
        """The request target without its query, printable and of bounded length."""
        return bounded_path(self.request.partition(" ")[2].rpartition(" ")[0])


def bounded_path(uri: str) -> str:
    """Return a request target without its query, on one line, and cut after LONGEST_PATH characters."""
    whole = uri.partition("?")[0]
    path = "".join(char if char.isprintable() else "?" for char in whole[:LONGEST_PATH])
    return path + "..." if len(whole) > LONGEST_PATH else path


class _Fields(msgspec.Struct):
    """The parts of a line that AccessRecord is made of, named by the keys of JSON_FORMAT."""

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
    cache: str = ""
    limit: str = ""


_decode_json = msgspec.json.Decoder(_Fields).decode


def parse_access_line(line: str) -> AccessRecord | None:
    """Parse a line in either format. Return None if the line is truncated or in another format."""
    fields = _json_fields(line) if line.startswith("{") else _text_fields(line)
    if fields is None or not 100 <= fields.status <= 999:
        return None
    upstream_s, passed_at = _last_seconds(fields.app), _number(fields.passed)
    return AccessRecord(
        at=_ended_at(parse_timestamp(fields.time), passed_at, upstream_s),
        addr=fields.addr,
        request=fields.request,
        status=fields.status,
        bytes=fields.bytes,
        total_s=fields.seconds,
        upstream_s=upstream_s,
        wait_s=_wait_s(passed_at, fields.taken, upstream_s),
        id=fields.id,
        cache=fields.cache if fields.cache in CACHE_STATUSES else "",
        limit=fields.limit if fields.limit in LIMITS else "",
        passed_at=None if upstream_s is None else passed_at,
    )


def _json_fields(line: str) -> _Fields | None:
    try:
        return _decode_json(line)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def _text_fields(line: str) -> _Fields | None:
    match = _TEXT_LINE.match(line)
    if match is None:
        return None
    return _Fields(
        addr=match["addr"],
        time=match["time"],
        request=_unescaped(match["request"]),
        status=int(match["status"]),
        bytes=int(match["bytes"]),
        seconds=_last_seconds(match["seconds"]) or 0.0,
        app=match["app"],
        passed=match["passed"] or "",
        taken=match["taken"] or "",
        id=match["id"],
        cache=match["cache"] or "",
        limit=match["limit"] or "",
    )


def _unescaped(text: str) -> str:
    r"""Undo nginx's `escape=default`.

    It writes quotation marks, backslashes, control characters and bytes above 126 like `\x22`.
    """
    return _ESCAPED.sub(
        lambda match: bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "replace"), text
    )


@lru_cache(maxsize=64)
def parse_timestamp(text: str) -> float | None:
    """Convert an ISO 8601 timestamp to seconds since the epoch. Return None if it is not one."""
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _ended_at(second: float | None, passed_at: float | None, upstream_s: float | None) -> float | None:
    """Return when the answer ended: in the second that nginx has logged, after the app's answer was whole."""
    if second is None or passed_at is None:
        return second
    whole_at = passed_at + (upstream_s or 0.0) + CUT_OFF_S
    return whole_at if second <= whole_at < second + 1.0 else second


def _last_seconds(text: str) -> float | None:
    """Return the last of nginx's upstream times: after two attempts nginx writes `0.001, 0.200 : 0.003`."""
    seconds = _number(re.split("[,:]", text)[-1])
    return seconds if seconds is not None and 0 <= seconds < LONGEST_TIME_S else None


def _wait_s(passed_at: float | None, taken: str, upstream_s: float | None) -> float | None:
    """Return the seconds from the front passing a request on until a thread took it; None if not measured.

    `passed_at` is nginx's clock in seconds with milliseconds, `taken` is uWSGI's in microseconds: both of this
    machine.
    """
    if upstream_s is None or passed_at is None:
        return None
    try:
        waited_s = int(taken) / 1e6 - passed_at
    except (ValueError, OverflowError):
        return None
    if not -1.0 < waited_s < LONGEST_TIME_S:
        return None  # the app wrote the header itself, or the clock was set
    return min(max(waited_s, 0.0), upstream_s)

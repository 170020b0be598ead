"""A request whose line and headers do not fit: uWSGI's buffer (F160, F161), or the front's own limits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.causes.l003_uwsgi_socket_with_proxy_pass import letters_of
from enuf.doctor.live.evidence_lines import log_line, observed, said_line
from enuf.doctor.live.front_said import finding_here, is_by_nginx, said_by_front, severity_of, value_in_force

_PACKET = re.compile(r"invalid request block size: (?P<size>\d{1,9}) \(max (?P<most>\d{1,9})\)")
_HTTP = re.compile(r"invalid HTTP request size \(max (?P<most>\d{1,9})\)")
_UNUSABLE_BYTES = 1024
"""A buffer below this fits no request of a browser: a number that was cut at its unit."""
_WANTED = "buffer-size = 65535"
_REFUSING = (400, 414, 431)
_PAGE = re.compile(r"(?i)(?:header|cookie|uri|line)[\w ]{0,30} too (?:large|long)")


def _buffer(case: LiveCase) -> tuple[re.Match[str] | None, int]:
    """Return uWSGI's line about a packet that did not fit, and the size of its buffer."""
    match = case.said.find(_PACKET) if case.is_said_by_server else None
    if match is None or letters_of(int(match["size"])):
        return None, 0
    return match, int(match["most"])


def _of_unusable_buffer(case: LiveCase) -> Iterator[LiveProof]:
    match, most = _buffer(case)
    seen = said_by_front(case, "prematurely closed", "(104:")
    if match is None or most >= _UNUSABLE_BYTES or seen is None:
        return
    evidence = (log_line(seen), said_line(match.string))
    found = case.of_code("U003")
    yield LiveProof(
        finding=found,
        message=f"uWSGI's buffer-size is {most} bytes, which fits no request: uWSGI reads the number up to its unit",
        hint=_WANTED,
        evidence=evidence,
        severity=severity_of(seen),
    )


def _of_buffer(case: LiveCase) -> Iterator[LiveProof]:
    match, most = _buffer(case)
    seen = said_by_front(case, "prematurely closed", "(104:")
    if match is None or most < _UNUSABLE_BYTES or seen is None:
        return
    yield LiveProof(
        message=f"a request of {match['size']} bytes of variables did not fit into uWSGI's buffer-size of {most}: uWSGI closed the connection, "
        "and nginx answered 502 to visitors with long addresses or big cookies",
        hint=_WANTED,
        evidence=(log_line(seen), said_line(match.string)),
        file=case.configured.config.main_file if case.configured else "",
        severity=severity_of(seen),
    )


def _of_http_buffer(case: LiveCase) -> Iterator[LiveProof]:
    match = case.said.find(_HTTP) if case.is_said_by_server else None
    seen = said_by_front(case, "prematurely closed", "(104:")
    if match is None or (seen is None and case.evidence.front.is_nginx):
        return
    yield LiveProof(
        message=f"a request's line and headers did not fit into uWSGI's buffer-size of {match['most']}: uWSGI closed the connection without an answer",
        hint=_WANTED,
        evidence=(*((log_line(seen),) if seen else ()), said_line(match.string)),
        file=case.configured.config.main_file if case.configured else "",
        severity=severity_of(seen) if seen else "error" if case.fails else "warning",
    )


def _of_front(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(
        case, "client sent too long header line", "client sent too long URI", "client sent too large request"
    )
    reply = case.reply
    page = _PAGE.search(reply.body) if reply.status in _REFUSING else None
    if seen is None and page is None:
        return
    evidence = (
        *((log_line(seen),) if seen else ()),
        *((observed(f"the answer: {reply.status} {page[0]}"),) if page else ()),
    )
    severity = "error" if page else severity_of(seen)
    found = finding_here(case, "G026")
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence, severity=severity)
        return
    if seen is None and not is_by_nginx(case):
        message = "the address or a header of the request is longer than the app server takes: it is refused before the app sees it"
        hint = "gunicorn --limit-request-line 8190 --limit-request-field_size 16380; and smaller cookies"
    else:
        limit = value_in_force(case, "large_client_header_buffers", "4 8k")
        message = f"the address or a header of a request is longer than large_client_header_buffers ({limit}): nginx refuses it before the app sees it"
        hint = (
            "large_client_header_buffers 4 16k; with as large a buffer in the app server; and smaller cookies"
        )
    yield LiveProof(message=message, hint=hint, evidence=evidence, severity=severity)


CAUSES = (
    Cause(code="U003", name="buffer-size-suffix", severity="error", order=505, prove=_of_unusable_buffer),
    Cause(code="U001", name="buffer-size-overflow", severity="error", order=535, prove=_of_buffer),
    Cause(
        code="U002",
        name="cookie-too-large-for-http-socket",
        severity="error",
        order=536,
        prove=_of_http_buffer,
    ),
    Cause(code="R020", name="request-header-too-large", severity="error", order=810, prove=_of_front),
)

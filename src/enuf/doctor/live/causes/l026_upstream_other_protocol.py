"""A listener that answers nginx in another protocol than that of the pass: a database, uWSGI's stats, FastCGI where none is spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase, Seen
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Backend
from enuf.doctor.live.evidence_lines import log_line, process_line
from enuf.inspect.uwsgi_stats import parse_stats_address

_NOT_UNDERSTOOD = re.compile(
    r"upstream sent (?:no valid HTTP|invalid header|unsupported FastCGI protocol version|unexpected FastCGI record|too large http2 frame)"
)
_PROTOCOLS = {"fastcgi": "FastCGI", "scgi": "SCGI", "uwsgi": "the uwsgi protocol", "grpc": "gRPC", "memcached": "memcached's protocol"}  # fmt: skip


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    seen = case.seen(lambda error: bool(_NOT_UNDERSTOOD.search(error.text))) or _closed(case)
    if backend is None or seen is None or not seen.is_now:
        return
    scheme = seen.error.upstream.partition("://")[0]
    spoken = _PROTOCOLS.get(scheme, "HTTP")
    holders = tuple(process_line(each) for each in backend.holders[:1])
    evidence = (log_line(seen), *holders)
    if is_stats(case, backend):
        yield LiveProof(
            message=f"{backend.address} is the address of uWSGI's stats, and no request is taken there: nginx does not understand the answer, and answers 502",
            hint="name the address of socket = in place of that of stats =",
            evidence=evidence,
        )
    elif case.server is None and scheme in ("http", "https", "uwsgi"):
        yield LiveProof(
            message=f"the program at {backend.address} answers nginx, and the answer is not {spoken}: it is no app server, and nginx answers 502",
            hint="look which program listens there, and write the address of the app server in its place",
            evidence=evidence,
        )
    elif case.server is not None and scheme not in ("http", "https", "uwsgi"):
        yield LiveProof(
            message=f"nginx speaks {spoken} to {backend.address}, and {case.server.program} does not: nginx answers 502",
            hint=_right_pass(case, backend),
            evidence=evidence,
        )


def _closed(case: LiveCase) -> Seen | None:
    """Return the line about a connection that an app server ended, to which nginx speaks neither HTTP nor uwsgi."""
    seen = case.seen(lambda error: "prematurely closed" in error.text)
    others = tuple(f"{each}://" for each in _PROTOCOLS if each != "uwsgi")
    return seen if seen and seen.error.upstream.startswith(others) else None


def _right_pass(case: LiveCase, backend: Backend) -> str:
    wire = next(
        (each.protocol for each in (case.configured.listeners if case.configured else ()) if each.address == backend.address),
        "uwsgi" if case.server and case.server.program == "uwsgi" else "http",
    )  # fmt: skip
    return (
        "include uwsgi_params; and uwsgi_pass in place of that pass"
        if wire == "uwsgi"
        else "proxy_pass http:// in place of that pass"
    )


def is_stats(case: LiveCase, backend: Backend) -> bool:
    """Return True for the address at which a uWSGI of the files tells its statistics."""
    for server in case.static.servers:
        option = server.config.last("stats")
        if option is None or option.unresolved:
            continue
        try:
            if parse_stats_address(option.value.strip()).reachable == backend.address.reachable:
                return True
        except ValueError:
            continue
    return False


CAUSE = Cause(code="L026", name="upstream-other-protocol", severity="error", order=515, prove=_prove)

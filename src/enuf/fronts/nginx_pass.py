"""Directives that pass a request to the app server: those of all wires, and those of each."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_access import credential_lines
from enuf.fronts.nginx_facts import APP
from enuf.fronts.nginx_headers import handshake_headers, proxy_headers
from enuf.fronts.nginx_params import uwsgi_params
from enuf.fronts.nginx_trust import HOST
from enuf.model.topology import Wire
from enuf.syntax.nginx import Node, Remark, directive

HEAD_OF_ANSWER = "24k"
"""Room for the first part of an answer, which every request takes. The allocator of the embedded nginx (musl) always gives what is larger
than 26,188 bytes back to the kernel after a request, and often keeps what is smaller."""


class _Way(msgspec.Struct, frozen=True):
    """The directives of one wire."""

    module: str
    """Prefix of the directives' names."""
    target: str
    facts: Callable[[FrontRequest, str], list[Node]]
    """Lines with the facts about the request; the text is the host that the app sees."""
    handshake: Callable[[FrontRequest, str], list[Node]]
    """Lines with the facts about the handshake of a WebSocket."""


_WAYS: dict[Wire, _Way] = {
    "uwsgi": _Way("uwsgi", APP, uwsgi_params, uwsgi_params),
    "http": _Way("proxy", f"http://{APP}", proxy_headers, handshake_headers),
}


def _ends_first(request: FrontRequest) -> str:
    return (
        f": {request.server} ends a hung request first, and says so in its log" if request.ends_hung else ""
    )


def understood() -> frozenset[Wire]:
    """Return the wires that nginx can speak to a server."""
    return frozenset(_WAYS)


def directive_prefix(wire: Wire) -> str:
    """Return the prefix of the names of nginx's directives for a wire."""
    return _WAYS[wire].module


def _buffering(request: FrontRequest, module: str) -> Node:
    """Return the line that lets nginx take the whole answer, or pass on each part of it at once.

    A buffering nginx that has read the size of a chunk alone holds the chunk back until more than the chunk is there. What the
    cache keeps must be buffered.
    """
    if request.marks_streams or request.settings.cache.paths:
        return directive(f"{module}_buffering", "on")
    why = f"{request.server} does not say which answer is a stream."
    return directive(f"{module}_buffering", "off", comment=why)


def _next_upstream(request: FrontRequest, module: str) -> list[Node]:
    """Return the lines about a request that a server did not answer."""
    if request.peers is None:
        why = "Never send a request twice: the first try may have had its effect."
        return [directive(f"{module}_next_upstream", "off", comment=why)]
    why = (
        "A copy that cannot be reached gives the request back, and another copy gets it. One that has it may have begun:\n"
        "a GET can run twice then, a POST never (nginx does not pass it on once it was sent)."
    )
    return [
        directive(f"{module}_next_upstream", "error", "timeout", comment=why),
        directive(f"{module}_next_upstream_tries", request.peers.tries),
        directive(
            f"{module}_next_upstream_timeout", "5s", comment="After so long it is slow, and not unreachable."
        ),
    ]


def pass_on(request: FrontRequest, *, host: str = HOST, handshake: bool = False) -> list[Node]:
    """Return the lines of a location that passes requests to the app; `host` is the one that the app sees.

    `handshake` is for the location of WebSockets.
    """
    serve = request.settings.serve
    way, timeout_s = _WAYS[request.link.wire], int(serve.timeout.seconds)
    read = (f"{timeout_s + 5}s", f"serve.timeout + 5 s{_ends_first(request)}.")
    if handshake:
        read = (f"{int(serve.websocket_timeout.seconds)}s", "serve.websocket_timeout")

    def line(name: str, *values: object, comment: str = "") -> Node:
        return directive(f"{way.module}_{name}", *values, comment=comment)

    nodes = [
        line("pass", way.target),
        *(way.handshake if handshake else way.facts)(request, host),
        *credential_lines(request),
        Remark(
            "Take the whole request before a worker sees it, and the whole answer from the worker at once:\n"
            "then a slow client costs nothing. An answer with `X-Accel-Buffering: no` is streamed."
        ),
        line("request_buffering", "on"),
        _buffering(request, way.module),
        line(
            "buffer_size",
            HEAD_OF_ANSWER,
            comment="Room for the headers of an answer; with 4k, large cookies are a 502.",
        ),
        line("buffers", 8, "32k"),
        line("busy_buffers_size", "64k"),
        line("connect_timeout", "1s" if request.peers else "10s"),
        line("read_timeout", read[0], comment=read[1]),
        line("send_timeout", f"{timeout_s + 5}s"),
        *_next_upstream(request, way.module),
    ]
    nodes.append(line("hide_header", "X-Enuf-Taken", comment="For the log only."))
    if request.settings.http.request_id:
        nodes.append(line("hide_header", "X-Request-ID", comment="Ours is in the answer already."))
    return nodes

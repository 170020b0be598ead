"""WebSockets: the handshake goes to a location of its own, because nginx's timeouts and headers are those of a location."""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_limits import client_limit_lines
from enuf.fronts.nginx_pass import pass_on
from enuf.fronts.nginx_trust import variable
from enuf.syntax.nginx import Node, block, directive

HANDSHAKE = "$enuf_handshake"
_LOCATION = "@enuf_websocket"
_STATUS = 418
"""A status that nginx itself never answers, to lead from one location to another."""


def handshake_map(request: FrontRequest) -> list[Node]:
    """Return the variable that is 1 for the handshake of a WebSocket (RFC 6455): of HTTP/1.1 alone, which can change the protocol."""
    if not request.upgrades:
        return []
    return [
        variable(
            "$request_method $server_protocol $http_upgrade $http_connection",
            HANDSHAKE,
            ("default", ""),
            (r"~*^GET HTTP/1\.1 websocket (?:.*,)?\s*upgrade\s*(?:,.*)?$", "1"),
            comment="Whether the request is the handshake of a WebSocket.",
        )
    ]


def leads_on(request: FrontRequest) -> list[Node]:
    """Return the lines at the beginning of the app's location that send a handshake to the location of WebSockets."""
    if not request.upgrades:
        return []
    return [
        block(
            "if",
            f"({HANDSHAKE})",
            children=[directive("return", _STATUS)],
            comment=f"A WebSocket: see {_LOCATION}.",
        )
    ]


def websocket_location(request: FrontRequest) -> list[Node]:
    """Return the location of WebSockets."""
    if not request.upgrades:
        return []
    return [
        directive("error_page", _STATUS, "=", _LOCATION),
        block(
            "location",
            _LOCATION,
            children=[
                directive(
                    "recursive_error_pages", "on", comment="For the answers of an app that is not there."
                ),
                *pass_on(request, handshake=True),
                *client_limit_lines(request),
            ],
            comment="WebSockets: the two headers that the app's server needs for a handshake, and time to be silent.",
        ),
    ]

"""Variables with the facts about a request: its host, scheme and id, and the upstream that gets it."""

from __future__ import annotations

import re

from enuf.fronts.nginx_trust import HOST, SCHEME, forwarded_facts, trust, variable
from enuf.model.address import UnixAddress
from enuf.settings.sections.serve import Serve
from enuf.syntax.nginx import Block, Heading, Node

PATH_INFO = "$enuf_path"
HTTPS = "$enuf_https"
_PORT = "$enuf_port"
BUSY = "$enuf_busy"
RETRY_AFTER_S = 5
APP = "enuf_app"
"""The name of the upstream, which nginx gives for its address where it asked none of its sockets (F273)."""
PASSED = "$enuf_passed"
"""The time at which a request was passed on, which is after its whole body was there (F272)."""


def facts(serve: Serve) -> list[Node]:
    """Return the `map` blocks of the variables."""
    return [
        Heading("Facts about a request, for the app and the log"),
        *trust(serve),
        _host(),
        *forwarded_facts(serve),
        *_port(serve),
        *_path_info(serve.prefix),
        variable(SCHEME, HTTPS, ("default", ""), ("https", "on"), comment="CGI's old way to say https."),
        variable(
            "$msec",
            PASSED,
            ("default", "$msec"),
            comment="The time at which it was passed on to the app: a map keeps the first value that is asked for.",
        ),
        variable(
            "$upstream_addr",
            BUSY,
            ("default", ""),
            (APP, str(RETRY_AFTER_S)),
            comment="When too many requests wait for the app, nginx asks none of its sockets and names the whole upstream:\n"
            "the seconds after which a client may try again.",
        ),
    ]


def port(serve: Serve) -> str:
    """Return the variable of the server's port.

    WSGI wants a number also for a unix socket, which has none.
    """
    return _PORT if _has_unix(serve) else "$server_port"


def _port(serve: Serve) -> list[Node]:
    if not _has_unix(serve):
        return []
    pairs = (("default", "$server_port"), (":http", "80"), (":https", "443"))
    return [variable(f"$server_port:{SCHEME}", _PORT, *pairs, comment="A unix socket has no port.")]


def _has_unix(serve: Serve) -> bool:
    return any(isinstance(address, UnixAddress) for address in serve.addresses)


def _host() -> Block:
    """Return the `map` of the host.

    nginx has checked $host, which is in lower case, and is the host of the request line where that names one.
    """
    with_port = r"~*^(\S+) \1\.?(:\d{1,5})$"
    return variable(
        "$host $http_host",
        HOST,
        ("default", "$host"),
        (with_port, "$host$2"),
        ("~ $", ""),
        comment="The host that was asked for, with the port that the client wrote after it: $host has none.\n"
        "Without it redirects go to port 80. Nothing when there was no Host header (HTTP/1.0).",
    )


def _path_info(prefix: str) -> list[Node]:
    if not prefix:
        return []
    # (?s): a path may hold a line break (%0a), and `.` shall match it
    below = (rf"~(?s)^{re.escape(prefix)}(/.*)$", "$1")
    return [
        variable(
            "$document_uri",
            PATH_INFO,
            ("default", "$document_uri"),
            below,
            comment="The path below serve.prefix.",
        )
    ]

"""The web server of the dashboard, within bounds that no client can widen."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 2
"""For the answers. The main loop alone talks to the clients, so one that dawdles holds no thread."""
CONNECTIONS = 200
IDLE_S = 30
"""A connection on which nothing moves for so long is closed."""
HEAD_BYTES = 16_384
BODY_BYTES = 1024


class OneQuestion(HTTPRequestParser):  # type: ignore[misc]
    """A request, read as if its client wanted to ask nothing more."""

    def parse_header(self, header_plus: bytes) -> None:
        """The header, whatever it says about the connection."""
        super().parse_header(header_plus)
        self.headers["CONNECTION"] = "close"


class OneAnswer(HTTPChannel):  # type: ignore[misc]
    """A connection that is closed behind its first answer.

    A client that asks and asks and never reads would fill waitress's buffer up to the mark where a thread waits for it, for ever.
    """

    parser_class = OneQuestion


def server_of(site: WSGIApplication, listener: socket.socket) -> Any:
    """A server that answers what comes in at the listening socket, once its `run` is called."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "Task queue depth is 1" is no warning here
    server: Any = create_server(
        site,
        sockets=[listener],
        threads=THREADS,
        ident="",
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_S,
        cleanup_interval=IDLE_S // 3,
        max_request_header_size=HEAD_BYTES,
        max_request_body_size=BODY_BYTES,
    )
    server.channel_class = OneAnswer
    return server

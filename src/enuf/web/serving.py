"""The web server of the dashboard, within bounds that no client can widen."""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 2
"""For the answers. The main loop alone talks to the clients, so one that dawdles holds no thread."""
CONNECTIONS = 200
"""With one more, the oldest that keeps no thread busy is closed: any local user can open as many as it likes."""
ALL_AT_WORK = 50
"""Further connections that are taken while all of those have asked, and wait for a thread."""
IDLE_S = 30
"""A connection on which nothing moves for so long is closed."""
HEAD_S = 5.0
"""A request must be here, as a whole, so long after its connection was opened."""
ANSWER_S = 60.0
"""An answer must have been read so long after the connection was opened."""
HEAD_BYTES = 16_384
BODY_BYTES = 1024


class ClosingParser(HTTPRequestParser):  # type: ignore[misc]
    """A request, read as if its client wanted to ask nothing more."""

    def parse_header(self, header_plus: bytes) -> None:
        """The header, whatever it says about the connection."""
        super().parse_header(header_plus)
        self.headers["CONNECTION"] = "close"


class ClosingChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that is closed behind its first answer.

    A client that asks and asks and never reads would fill waitress's buffer up to the mark where a thread waits for it, for ever.
    """

    parser_class = ClosingParser
    head_s = HEAD_S
    has_asked = False

    def __init__(self, server: Any, *rest: Any, **named: Any) -> None:
        """Take the connection; close the oldest idle one when there are too many."""
        super().__init__(server, *rest, **named)
        idle = (each for each in server.active_channels.values() if each is not self and not each.requests)
        if len(server.active_channels) > CONNECTIONS and (oldest := next(idle, None)):
            oldest.handle_close()

    def readable(self) -> Any:
        """Tell whether to wait for bytes. Asked at each turn of the loop, so that overdue connections are closed here."""
        self.has_asked = self.has_asked or bool(self.requests)
        limit_s = ANSWER_S if self.has_asked else self.head_s
        if not self.requests and time.time() - self.creation_time > limit_s:
            self.will_close = True
        return super().readable()


def make_server(site: WSGIApplication, listener: socket.socket, *, head_s: float = HEAD_S) -> Any:
    """A server that answers what comes in at the listening socket, once its `run` is called."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "Task queue depth is 1" is no warning here
    server: Any = create_server(
        site,
        sockets=[listener],
        threads=THREADS,
        ident="",
        connection_limit=CONNECTIONS + ALL_AT_WORK,
        channel_timeout=IDLE_S,
        cleanup_interval=IDLE_S // 3,
        max_request_header_size=HEAD_BYTES,
        max_request_body_size=BODY_BYTES,
    )
    server.channel_class = type("Channel", (ClosingChannel,), {"head_s": head_s})
    return server

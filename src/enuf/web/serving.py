"""The web server of the dashboard, with limits that no client can exceed."""

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
"""Threads that make answers. Only the main loop talks to clients, so a slow one occupies no thread."""
CONNECTIONS = 200
"""Connections before the oldest idle one is closed: every local user can open connections without limit."""
MOST_WAITING = 50
"""Further connections that are accepted while all CONNECTIONS wait for a thread."""
IDLE_S = 30
"""A connection without traffic for this time is closed."""
HEAD_S = 5.0
"""A whole request must arrive within this time after the connection was opened."""
UNUSED_S = 150.0
"""The server ends when it had no connection for this time. A scrape every two minutes keeps it."""
ANSWER_S = 60.0
"""An answer must be read within this time after the connection was opened."""
HEAD_BYTES = 16_384
BODY_BYTES = 1024


class ClosingParser(HTTPRequestParser):  # type: ignore[misc]
    """A parser that treats every request as the last one of its connection."""

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the header, and overwrite its Connection field with `close`."""
        super().parse_header(header_plus)
        self.headers["CONNECTION"] = "close"


class ClosingChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that is closed after its first answer.

    A client that sends requests and never reads would fill waitress's buffer to the mark at which a thread
    waits forever.
    """

    parser_class = ClosingParser
    head_s = HEAD_S
    has_request = False

    def __init__(self, server: Any, *rest: Any, **named: Any) -> None:
        """Accept a connection, and close the oldest idle one if there are too many."""
        super().__init__(server, *rest, **named)
        idle = (each for each in server.active_channels.values() if each is not self and not each.requests)
        if len(server.active_channels) > CONNECTIONS and (oldest := next(idle, None)):
            oldest.handle_close()

    def readable(self) -> Any:
        """Return True to wait for bytes.

        The loop calls this at each turn, so overdue connections are closed here.
        """
        self.has_request = self.has_request or bool(self.requests)
        limit_s = ANSWER_S if self.has_request else self.head_s
        if not self.requests and time.time() - self.creation_time > limit_s:
            self.will_close = True
        return super().readable()


class _EndWhenUnused:
    """Ends the server's loop when no connection was open for some time.

    The loop asks between two turns, when everything that was accepted is answered: a visitor who comes now
    waits in the queue of the socket, which the supervisor holds.
    """

    def __init__(self, server: Any, unused_s: float) -> None:
        self._server = server
        self._unused_s = unused_s
        self._readable = server.readable
        self._used_at = time.monotonic()

    def __call__(self) -> Any:
        """Return True to wait for visitors. Raise SystemExit, which ends `run`, when nobody has come for long."""
        now = time.monotonic()
        if self._server.active_channels:
            self._used_at = now
        elif now - self._used_at > self._unused_s:
            raise SystemExit(0)
        return self._readable()


def make_server(
    site: WSGIApplication, listener: socket.socket, *, head_s: float = HEAD_S, unused_s: float = UNUSED_S
) -> Any:
    """Make a server for a listening socket; its `run` serves until nobody has come for `unused_s`, or the process ends."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "Task queue depth is 1" is no warning here
    server: Any = create_server(
        site,
        sockets=[listener],
        threads=THREADS,
        ident="",
        connection_limit=CONNECTIONS + MOST_WAITING,
        channel_timeout=IDLE_S,
        cleanup_interval=IDLE_S // 3,
        max_request_header_size=HEAD_BYTES,
        max_request_body_size=BODY_BYTES,
    )
    server.channel_class = type("Channel", (ClosingChannel,), {"head_s": head_s})
    server.readable = _EndWhenUnused(server, unused_s)
    return server

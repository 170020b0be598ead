"""The web server of the dashboard, within bounds that no client can widen."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 2
"""For the answers. The main loop alone talks to the clients, so one that dawdles holds no thread."""
CONNECTIONS = 100
IDLE_S = 30
"""A connection on which nothing moves for so long is closed."""
HEAD_BYTES = 16_384
BODY_BYTES = 1024


def server_of(site: WSGIApplication, listener: socket.socket) -> Any:
    """A server that answers what comes in at the listening socket, once its `run` is called."""
    from waitress.server import create_server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "Task queue depth is 1" is no warning here
    return create_server(
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

"""Listening sockets that the service manager opened before it started this process (sd_listen_fds(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

_FIRST = 3
MOST = 16


def handed_over_sockets(environ: Mapping[str, str]) -> dict[str, socket.socket]:
    """Return the unix sockets that were handed over to this process, by the paths at which they listen.

    Call it once: the process then owns the descriptors, and its children do not inherit them.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = environ.get("LISTEN_FDS", "")
    if not count.isdecimal() or len(count) > 3:
        return {}
    opened = [socket.socket(fileno=number) for number in range(_FIRST, _FIRST + min(int(count), MOST))]
    for each in opened:
        each.set_inheritable(False)
    return {each.getsockname(): each for each in opened if each.family == socket.AF_UNIX}

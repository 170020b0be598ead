"""How many connections wait to be accepted, from the kernel: uWSGI's own figure is always 0 on unix sockets (F197)."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_LISTENING = 10
_SHOW_NAME, _SHOW_QUEUE = 0x1, 0x10
_ATTRIBUTE_NAME, _ATTRIBUTE_QUEUE = 0, 4
_DUMP_REQUEST = 0x301
_ERROR, _DONE = 2, 3
_HEADER, _BODY, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBBBIII"), struct.Struct("=HH")


def unix_backlog(path: str) -> tuple[int, int] | None:
    """(connections waiting, limit) of the socket listening at this path; None when nobody listens or the system cannot tell.

    Linux only (sock_diag(7), UNIX_DIAG_RQLEN); needs no privileges.
    """
    if sys.platform != "linux":
        return None
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
            netlink.settimeout(2)
            netlink.send(_request())
            for state, name, queue in _answers(netlink):
                if state == _LISTENING and name == path and queue:
                    return queue
    except OSError:
        return None
    return None


def _request() -> bytes:
    everything = 0xFFFFFFFF
    body = struct.pack(
        "=BBHIIIII", socket.AF_UNIX, 0, 0, everything, 0, _SHOW_NAME | _SHOW_QUEUE, everything, everything
    )
    return _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _DUMP_REQUEST, 1, 0) + body


def _answers(netlink: socket.socket) -> Iterator[tuple[int, str, tuple[int, int] | None]]:
    while True:
        data = netlink.recv(1 << 18)
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, *_ = _HEADER.unpack_from(data, at)
            if kind in (_DONE, _ERROR) or length < _HEADER.size:
                return
            state = _BODY.unpack_from(data, at + _HEADER.size)[2]
            name, queue = _attributes(data[at + _HEADER.size + _BODY.size : at + length])
            yield state, name, queue
            at += (length + 3) & ~3


def _attributes(data: bytes) -> tuple[str, tuple[int, int] | None]:
    name, queue, at = "", None, 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        value = data[at + _ATTRIBUTE.size : at + length]
        if kind == _ATTRIBUTE_NAME:
            name = value.decode("utf-8", "surrogateescape").strip("\0")
        elif kind == _ATTRIBUTE_QUEUE:
            queue = struct.unpack_from("=II", value)
        at += (length + 3) & ~3
    return name, (queue[0], queue[1]) if queue else None


def tcp_backlog(port: int) -> int | None:
    """Connections that wait on all sockets that listen on this TCP port; None when nobody does or the system cannot tell."""
    queued = None
    for table in ("tcp", "tcp6"):
        try:
            rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            _, local, _, state, queues, *_ = row.split()
            if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                queued = (queued or 0) + int(queues.partition(":")[2], 16)
    return queued

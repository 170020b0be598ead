"""How many connections wait to be accepted, from the kernel: uWSGI's own figure is always 0 on unix sockets (F197)."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator

_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_LISTENING = 10
_SHOW_NAME, _SHOW_QUEUE = 0x1, 0x10
_ATTRIBUTE_NAME, _ATTRIBUTE_QUEUE = 0, 4
_DUMP_REQUEST = 0x301
_ERROR, _DONE = 2, 3
_HEADER, _UNIX, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBBBIII"), struct.Struct("=HH")
_INET_WANTED = struct.Struct("=BBBxI48x")
"""inet_diag_req_v2: family, protocol, extensions, states; the address of no socket in particular."""
_INET = struct.Struct("=4xH46x4xII")
"""inet_diag_msg: the port (in network order), and of a listening socket how many wait and how many may."""


def unix_backlog(path: str) -> tuple[int, int] | None:
    """(connections waiting, limit) of the socket listening at this path; None when nobody listens or the system cannot tell.

    Linux only (sock_diag(7), UNIX_DIAG_RQLEN); needs no privileges.
    """
    everything = 0xFFFFFFFF
    wanted = struct.pack(
        "=BBHIIIII", socket.AF_UNIX, 0, 0, everything, 0, _SHOW_NAME | _SHOW_QUEUE, everything, everything
    )
    for message in _told_by_kernel(wanted):
        state = _UNIX.unpack_from(message)[2]
        name, queue = _attributes(message[_UNIX.size :])
        if state == _LISTENING and name == path and queue:
            return queue
    return None


def tcp_backlog(port: int) -> tuple[int, int] | None:
    """The same of all sockets together that listen on this TCP port; their limit is that of one.

    The kernel is asked for listening sockets only: a busy port has thousands of others (inet_diag, sock_diag(7)).
    """
    found: list[tuple[int, int]] = []
    for family in (socket.AF_INET, socket.AF_INET6):
        wanted = _INET_WANTED.pack(family, socket.IPPROTO_TCP, 0, 1 << _LISTENING)
        for message in _told_by_kernel(wanted):
            if len(message) >= _INET.size and socket.ntohs(_INET.unpack_from(message)[0]) == port:
                found.append(_INET.unpack_from(message)[1:])
    return (sum(queue for queue, _ in found), max(limit for _, limit in found)) if found else None


def _told_by_kernel(wanted: bytes) -> Iterator[bytes]:
    """What the kernel answers, message by message; nothing where it does not know the question."""
    if sys.platform != "linux":
        return
    header = _HEADER.pack(_HEADER.size + len(wanted), _SOCK_DIAG_BY_FAMILY, _DUMP_REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
            netlink.settimeout(2)
            netlink.send(header + wanted)
            yield from _messages(netlink)
    except OSError:
        return


def _messages(netlink: socket.socket) -> Iterator[bytes]:
    while True:
        data = netlink.recv(1 << 18)
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, *_ = _HEADER.unpack_from(data, at)
            if kind in (_DONE, _ERROR) or length < _HEADER.size:
                return
            yield data[at + _HEADER.size : at + length]
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

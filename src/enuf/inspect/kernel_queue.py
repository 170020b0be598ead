"""A reader of the kernel's accept queues. uWSGI's own figure is always 0 on unix sockets (F197)."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_LISTENING = 10
_SHOW_NAME, _SHOW_QUEUE = 0x1, 0x10
_ATTRIBUTE_NAME, _ATTRIBUTE_QUEUE = 0, 4
_EVERYTHING = 0xFFFFFFFF
_DUMP_REQUEST = 0x301
_ERROR, _DONE = 2, 3
_HEADER, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
_UNIX_REQUEST = struct.Struct("=BBHIIIII")
"""unix_diag_req: family, protocol, padding, states, inode, what to show, cookie."""
_UNIX = struct.Struct("=xBBxI8x")
"""unix_diag_msg: type, state, inode."""
_INET_REQUEST = struct.Struct("=BBBxI48x")
"""inet_diag_req_v2: family, protocol, extensions, states; an empty address selects all sockets."""
_INET = struct.Struct("=4xH46x4xII")
"""inet_diag_msg: the port in network order; for a listening socket the length and the limit of its queue."""


class UnixSocket(NamedTuple):
    """What the kernel tells about a unix socket."""

    kind: int
    state: int
    inode: int
    attributes: dict[int, bytes]
    """The values by their kinds."""

    @property
    def name(self) -> str:
        """The path or the abstract name that the socket is bound to; empty if there is none."""
        return self.attributes.get(_ATTRIBUTE_NAME, b"").decode("utf-8", "surrogateescape").strip("\0")


def unix_backlog(path: str) -> tuple[int, int] | None:
    """Return (connections waiting, limit) of the unix socket that listens at a path.

    Return None if no socket listens there or the system has no such figure. Linux only (sock_diag(7),
    UNIX_DIAG_RQLEN); needs no privileges.
    """
    for found in unix_socket_replies(_EVERYTHING, _SHOW_QUEUE):
        queue = found.attributes.get(_ATTRIBUTE_QUEUE, b"")
        if found.state == _LISTENING and found.name == path and len(queue) == 8:
            waiting, limit = struct.unpack("=II", queue)
            return waiting, limit
    return None


def tcp_backlog(port: int) -> tuple[int, int] | None:
    """Return (connections waiting, limit) of a TCP port.

    The connections are those of all listening sockets, the limit is that of one.

    Return None if no socket listens or the system has no such figure. The request selects listening sockets
    only: a busy port has thousands of others (inet_diag, sock_diag(7)).
    """
    queues: list[tuple[int, int]] = []
    for family in (socket.AF_INET, socket.AF_INET6):
        request = _INET_REQUEST.pack(family, socket.IPPROTO_TCP, 0, 1 << _LISTENING)
        for message in _kernel_replies(request):
            if len(message) >= _INET.size and socket.ntohs(_INET.unpack_from(message)[0]) == port:
                queues.append(_INET.unpack_from(message)[1:])
    return (sum(waiting for waiting, _ in queues), max(limit for _, limit in queues)) if queues else None


def unix_socket_replies(states: int, shown: int) -> Iterator[UnixSocket]:
    """Yield the unix sockets in one of the states, with their names and the attributes that `shown` has a bit for."""
    request = _UNIX_REQUEST.pack(
        socket.AF_UNIX, 0, 0, states, 0, _SHOW_NAME | shown, _EVERYTHING, _EVERYTHING
    )
    for message in _kernel_replies(request):
        kind, state, inode = _UNIX.unpack_from(message)
        yield UnixSocket(kind, state, inode, dict(_attributes(message[_UNIX.size :])))


def _kernel_replies(request: bytes) -> Iterator[bytes]:
    """Yield the kernel's replies to a sock_diag request; none if the system does not support the request."""
    if sys.platform != "linux":
        return
    header = _HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _DUMP_REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
            netlink.settimeout(2)
            netlink.send(header + request)
            yield from _messages(netlink)
    except OSError:
        return


def _messages(netlink: socket.socket) -> Iterator[bytes]:
    """Yield the payload of each netlink message until the end of the dump."""
    while True:
        data = netlink.recv(1 << 18)
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, *_ = _HEADER.unpack_from(data, at)
            if kind in (_DONE, _ERROR) or length < _HEADER.size:
                return
            yield data[at + _HEADER.size : at + length]
            at += (length + 3) & ~3


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the value of each attribute of a reply."""
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind, data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3

"""A reader of the kernel's connected unix sockets, with the name of the other end (Linux; no privilege needed)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from enuf.inspect.kernel_queue import unix_socket_replies

_CONNECTED = 1
_SHOW_PEER = 0x4
_PEER = 2


def connected_unix() -> Iterator[tuple[int, str]]:
    """Yield the inode of each connected stream socket whose other end has a name, and that name."""
    names: dict[int, str] = {}
    peers: dict[int, int] = {}
    for found in unix_socket_replies(1 << _CONNECTED, _SHOW_PEER):
        if found.kind != socket.SOCK_STREAM:
            continue
        names[found.inode] = found.name
        peer = found.attributes.get(_PEER, b"")
        if len(peer) == 4:
            peers[found.inode] = int(struct.unpack("=I", peer)[0])
    for inode, peer_inode in peers.items():
        if name := names.get(peer_inode, ""):
            yield inode, name

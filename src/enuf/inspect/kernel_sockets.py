"""A reader of the kernel's connected unix sockets, with the name of the other end (Linux; no privilege needed)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from enuf.inspect.kernel_queue import attributes, kernel_replies

_CONNECTED = 1
_SHOW_NAME, _SHOW_PEER = 0x1, 0x4
_NAME, _PEER = 0, 2
_UNIX = struct.Struct("=BBBBI8x")
"""The beginning of unix_diag_msg: family, type, state, a byte of padding, inode, and a cookie."""


def connected_unix() -> Iterator[tuple[int, str]]:
    """Yield the inode of each connected stream socket whose other end has a name, and that name."""
    request = struct.pack(
        "=BBHIIIII", socket.AF_UNIX, 0, 0, 1 << _CONNECTED, 0, _SHOW_NAME | _SHOW_PEER, 0xFFFFFFFF, 0xFFFFFFFF
    )
    names: dict[int, str] = {}
    peers: dict[int, int] = {}
    for message in kernel_replies(request):
        _, kind, _, _, inode = _UNIX.unpack_from(message)
        if kind != socket.SOCK_STREAM:
            continue
        found = dict(attributes(message[_UNIX.size :]))
        names[inode] = found.get(_NAME, b"").decode("utf-8", "surrogateescape").strip("\0")
        if len(found.get(_PEER, b"")) == 4:
            peers[inode] = int(struct.unpack("=I", found[_PEER])[0])
    for inode, peer in peers.items():
        if name := names.get(peer, ""):
            yield inode, name

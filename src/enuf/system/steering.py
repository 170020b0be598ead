"""Steering: one of several listening sockets at a TCP address gets all new connections.

Linux runs a small program that is attached to the sockets of an address (SO_ATTACH_REUSEPORT_CBPF,
socket(7)). Ours returns one constant, the index of a socket, so that one setsockopt moves all new connections
to another socket.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys

_SO_ATTACH_REUSEPORT_CBPF = 51
_RETURN = 0x06
"""BPF_RET | BPF_K: return a constant."""
_INSTRUCTION, _PROGRAM = struct.Struct("@HBBI"), struct.Struct("@HP")
_TCP_INFO_BYTES, _UNACKED_AT = 104, 24

CAN_STEER = sys.platform == "linux"


def steer(listener: socket.socket, number: int) -> None:
    """Send new connections to the socket that was bound as the `number`th of its address, from 0.

    Raise OSError on a kernel that does not accept such a program.
    """
    code = ctypes.create_string_buffer(_INSTRUCTION.pack(_RETURN, 0, 0, number), _INSTRUCTION.size)
    program = _PROGRAM.pack(1, ctypes.addressof(code))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, program)


def pending_connections(listener: socket.socket) -> int:
    """Return how many connections wait in the accept queue of this TCP socket.

    Return 0 where the system does not show it.
    """
    if not CAN_STEER:
        return 0
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    return int(struct.unpack_from("=I", info, _UNACKED_AT)[0])

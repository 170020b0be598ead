"""Listening sockets, and who holds an address."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path

import psutil

from enuf.model.address import Address, TcpAddress, UnixAddress


def listen(address: Address, backlog: int, mode: int = 0o600, *, shared: bool = False) -> socket.socket:
    """A listening socket at the address. Raises OSError as the kernel does; a unix path must be free.

    Sockets of one user that are all `shared` may have one TCP address together (SO_REUSEPORT).
    """
    if isinstance(address, UnixAddress):
        return _listen_unix(address.path, backlog, mode)
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if address.is_ipv6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address.host, address.port))
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener


def _listen_unix(path: str, backlog: int, mode: int) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)
    try:
        listener.bind(path)
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def bound_address(listener: socket.socket, asked: Address) -> Address:
    """The address that the socket really has: port 0 was a wish for any free port."""
    if isinstance(asked, UnixAddress):
        return asked
    return TcpAddress(asked.host, listener.getsockname()[1])


def answers(path: str) -> bool:
    """True when somebody accepts connections at this unix socket."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def holder(address: Address) -> str | None:
    """Who listens at a TCP address, as `python3 (pid 123)`; None when the system will not tell."""
    if isinstance(address, UnixAddress) or not isinstance(address.port, int):
        return None
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            at = connection.laddr
            if connection.status == psutil.CONN_LISTEN and at and at.port == address.port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return None


def is_socket(path: Path) -> bool:
    """True when a socket, not some other file, is at this path."""
    try:
        return path.is_socket()
    except OSError:
        return False


def read_all(address: Address, *, within_s: float, limit_bytes: int, ask: bytes = b"") -> bytes:
    """What is sent by whoever listens there until the end, the limit or the time is reached; nothing when nobody does."""
    received, deadline = bytearray(), time.monotonic() + within_s
    with contextlib.suppress(OSError), contextlib.closing(_connected(address, within_s)) as connection:
        if ask:
            with contextlib.suppress(OSError):  # it may have said all already, and gone
                connection.sendall(ask)
        while len(received) < limit_bytes and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            chunk = connection.recv(65536)
            if not chunk:
                break
            received += chunk
    return bytes(received)


def _connected(address: Address, within_s: float) -> socket.socket:
    if isinstance(address, TcpAddress):
        return socket.create_connection((address.host, address.port), timeout=within_s)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(within_s)
        connection.connect(address.path)
    except OSError:
        connection.close()
        raise
    return connection

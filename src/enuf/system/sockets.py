"""Listening sockets, and the processes that hold an address."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import socket
import stat
import time
from pathlib import Path
from typing import Any

import psutil

from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.system.user import name_of_uid


def listen(
    address: Address, backlog: int, mode: int = 0o600, *, shared: bool = False, ipv6_only: bool = True
) -> socket.socket:
    """Open a listening socket at the address. Raise OSError as the kernel does; a unix path must be free.

    Sockets of one user that are all `shared` may have one TCP address together (SO_REUSEPORT). One at `[::]` that is not
    `ipv6_only` takes IPv4 as well.
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
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, ipv6_only)
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


def bound_address(listener: socket.socket, requested: Address) -> Address:
    """Return the address that the socket really has: port 0 asks for any free port."""
    if isinstance(requested, UnixAddress):
        return requested
    return TcpAddress(requested.host, listener.getsockname()[1])


def accepts(path: str) -> bool:
    """Return True when a process listens at this unix socket and we may connect to it.

    Also while its queue is full.
    """
    return _connect(path) in (0, errno.EAGAIN)


def is_held(path: str) -> bool:
    """Return True unless the kernel says that no process holds the socket file at this path.

    Only a refused connection proves that, whatever the kind of the socket: a full queue, a datagram socket or
    one that we may not connect to belong to living processes. One that is bound and does not listen yet
    refuses too, and is in the kernel's list.
    """
    refused = _connect(path) in (errno.ECONNREFUSED, errno.ENOENT)
    return not refused or bool(inodes_of(path))


def inodes_of(name: str) -> set[str]:
    """Return the inode numbers of the open unix sockets that were bound to this name (Linux).

    An abstract name begins with `@`.
    """
    try:
        lines = Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return set()
    rows = (line.split(maxsplit=7) for line in lines)
    return {row[6] for row in rows if len(row) == 8 and row[7] == name}


def _connect(path: str) -> int | None:
    """Try to connect to a unix socket, without waiting. Return the error's number, 0 for none."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except OSError as error:
            return error.errno
    return 0


def remove_stale(path: str) -> None:
    """Remove the file of a unix socket that no process holds; leave anything else as it is."""
    with contextlib.suppress(FileNotFoundError):
        status = os.lstat(path)
        if stat.S_ISSOCK(status.st_mode) and not is_held(path) and os.path.samestat(status, os.lstat(path)):
            Path(path).unlink()


def holder(address: Address) -> int | None:
    """Return the pid of a process that holds an address; None when the system does not show it."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("unix" if isinstance(address, UnixAddress) else "tcp"):
            if connection.pid and _is_at(connection, address):
                return int(connection.pid)
    return None


def user_at(address: Address) -> str:
    """Return the name of the user whose process listens at this port; empty where the system does not show it.

    Linux shows the user of every socket, also of processes of other users.
    """
    if not isinstance(address, TcpAddress):
        return ""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError, ValueError, IndexError), table.open() as rows:
            for row in itertools.islice(rows, 1, _MOST_ROWS):
                cells = row.split()
                if cells[3] == _LISTENING and int(cells[1].rpartition(":")[2], 16) == address.port:
                    return name_of_uid(int(cells[7]))
    return ""


_LISTENING = "0A"
_MOST_ROWS = 100_000


def next_free(address: TcpAddress) -> TcpAddress | None:
    """Return the address with the next higher port at which no process listens now, within 20 ports."""
    for port in range(address.port + 1, min(address.port + 21, 65536)):
        candidate = TcpAddress(address.host, port)
        if not bind_problem(candidate):
            return candidate
    return None


def bind_problem(address: TcpAddress) -> int:
    """Return the errno with which the kernel refuses a server this address; 0 for an address that is free.

    An IPv6 address is tried for IPv6 alone. No connection is accepted.
    """
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if address.is_ipv6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address.host, address.port))
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def listeners_at(port: int) -> list[tuple[TcpAddress, int]]:
    """Return the addresses with this port at which programs listen, with a pid each, as far as the system shows them."""
    with contextlib.suppress(psutil.Error, OSError):
        return [
            (TcpAddress(each.laddr.ip, port), int(each.pid))
            for each in psutil.net_connections("tcp")
            if each.pid and each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
        ]
    return []


def own_addresses() -> list[str]:
    """Return the IPv4 addresses at which other machines can reach this one, the one of the default route first."""
    outward = outward_address()
    every = {
        one.address
        for interface in psutil.net_if_addrs().values()
        for one in interface
        if one.family == socket.AF_INET and not one.address.startswith(("127.", "169.254."))
    }
    return sorted(every, key=lambda address: (address != outward, address))


def outward_address() -> str:
    """Return this machine's address in its network; empty where it has none. No packet is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documentation: the kernel only chooses the route
        return str(probe.getsockname()[0])
    return ""


def _is_at(connection: Any, address: Address) -> bool:
    if isinstance(address, UnixAddress):
        return bool(connection.laddr == address.path)
    at = connection.laddr
    return bool(connection.status == psutil.CONN_LISTEN and at and at.port == address.port)


def read_all(address: Address, *, within_s: float, limit_bytes: int, ask: bytes = b"") -> bytes:
    """Connect and read until the end, the limit or the time.

    Return what was sent; empty when no process listens there.
    """
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

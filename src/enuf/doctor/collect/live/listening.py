"""The listening sockets of this machine, from the kernel's tables (Linux; no privilege needed)."""

from __future__ import annotations

import ipaddress
import posixpath
import socket
import struct
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import msgspec

from enuf.doctor.live.evidence import Listening
from enuf.inspect.kernel_queue import tcp_backlog, unix_backlog
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.numbers import decimal

TABLES = Path("/proc/net")
MOST_ROWS = 100_000
_CONNECTED, _LISTENING, _ACCEPTS = "01", "0A", 0x10000


def tcp_listeners() -> list[Listening]:
    """Return the listening TCP sockets of our network namespace, without their queues."""
    return [each for name in ("tcp", "tcp6") for each in _rows(name)]


def unix_listeners() -> list[Listening]:
    """Return the listening unix sockets of our network namespace, by the path that they were bound to.

    A socket whose file was removed or replaced is still among them.
    """
    found = []
    for line in _lines("unix"):
        cells = line.split(maxsplit=7)
        if len(cells) == 8 and _is_accepting(cells[3]):
            found.append(Listening(address=UnixAddress(cells[7]), inode=cells[6]))
    return found


def listeners_of_address(
    address: Address, listeners: Iterable[Listening], hosts: Iterable[str] = ()
) -> list[Listening]:
    """Return the listeners that a connection to this address may arrive at; `hosts` are the addresses of its name."""
    if isinstance(address, UnixAddress):
        return [each for each in listeners if is_bound_to(each, address.path)]
    wanted = set(hosts) or {address.host}
    return [
        each
        for each in listeners
        if isinstance(each.address, TcpAddress)
        and each.address.port == address.port
        and any(_takes(each.address.host, host) for host in wanted)
    ]


def is_bound_to(listener: Listening, path: str) -> bool:
    """Return True for a unix socket bound to the path, or to a relative one of the same name."""
    bound = listener.address.path if isinstance(listener.address, UnixAddress) else ""
    if bound.startswith(("/", "@")):
        return bool(bound) and posixpath.normpath(bound) == path
    return bool(bound) and posixpath.basename(bound) == posixpath.basename(path)


def with_queue(listener: Listening) -> Listening:
    """Return the listener with its kernel queue, where the system tells it."""
    address = listener.address
    queue = unix_backlog(address.path) if isinstance(address, UnixAddress) else tcp_backlog(address.port)
    if queue is None:
        return listener
    return msgspec.structs.replace(listener, queued=queue[0], limit=queue[1])


def connected_tcp(inodes: Container[str]) -> Iterator[tuple[str, TcpAddress]]:
    """Yield each of the sockets that is connected, with the address of the other end."""
    for name in ("tcp", "tcp6"):
        for line in _lines(name):
            cells = line.split(maxsplit=10)
            if len(cells) > 9 and cells[3] == _CONNECTED and cells[9] in inodes:
                yield cells[9], _address(cells[2])


def arrived_at(address: Address) -> Iterator[str]:
    """Yield the inodes of the sockets on which a server talks to those that connected to an address."""
    if isinstance(address, UnixAddress):
        for line in _lines("unix"):
            cells = line.split(maxsplit=7)
            if len(cells) == 8 and cells[7] == address.path and not _is_accepting(cells[3]):
                yield cells[6]
        return
    for name in ("tcp", "tcp6"):
        for line in _lines(name):
            cells = line.split(maxsplit=10)
            if len(cells) > 9 and cells[3] != _LISTENING and _address(cells[1]).port == address.port:
                yield cells[9]


def own_hosts(listeners: Iterable[Listening], port: int) -> list[str]:
    """Return the addresses at which this machine listens on a port, each as one can connect to it."""
    hosts = (
        each.address.host
        for each in listeners
        if isinstance(each.address, TcpAddress) and each.address.port == port
    )
    return list(dict.fromkeys(hosts))


def _takes(bound: str, host: str) -> bool:
    """Return True if a socket bound to one address takes connections to another."""
    if bound == host or (bound == "0.0.0.0" and ":" not in host):  # noqa: S104 - compared, not bound
        return True
    if bound == "::":
        return True  # unless it is for IPv6 alone, which the kernel's table does not tell
    return host == "localhost" and bound in ("127.0.0.1", "::1")


def _rows(name: str) -> Iterator[Listening]:
    for line in _lines(name):
        cells = line.split()
        if len(cells) > 9 and cells[3] == _LISTENING:
            uid = decimal(cells[7])
            yield Listening(address=_address(cells[1]), inode=cells[9], uid=-1 if uid is None else uid)


def _address(cell: str) -> TcpAddress:
    host, _, port = cell.rpartition(":")
    return TcpAddress(_host(host), int(port, 16))


def _host(text: str) -> str:
    """Return the address in a row: words of 32 bits in the machine's order."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    if len(packed) == 4:
        return socket.inet_ntop(socket.AF_INET, packed)
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def _is_accepting(flags: str) -> bool:
    try:
        return bool(int(flags, 16) & _ACCEPTS)
    except ValueError:
        return False


def _lines(name: str) -> list[str]:
    try:
        with (TABLES / name).open(encoding="utf-8", errors="surrogateescape") as file:
            return [line.rstrip("\n") for _, line in zip(range(MOST_ROWS), file, strict=False)][1:]
    except OSError:
        return []

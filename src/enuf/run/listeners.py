"""The listening sockets of a stack: bound and held by the supervisor, lent to the servers.

A lent socket outlives the server: when that dies, connections wait in the queue instead of being refused (F14, F20).
"""

from __future__ import annotations

import contextlib
import errno
import socket
from pathlib import Path

from enuf.errors import Conflict, EnufError, PrivilegeNeeded, SettingsInvalid
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.system import sockets


class Listeners:
    """Open listening sockets by the address that was asked for."""

    def __init__(self, backlog: int = 1024) -> None:
        self.backlog = backlog
        self._open: dict[Address, socket.socket] = {}

    def open(self, address: Address, mode: int = 0o600) -> Address:
        """Hold the address, and return the one that was really bound (port 0 picks one).

        Raises Conflict, PrivilegeNeeded or SettingsInvalid.
        """
        if address in self._open and isinstance(address, UnixAddress) and not Path(address.path).exists():
            self.close(address)  # its file was removed: nobody new can reach it
        if address in self._open:
            return address
        if isinstance(address, UnixAddress):
            _clear_stale(address.path)
        try:
            listener = sockets.listen(address, self.backlog, mode)
        except OSError as error:
            raise _explain(address, error) from error
        # nginx takes inherited sockets as they are: on a blocking one, the worker that loses the race for a connection
        # would sleep in accept(), with all its clients, until the next one comes.
        listener.setblocking(False)
        bound = sockets.bound_address(listener, address)
        self._open[bound] = listener
        return bound

    def descriptor(self, address: Address) -> int:
        """The descriptor to lend for an address that is held."""
        return self._open[address].fileno()

    def close(self, address: Address) -> None:
        """Give the address up; a unix socket's file is removed."""
        listener = self._open.pop(address, None)
        if listener is None:
            return
        if isinstance(address, UnixAddress):
            with contextlib.suppress(OSError):  # a folder that only root may write, and we are no longer root
                Path(address.path).unlink(missing_ok=True)
        listener.close()

    def forget(self) -> None:
        """Close our copies of the sockets; another process of ours holds them now."""
        for listener in self._open.values():
            listener.close()
        self._open.clear()

    def close_all(self) -> None:
        """Give every address up."""
        for address in list(self._open):
            self.close(address)


def _clear_stale(path: str) -> None:
    """Remove the socket of somebody who is gone; never a file that is not a socket (F10), nor a living socket (F9)."""
    if sockets.is_socket(Path(path)) and not sockets.answers(path):
        Path(path).unlink(missing_ok=True)


def _explain(address: Address, error: OSError) -> EnufError:
    if error.errno == errno.EADDRINUSE:
        return in_use(address)
    if error.errno == errno.EACCES and isinstance(address, TcpAddress):
        return PrivilegeNeeded(
            f"only root may listen on port {address.port}",
            f"choose a port from 1024 up, or run: sudo {' '.join(_own_command())}",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingsInvalid(
            f"{address} is not an address of this machine", "use 127.0.0.1 for this machine only"
        )
    return SettingsInvalid(
        f"cannot listen on {address}: {error.strerror or error}", "choose another serve.listen"
    )


def in_use(address: Address) -> Conflict:
    """The conflict, with the holder's name where the system tells it."""
    name = sockets.holder(address) or "another process"
    hint = "stop it, or choose another address: enuf up --listen 127.0.0.1:8001 (port 0 picks a free one)"
    return Conflict(f"{address} is already in use by {name}", hint, slug="address-in-use")


def _own_command() -> list[str]:
    import sys

    return ["enuf", *sys.argv[1:]]

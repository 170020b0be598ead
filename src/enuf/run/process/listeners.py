"""The listening sockets of a stack: bound and held by the supervisor, lent to the servers.

A lent socket outlives the server: when that dies, connections wait in the queue instead of being refused
(F14, F20). A unix socket belongs to one generation. A TCP address cannot, so several sockets are bound to the
address: each generation has a slot of its own, and the kernel is told which slot gets the new connections.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict, EnufError, PrivilegeNeeded, SettingsInvalid
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.run.machine.stack import MAX_RETIRING
from enuf.run.state import stack_with
from enuf.system import sockets
from enuf.system.own_command import with_sudo
from enuf.system.process import name_of
from enuf.system.steering import CAN_STEER, pending_connections, steer

SLOTS = MAX_RETIRING + 2
"""Sockets of a shared address: for the retiring generations, the serving one, and the candidate."""


class HeldSocket(msgspec.Struct, frozen=True):
    """The open sockets of one address."""

    address: Address
    descriptors: tuple[int, ...]
    file: tuple[int, ...] | None
    """The status of a unix socket's file right after it was made, as `os.stat_result` takes it."""
    is_handed_over: bool = False
    """True for a socket of the service manager."""


class HeldListeners(msgspec.Struct, frozen=True):
    """What one program of a process tells the next one about the sockets that it holds open."""

    backlog: int
    sockets: tuple[HeldSocket, ...]

    @property
    def descriptors(self) -> Iterator[int]:
        """All descriptors."""
        return (descriptor for each in self.sockets for descriptor in each.descriptors)

    def move_into(self, listeners: Listeners) -> None:
        """Let these listeners hold the descriptors."""
        listeners.backlog = self.backlog
        for each in self.sockets:
            listeners.adopt(each)


class Listeners:
    """Open listening sockets by their address: one each, or one for every generation that there may be."""

    def __init__(self, backlog: int = 1024) -> None:
        self.backlog = backlog
        self._open: dict[Address, tuple[socket.socket, ...]] = {}
        self._files: dict[Address, os.stat_result] = {}
        self._handed_over: set[Address] = set()

    def take_over(self, address: UnixAddress, listener: socket.socket) -> None:
        """Hold a listening socket that the service manager has opened, and whose file is the service manager's."""
        listener.setblocking(False)
        self._open[address] = (listener,)
        self._handed_over.add(address)

    def open(
        self, address: Address, mode: int = 0o600, *, shared: bool = False, ipv6_only: bool = True
    ) -> Address:
        """Bind the address, unless it is held already. Return the bound address (port 0 picks a free port).

        Connections to a shared address go to slot 0 until `steer` changes that.
        Raise Conflict, PrivilegeNeeded or SettingsInvalid.
        """
        if self.is_handed_over(address):
            return address
        if address in self._open and not self._is_in_place(address):
            self.close(address)  # its file was removed or replaced: no new client can reach the socket
        if address in self._open:
            return address
        if isinstance(address, UnixAddress):
            sockets.remove_stale(
                address.path
            )  # never a file that is not a socket (F10), nor a living socket (F9)
        try:
            listener = sockets.listen(address, self.backlog, mode, ipv6_only=ipv6_only)
            bound = sockets.bound_address(listener, address)
            held = _slots(listener, bound, self.backlog, ipv6_only) if shared else (listener,)
        except OSError as error:
            raise _explain(address, error) from error
        # Servers take inherited sockets as they are: on a blocking one, an nginx worker that loses the race for a
        # connection would sleep in accept(), with all its clients, until the next one comes.
        for each in held:
            each.setblocking(False)
        self._open[bound] = held
        if isinstance(bound, UnixAddress):
            self._note(bound)
        return bound

    def held(self) -> HeldListeners:
        """Return the open sockets as descriptors, for the next program of this process."""
        return HeldListeners(
            self.backlog,
            tuple(
                HeldSocket(
                    address,
                    tuple(each.fileno() for each in held),
                    tuple(map(int, self._files[address])) if address in self._files else None,
                    self.is_handed_over(address),
                )
                for address, held in self._open.items()
            ),
        )

    def adopt(self, held: HeldSocket) -> None:
        """Hold the sockets of an address that the program before has opened."""
        self._open[held.address] = tuple(socket.socket(fileno=number) for number in held.descriptors)
        for each in self._open[held.address]:
            each.setblocking(False)
        if held.file:
            self._files[held.address] = os.stat_result(held.file)
        if held.is_handed_over:
            self._handed_over.add(held.address)

    def holds(self, address: Address) -> bool:
        """Return True while the address is held here."""
        return address in self._open

    def is_handed_over(self, address: Address) -> bool:
        """Return True for a socket of the service manager."""
        return address in self._handed_over

    def _note(self, bound: UnixAddress) -> None:
        """Remember the status of a socket's file."""
        self._files[bound] = os.lstat(bound.path)

    @property
    def files(self) -> dict[Path, os.stat_result]:
        """The files of the held unix sockets, with their status right after they were made."""
        return {
            Path(address.path): made
            for address, made in self._files.items()
            if isinstance(address, UnixAddress)
        }

    def _is_in_place(self, address: Address) -> bool:
        made = self._files.get(address)
        return made is None or not isinstance(address, UnixAddress) or is_still(Path(address.path), made)

    def descriptor(self, address: Address, slot: int = 0) -> int:
        """Return the descriptor to lend for a held address."""
        return self._at(address, slot).fileno()

    def steer(self, address: Address, slot: int) -> None:
        """Send new connections to a shared address to this slot."""
        held = self._open[address]
        if len(held) > 1:
            steer(held[0], slot)

    def waiting(self, address: Address, slot: int) -> int:
        """Return how many connections wait at this slot; for a socket of the service manager 1 for any number of them.

        Return 0 where there are no slots, and any generation left takes them.
        """
        if self.is_handed_over(address):
            return len(select.select([self._at(address, 0)], [], [], 0)[0])
        return pending_connections(self._at(address, slot)) if len(self._open[address]) > 1 else 0

    def reject_pending(self, address: Address, slot: int) -> None:
        """Close the connections that wait at a slot whose server is gone.

        The next server of the slot may come much later.
        """
        if len(self._open[address]) > 1:
            with contextlib.suppress(OSError):
                while True:
                    self._at(address, slot).accept()[0].close()

    def _at(self, address: Address, slot: int) -> socket.socket:
        held = self._open[address]
        return held[slot] if len(held) > 1 else held[0]

    def close(self, address: Address) -> None:
        """Close the sockets of the address, and remove a unix socket's file."""
        held = self._open.pop(address, ())
        in_place = self._is_in_place(address) and not self.is_handed_over(address)
        self._files.pop(address, None)
        self._handed_over.discard(address)
        if held and in_place and isinstance(address, UnixAddress):
            with contextlib.suppress(OSError):  # a folder that only root may write, and we are no longer root
                Path(address.path).unlink(missing_ok=True)
        for listener in held:
            listener.close()

    def forget(self) -> None:
        """Close this process's copies of the sockets: another process of ours holds them now."""
        for held in self._open.values():
            for listener in held:
                listener.close()
        self._open.clear()
        self._files.clear()

    def close_all(self) -> None:
        """Close every address."""
        for address in list(self._open):
            self.close(address)


def _slots(
    alone: socket.socket, address: Address, backlog: int, ipv6_only: bool = True
) -> tuple[socket.socket, ...]:
    """Return one socket per slot in place of the one that proved that the address is free.

    That one where the system cannot steer.
    All are bound now, because later we may no longer be root.
    """
    if not CAN_STEER or isinstance(address, UnixAddress):
        return (alone,)
    alone.close()
    held: list[socket.socket] = []
    try:
        for _ in range(SLOTS):
            held.append(sockets.listen(address, backlog, shared=True, ipv6_only=ipv6_only))
            steer(held[0], 0)
    except OSError as error:
        for each in held:
            each.close()
        if error.errno in _CANNOT_STEER:
            return (sockets.listen(address, backlog, ipv6_only=ipv6_only),)
        raise
    return tuple(held)


_CANNOT_STEER = (errno.ENOPROTOOPT, errno.EINVAL, errno.EOPNOTSUPP)
"""A kernel that calls itself Linux and knows no such programs: gVisor, the first WSL."""


def is_still(path: Path, made: os.stat_result) -> bool:
    """Return True while the file at this path is the one that was made."""
    try:
        return os.path.samestat(path.lstat(), made)
    except OSError:
        return False


def _explain(address: Address, error: OSError) -> EnufError:
    if error.errno == errno.EADDRINUSE:
        return in_use(address)
    if error.errno == errno.EACCES and isinstance(address, TcpAddress):
        return low_port(address)
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingsInvalid(
            f"{address} is not an address of this machine", "use 127.0.0.1 for this machine only"
        )
    if error.errno == errno.ENOENT and isinstance(address, UnixAddress):
        folder = Path(address.path).parent
        return SettingsInvalid(
            f"cannot listen on {address}: there is no folder {folder}", f"mkdir -p {quote(str(folder))}"
        )
    return SettingsInvalid(
        f"cannot listen on {address}: {error.strerror or error}", "choose another serve.listen"
    )


def low_port(
    address: TcpAddress, setting: str = "serve.listen", *, is_challenged: bool = False
) -> PrivilegeNeeded:
    """Return the refusal of a port that only root may take, with the ways to take it or another one.

    `is_challenged` says that an ACME authority asks at port 80 of the site's name.
    A capability for nginx is none of them: this process binds the port and lends it to nginx.
    """
    ways = [
        f"choose another port: enuf up {_other_port(address, setting, is_challenged)}",
        f"start as root: {with_sudo()}",
    ]
    if sys.platform == "linux":
        ways.append(f"let every user take it: sudo sysctl {_FIRST_FREE}={min(address.port, _HTTP)}")
    return PrivilegeNeeded(f"only root may listen on port {address.port}", "; or ".join(ways))


def _other_port(address: TcpAddress, setting: str, is_challenged: bool) -> str:
    if address.port < 1024:
        moved = replace(address, port=address.port + 8000)
    else:
        moved = sockets.next_free(address) or replace(address, port=_HTTP + 8000)
    if setting == _REDIRECT:
        return _forwarded(moved) if is_challenged else _NO_REDIRECT
    if setting != "serve.listen":
        return f"--set {setting}={moved}"
    plain = address.port == _HTTPS and is_challenged and replace(address, port=_HTTP + 8000)
    return f"--listen {moved} {_forwarded(plain)}" if plain else f"--listen {moved}"


def _forwarded(plain: TcpAddress) -> str:
    """Return the flag for an authority's challenges at an address that is not port 80, and what it asks for."""
    return f"--set {_REDIRECT}={plain} (and forward port 80 of the site's name to it)"


_HTTP, _HTTPS = 80, 443
_REDIRECT, _NO_REDIRECT = "tls.http", "--set tls.http=off"
_FIRST_FREE = "net.ipv4.ip_unprivileged_port_start"


def in_use(address: Address, setting: str = "serve.listen", *, is_challenged: bool = False) -> Conflict:
    """Return the conflict, with the name of the holder where the system shows it.

    `is_challenged` says that an ACME authority asks at port 80 of the site's name.
    """
    pid = sockets.holder(address)
    stack = stack_with(pid) if pid else None
    name = f"{name_of(pid)} (pid {pid})" if pid else _somebody(address)
    if stack:
        name = f"the enuf stack of {stack.project}, {name}"
    stop = f"stop it with: enuf down --project {stack.project}" if stack else "stop it"
    if not pid and isinstance(address, TcpAddress) and sys.platform == "linux":
        stop = f"stop what this names: sudo ss -ltnp sport = :{address.port}"
    hint = f"{stop}; or choose another address: enuf up {_other_address(address, setting, is_challenged)}"
    return Conflict(f"{address} is already in use by {name}", hint, slug="address-in-use")


def _somebody(address: Address) -> str:
    user = sockets.user_at(address)
    return f"a process of {user}" if user else "another process"


def _other_address(address: Address, setting: str, is_challenged: bool) -> str:
    if setting == _REDIRECT and not is_challenged:
        return _NO_REDIRECT
    if isinstance(address, TcpAddress) and is_challenged:
        return _other_port(address, setting, is_challenged)
    if setting != "serve.listen":
        return f"--set {setting}=127.0.0.1:0 (port 0 picks a free one)"
    free = sockets.next_free(address) if isinstance(address, TcpAddress) else None
    return f"--listen {free}" if free else "--listen 127.0.0.1:0 (port 0 picks a free one)"

"""The sockets that the supervisor lends to every server, and the variables that name their descriptors."""

from __future__ import annotations

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.process import Lend

APP_FD, LISTEN_FD = "ENUF_APP_FD", "ENUF_LISTEN_FD"


def descriptor_variables(count: int) -> tuple[str, ...]:
    """Return the variables of so many sockets of a generation."""
    return (APP_FD, *(f"{APP_FD}_{number}" for number in range(2, count + 1)))


def lends(listen: TcpAddress | None, *own: UnixAddress) -> tuple[Lend, ...]:
    """Return a generation's own sockets, and the TCP address of all generations where there is one."""
    private = tuple(
        Lend(address=address, variable=variable)
        for address, variable in zip(own, descriptor_variables(len(own)), strict=True)
    )
    return (Lend(address=listen, variable=LISTEN_FD, shared=True), *private) if listen else private

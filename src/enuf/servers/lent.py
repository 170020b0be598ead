"""The sockets that the supervisor lends to every server, and the variables that name their descriptors."""

from __future__ import annotations

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.process import Lend

APP_FD, LISTEN_FD, WAITING_FD = "ENUF_APP_FD", "ENUF_LISTEN_FD", "ENUF_WAITING_FD"


def descriptor_variables(count: int) -> tuple[str, ...]:
    """Return the variables of so many sockets of a generation."""
    return (APP_FD, *(f"{APP_FD}_{number}" for number in range(2, count + 1)))


def lends(
    listen: TcpAddress | None, *own: UnixAddress, waiting: UnixAddress | None = None
) -> tuple[Lend, ...]:
    """Return a generation's own sockets, and those of all generations where there are any."""
    private = tuple(
        Lend(address=address, variable=variable)
        for address, variable in zip(own, descriptor_variables(len(own)), strict=True)
    )
    if waiting:
        private += (Lend(address=waiting, variable=WAITING_FD, is_handed_over=True),)
    return (Lend(address=listen, variable=LISTEN_FD, shared=True), *private) if listen else private

"""The sockets that the supervisor lends to every server, and the variables that name their descriptors."""

from __future__ import annotations

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.process import Lend

APP_FD, LISTEN_FD = "ENUF_APP_FD", "ENUF_LISTEN_FD"


def lends(listen: TcpAddress | None, own: UnixAddress) -> tuple[Lend, ...]:
    """Return a generation's own socket, and the TCP address of all generations where there is one."""
    private = Lend(address=own, variable=APP_FD)
    return (Lend(address=listen, variable=LISTEN_FD, shared=True), private) if listen else (private,)

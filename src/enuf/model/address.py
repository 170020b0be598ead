"""The addresses at which a process listens: TCP addresses and unix socket paths."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Literal

import msgspec

from enuf.model.numbers import decimal

UNIX_PATH_LIMIT_BYTES = 107
"""Longest unix socket path that binds on Linux (F22); macOS allows 103."""

Scheme = Literal["http", "https"]
HTTP_PORT, HTTPS_PORT = 80, 443
USUAL_PORTS: dict[Scheme, int] = {"http": HTTP_PORT, "https": HTTPS_PORT}

ANY_IPV4, ANY_IPV6 = "0.0.0.0", "::"  # noqa: S104 - what people ask for in so many words


class TcpAddress(msgspec.Struct, frozen=True, tag="tcp", tag_field="family"):
    """A TCP address to listen on; port 0 means that the system picks one."""

    host: str
    port: int

    @property
    def is_ipv6(self) -> bool:
        """True for an IPv6 literal."""
        return ":" in self.host

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> TcpAddress:
        """The address to connect to: a wildcard address is reached at loopback."""
        return TcpAddress({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port)  # noqa: S104

    def url(self, scheme: Scheme = "http") -> str:
        """Return the URL that a browser opens, without the scheme's own port."""
        shown = str(self.reachable)
        return f"{scheme}://{shown if self.port != USUAL_PORTS[scheme] else shown.rsplit(':', 1)[0]}"


class UnixAddress(msgspec.Struct, frozen=True, tag="unix", tag_field="family"):
    """A unix stream socket at an absolute path."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"

    @property
    def reachable(self) -> UnixAddress:
        """The address to connect to."""
        return self

    def url(self, scheme: Scheme = "http") -> str:
        """Return the address in the form that users of curl's --unix-socket recognise."""
        return f"{scheme}+unix://{self.path}"


Address = TcpAddress | UnixAddress


def parse_address(text: str) -> Address:
    """Parse `host:port`, `:port`, `port`, `[v6]:port` or `unix:/path` into an address.

    Host names other than localhost are refused: what they resolve to may change, and nothing may
    listen beyond loopback by accident. Raise ValueError with a sentence for the user.
    """
    if text.startswith("unix:"):
        path = text.removeprefix("unix:").removeprefix("//")
        if not path.startswith("/"):
            raise ValueError(f"{text!r}: a unix socket needs an absolute path, like unix:/run/app.sock")
        return UnixAddress(path)
    host, separator, port_text = text.rpartition(":")
    if not separator and decimal(text) is None:
        raise ValueError(f"{text!r} has no port: write host:port, like 127.0.0.1:8000")
    return TcpAddress(_host(host, text), _port(port_text, text))


def parse_tcp_address(text: str) -> TcpAddress:
    """Parse a text into a TCP address.

    Raise ValueError with a sentence for the user, also for a unix socket.
    """
    address = parse_address(text)
    if isinstance(address, UnixAddress):
        raise ValueError(f"{text!r} is a unix socket, and a port is needed here: write IP:port")  # noqa: TRY004
    return address


def refuse_together(addresses: Sequence[object]) -> None:
    """Raise ValueError for addresses that one server cannot have at the same time."""
    wanted = [address for address in addresses if isinstance(address, TcpAddress)]
    if len(addresses) > 1 and any(address.port == 0 for address in wanted):
        raise ValueError("port 0 leaves the choice to the system, for one address only: name the ports")
    for number, address in enumerate(addresses):
        if address in addresses[:number]:
            raise ValueError(f"{address} is in the list twice: remove one of them")
    for address in wanted:
        wide = TcpAddress(ANY_IPV6 if address.is_ipv6 else ANY_IPV4, address.port)
        if address != wide and wide in wanted:
            raise ValueError(f"{wide} takes {address} too: remove {address}")


def is_ipv6_only(address: Address, others: Sequence[Address]) -> bool:
    """Return True unless the address is `[::]`, which takes IPv4 as well, where no other of the stack does so at that port."""
    if not isinstance(address, TcpAddress) or address.host != ANY_IPV6:
        return True
    return any(
        isinstance(other, TcpAddress) and not other.is_ipv6 and other.port == address.port for other in others
    )


def _port(text: str, whole: str) -> int:
    port = decimal(text)
    if port is None or port > 65535:
        raise ValueError(f"{whole!r}: the port must be a number from 0 to 65535")
    return port


def _host(text: str, whole: str) -> str:
    if text in ("", "localhost"):
        return "127.0.0.1"
    if text == "*":
        return ANY_IPV4
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        raise ValueError(
            f"{whole!r}: the host must be an IP address or localhost, like 127.0.0.1:8000 or [::1]:8000"
        ) from None

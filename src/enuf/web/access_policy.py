"""Who may come in: decisions about a request's Host and its token. Nothing is opened here."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable

import msgspec

from enuf.model.address import Address, TcpAddress

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


class AccessPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard's address and the token that opens it."""

    token: str
    address: Address

    def accepts_host(self, host: str) -> bool:
        """True for a Host header that names this dashboard.

        A page of another site can point a name of its own at 127.0.0.1 (DNS rebinding), but its name stays in the Host header.
        Any port is right: `ssh -L 8080:127.0.0.1:9191` is a good way to look at another machine.
        """
        name = _name(host)
        if name in _THIS_MACHINE or not isinstance(self.address, TcpAddress):
            return name in _THIS_MACHINE
        own = _ip(self.address.host)
        asked = _ip(name)
        # On all interfaces any literal address may be ours; no name can be rebound to a literal.
        return asked is not None and own is not None and (asked == own or own.is_unspecified)

    def accepts_token(self, tokens: Iterable[str | None]) -> bool:
        """True when one of them is the token. Takes as long for a wrong one as for the right one."""
        right = self.token.encode()
        compared = [hmac.compare_digest(right, (token or "").encode("utf-8", "replace")) for token in tokens]
        return bool(right) and any(compared)

    @property
    def is_private(self) -> bool:
        """True when only this machine can reach it."""
        ip = _ip(self.address.host) if isinstance(self.address, TcpAddress) else None
        return ip is None or ip.is_loopback

    @property
    def cookie(self) -> str:
        """Name of the cookie that keeps the token; with the port, because browsers share cookies between ports."""
        return f"enuf_{self.address.port}" if isinstance(self.address, TcpAddress) else "enuf"


def _name(host: str) -> str:
    """The Host header without its port, brackets and case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None

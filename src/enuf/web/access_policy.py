"""The access policy of the dashboard: which Host headers and tokens it accepts. A pure module."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable

import msgspec

from enuf.model.address import Address, TcpAddress

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


class AccessPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard's address and token."""

    token: str
    address: Address

    def accepts_host(self, host: str) -> bool:
        """Return True for a Host header that names this dashboard.

        A page of another site can point its own name at 127.0.0.1 (DNS rebinding), but the name stays in the
        Host header. Every port is accepted, for tunnels like `ssh -L 8080:127.0.0.1:9191`.
        """
        name = _name(host)
        if name in _THIS_MACHINE or not isinstance(self.address, TcpAddress):
            return name in _THIS_MACHINE
        own = _ip(self.address.host)
        requested = _ip(name)
        # A dashboard on all interfaces accepts every literal address: no name can be rebound to a literal.
        return requested is not None and own is not None and (requested == own or own.is_unspecified)

    def accepts_token(self, tokens: Iterable[str | None]) -> bool:
        """Return True if one of the texts is the token, in a time that does not depend on the texts."""
        secret = self.token.encode()
        compared = [hmac.compare_digest(secret, (token or "").encode("utf-8", "replace")) for token in tokens]
        return bool(secret) and any(compared)

    @property
    def is_private(self) -> bool:
        """True if only this machine can reach the dashboard."""
        ip = _ip(self.address.host) if isinstance(self.address, TcpAddress) else None
        return ip is None or ip.is_loopback

    @property
    def cookie(self) -> str:
        """Name of the cookie with the token.

        The port is part of it, because browsers share cookies between ports.
        """
        return f"enuf_{self.address.port}" if isinstance(self.address, TcpAddress) else "enuf"


def _name(host: str) -> str:
    """Return the Host header in lower case, without port and brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None

"""Contradictions of settings that go by the visitor's address with a unix socket, whose visitors have none of their own."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.model.address import UnixAddress
from enuf.settings.schema import Settings


def without_address(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting that needs an address that visitors do not have, with a sentence about it."""
    serve, limits, access = settings.serve, settings.limits, settings.access
    has_unix = any(isinstance(address, UnixAddress) for address in serve.addresses)
    if not has_unix or "unix:" in serve.trusted_proxies:
        return
    by_address = {
        "limits.requests": limits.requests,
        "limits.paths": limits.paths,
        "limits.connections": limits.connections,
        "access.allow": access.allow,
        "access.deny": access.deny,
    }
    for key, value in by_address.items():
        if value:
            yield (
                key,
                f"{key} goes by the visitor's address, and all visitors of a unix socket in serve.listen would be one: "
                'name the proxy that connects there, serve.trusted_proxies = ["unix:"]',
            )

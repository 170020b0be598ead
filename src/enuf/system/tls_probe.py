"""The TLS side of enuf's own requests: to its own front, whose certificate is known, so none is verified."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

from enuf.model.address import TcpAddress
from enuf.model.host_names import plain_address

if TYPE_CHECKING:
    import ssl

NO_PROXY = b"PROXY UNKNOWN\r\n"
"""The header of the PROXY protocol of a client that speaks for itself: its own address counts."""


@functools.cache
def unverified() -> ssl.SSLContext:
    """Return a context that accepts every certificate: the address is our own, and no secret is sent."""
    import ssl  # here: most supervisors speak no TLS, and it costs 2 MB

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the system's authorities: none is asked
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def sni_of(host: str) -> str:
    """Return the name that a TLS client sends for the host of a request; `localhost` for an IP address."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return "localhost" if plain_address(name) else name


async def served_certificate(
    address: TcpAddress, host: str, timeout_s: float, *, proxied: bool = False
) -> bytes:
    """Return the certificate that a server at this address shows for the host, in DER; empty where it shows none.

    `proxied` sends a header of the PROXY protocol first.
    """
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(NO_PROXY if proxied else b"")
            await writer.start_tls(unverified(), server_hostname=sni_of(host))
    except (OSError, TimeoutError):
        if writer is not None:
            writer.close()
        return b""
    try:
        return bytes(writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b"")
    finally:
        writer.close()

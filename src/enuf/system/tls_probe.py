"""The TLS side of enuf's own requests: to its own front, whose certificate is known, so none is verified."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import ssl

from enuf.model.address import TcpAddress


@functools.cache
def unverified() -> ssl.SSLContext:
    """Return a context that accepts every certificate: the address is our own, and no secret is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def sni_of(host: str) -> str:
    """Return the name that a TLS client sends for the host of a request; `localhost` for an IP address."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name
    return "localhost"


async def served_certificate(address: TcpAddress, host: str, timeout_s: float) -> bytes:
    """Return the certificate that a server at this address shows for the host, in DER; empty where it shows none."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(
                address.host, address.port, ssl=unverified(), server_hostname=sni_of(host)
            )
    except (OSError, TimeoutError):
        return b""
    try:
        return bytes(writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b"")
    finally:
        writer.close()

"""One request to a server, over the http or the uwsgi wire, asynchronous and bounded."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping

from enuf.model.address import USUAL_PORTS, Address, Scheme, UnixAddress
from enuf.model.numbers import decimal
from enuf.model.topology import Wire
from enuf.system.http_reply import NoReply, Reply, parse_reply
from enuf.system.tls_probe import NO_PROXY, sni_of, unverified

ANSWER_LIMIT_BYTES = 256 * 1024


class TooSlow(NoReply):
    """The failure of a request that was not answered in time."""


async def send_get(
    wire: Wire,
    address: Address,
    path: str,
    *,
    host: str,
    timeout_s: float,
    agent: str = "enuf",
    scheme: Scheme = "http",
    over_tls: bool = False,
    proxied: bool = False,
    prefix: str = "",
) -> Reply:
    """Send a GET of `path` and return the reply. Raise NoReply.

    `scheme` is the value that an app server gets; `over_tls` encrypts the request, for a front, and `proxied` sends a
    header of the PROXY protocol first. `prefix` is the beginning of `path` that an app server takes for the app's mount point.
    """
    message = (
        http_request(path, host, agent, scheme, prefix)
        if wire == "http"
        else uwsgi_packet(_uwsgi_variables(path, host, scheme, prefix))
    )
    try:
        async with asyncio.timeout(timeout_s):
            raw = bytearray()
            first = NO_PROXY if proxied else b""
            await exchange(address, message, raw, tls_host=host if over_tls else "", first=first)
    except TimeoutError:
        raise TooSlow(f"no answer within {timeout_s:g} s") from None
    except OSError as error:
        raise NoReply(error.strerror or str(error)) from None
    return parse_reply(bytes(raw))


async def exchange(
    address: Address, message: bytes, received: bytearray, *, tls_host: str = "", first: bytes = b""
) -> None:
    """Send a message and add the answer to `received` until its end or ANSWER_LIMIT_BYTES. Raise OSError.

    What came before a timeout of the caller is in `received` as well. `tls_host` encrypts the message; `first` is sent
    before.
    """
    if isinstance(address, UnixAddress):
        reader, writer = await asyncio.open_unix_connection(address.path)
    else:
        reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(first)
        if tls_host:
            await writer.start_tls(unverified(), server_hostname=sni_of(tls_host))
        writer.write(message)
        while len(received) < ANSWER_LIMIT_BYTES and (chunk := await reader.read(65536)):
            received += chunk
    finally:
        writer.close()


def http_request(path: str, host: str, agent: str, scheme: Scheme = "http", prefix: str = "") -> bytes:
    """Return a GET in HTTP/1.1, after whose answer the server closes the connection."""
    said = "X-Forwarded-Proto: https\r\n" if scheme == "https" else ""
    said += f"SCRIPT_NAME: {prefix}\r\n" if prefix else ""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n{said}Connection: close\r\n\r\n".encode()


def _uwsgi_variables(path: str, host: str, scheme: Scheme, prefix: str) -> dict[str, str]:
    plain, _, query = path.partition("?")
    name, _, port = host.rpartition(":")
    return {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": path,
        "SCRIPT_NAME": prefix,
        "PATH_INFO": plain.removeprefix(prefix),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": name or host,
        "SERVER_PORT": port if name and decimal(port) is not None else str(USUAL_PORTS[scheme]),
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "0",
        "HTTP_HOST": host,
        "HTTP_USER_AGENT": "enuf",
        "HTTP_ACCEPT": "*/*",
        "UWSGI_SCHEME": scheme,
        **({"HTTPS": "on", "HTTP_X_FORWARDED_PROTO": scheme} if scheme == "https" else {}),
    }


def uwsgi_packet(variables: Mapping[str, str]) -> bytes:
    """Return a request in the uwsgi protocol: a four-byte head, then length-prefixed names and values."""
    body = b"".join(
        struct.pack("<H", len(part)) + part
        for name, value in variables.items()
        for part in (name.encode(), value.encode())
    )
    return struct.pack("<BHB", 0, len(body), 0) + body

"""Harmless requests: the given URL through nginx and at a backend of HTTP, and the ping of the uwsgi protocol."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
import socket
import ssl
import time

from enuf.doctor.live.evidence import LiveReply, ReplyFailure, Requested, Wire
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.system.http_probe import exchange, http_request
from enuf.system.http_reply import NoReply, Reply, parse_reply
from enuf.system.tls_probe import unverified

AGENT = "enuf-doctor"
BODY_SHOWN = 2000
PING, PONG = b"\x64\x00\x00\x00", b"\x64\x00\x00\x01"
"""Modifier 100 of the uwsgi protocol, and its answer."""
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]{0,100}\r\n")


def ask(requested: Requested, address: Address, within_s: float, *, over_tls: bool = False) -> LiveReply:
    """Send the visitor's request to an address and return the answer. Never raise."""
    sent_at, begun = time.time(), time.monotonic()
    received = bytearray()
    message = http_request(requested.target, requested.host_header, AGENT)
    tls_host = requested.host_header if over_tls else ""
    failure: ReplyFailure = ""
    number = 0
    try:
        asyncio.run(_exchange(address, message, received, tls_host, within_s))
    except TimeoutError:
        failure = "timeout"
    except ssl.SSLError:
        failure = "tls"
    except OSError as error:
        number = error.errno or 0
        failure = (
            "refused"
            if number == errno.ECONNREFUSED
            else "closed"
            if received or number == errno.ECONNRESET
            else "unreachable"
        )
    shown = str(address) if isinstance(address, TcpAddress) else address.path
    return _reply(bytes(received), failure, number, (sent_at, time.monotonic() - begun, shown))


def speaks_tls(address: Address, within_s: float) -> bool:
    """Return True if a listener answers a TLS handshake. Nothing is sent after the handshake."""
    try:
        with _connected(address, within_s) as connection:
            connection.settimeout(max(within_s, 0.01))
            with unverified().wrap_socket(connection, server_hostname="localhost"):
                return True
    except (OSError, ValueError):
        return False


def probe_wire(address: Address, within_s: float) -> tuple[Wire, str]:
    """Return what a listener answers to the ping of the uwsgi protocol, and the beginning of the answer.

    No route of an app is asked. An HTTP server waits for more, or answers that it does not understand.
    """
    try:
        with _connected(address, within_s) as connection:
            connection.sendall(PING)
            connection.settimeout(max(within_s, 0.01))
            data = connection.recv(200)
    except TimeoutError:
        return "silent", ""
    except ConnectionRefusedError:
        return "refused", ""
    except ConnectionResetError:
        return "closed", ""
    except OSError:
        return "unknown", ""
    if data.startswith(PONG):
        return "uwsgi", "ping 64 00 00 01"
    if data.startswith(b"HTTP/"):
        return "http", data.split(b"\r\n")[0].decode("latin-1")
    return ("closed", "") if not data else ("unknown", repr(data[:20]))


def connect_errno(address: Address, within_s: float) -> int | None:
    """Return the error number of a connection that is closed at once; 0 if it was made, None if the time was up."""
    try:
        with _connected(address, within_s):
            return 0
    except TimeoutError:
        return None
    except OSError as error:
        return error.errno


def resolved(host: str) -> tuple[str, ...]:
    """Return the addresses of a host name of this machine's own files; only names that need no network are asked."""
    if host not in ("localhost", "ip6-localhost", socket.gethostname()):
        return (host,) if _is_address(host) else ()
    with contextlib.suppress(OSError):
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(each[4][0]) for each in found))
    return ()


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            return True
    return False


@contextlib.contextmanager
def _connected(address: Address, within_s: float):  # type: ignore[no-untyped-def]
    if isinstance(address, UnixAddress):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        target: object = address.path
    else:
        family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        target = (address.host, address.port)
    with connection:
        connection.settimeout(max(within_s, 0.01))
        connection.connect(target)  # type: ignore[arg-type]
        yield connection


async def _exchange(
    address: Address, message: bytes, received: bytearray, tls_host: str, within_s: float
) -> None:
    async with asyncio.timeout(within_s):
        await exchange(address, message, received, tls_host=tls_host)


def _reply(data: bytes, failure: ReplyFailure, number: int, when: tuple[float, float, str]) -> LiveReply:
    sent_at, took_s, address = when
    try:
        reply = parse_reply(data)
    except NoReply:
        reply = None
    if reply is None:
        kind: ReplyFailure = failure or ("not-http" if data else "closed")
        body = data[:BODY_SHOWN].decode("latin-1")
        return LiveReply(
            sent_at=sent_at, took_s=took_s, address=address, failure=kind, errno=number, body=body
        )
    body_bytes = _body(reply)
    return LiveReply(
        sent_at=sent_at,
        took_s=took_s,
        address=address,
        status=reply.status,
        headers=tuple(reply.headers.items()),
        size=len(body_bytes),
        body=body_bytes[:BODY_SHOWN].decode("utf-8", "replace"),
        errno=number,
        is_cut=bool(failure),
    )


def _body(reply: Reply) -> bytes:
    """Return the body without the framing of chunks."""
    if reply.headers.get("transfer-encoding", "").lower() != "chunked":
        return reply.body
    out, at = bytearray(), 0
    while match := _CHUNK.match(reply.body, at):
        length = int(match[1], 16)
        if not length:
            break
        out += reply.body[match.end() : match.end() + length]
        at = match.end() + length + 2
    return bytes(out)

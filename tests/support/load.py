"""A load that counts: every request ends in exactly one category, and only a 200 is `ok`."""

from __future__ import annotations

import asyncio
import collections
import ssl
import time
from collections.abc import Sequence

import msgspec

from enuf.model.address import TcpAddress


class Client(msgspec.Struct, frozen=True):
    """One client that asks again and again, the next request when the last one was answered (closed loop)."""

    path: str = "/"
    method: str = "GET"
    keep_alive: bool = False
    body: bytes = b""


MIXED = (
    *[Client("/")] * 8,
    *[Client("/", keep_alive=True)] * 4,
    *[Client("/echo", "POST", body=b"x=1")] * 2,
    *[Client("/slow?seconds=0.3")] * 4,
)
"""New and keep-alive connections, POSTs and slow GETs: 18 clients."""


class LoadResult(msgspec.Struct):
    """What came of a load."""

    categories: dict[str, int]
    versions: dict[str, int]
    """Answers by the value of their X-Version header, where the app sends one."""
    worst_s: float = 0.0

    @property
    def ok(self) -> int:
        """Requests answered with 200."""
        return self.categories.get("200", 0)

    @property
    def failed(self) -> int:
        """All others: another status, refused, reset, ended early, timed out."""
        return sum(self.categories.values()) - self.ok

    @property
    def lost(self) -> dict[str, int]:
        """The failed requests by category, without those on idle connections.

        A reload of nginx closes idle connections; a client that writes at that moment has reached no server, and asks again.
        """
        return {
            name: count
            for name, count in self.categories.items()
            if name not in ("200", "eof-idle", "reset-idle")
        }

    def __str__(self) -> str:
        bad = {name: count for name, count in self.categories.items() if name != "200"}
        return f"{self.ok} ok, {self.failed} failed{f' {bad}' if bad else ''}, worst {self.worst_s:.2f} s"


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _failure(error: OSError | asyncio.IncompleteReadError, *, fresh: bool) -> str:
    """The category of a request without an answer; `-idle` when it was sent on a connection kept from before."""
    match error:
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError():
            return "refused"
        case asyncio.IncompleteReadError(partial=partial):
            return "eof" if fresh or partial else "eof-idle"
        case _:
            return "reset" if fresh else "reset-idle"


class Load:
    """Runs clients against an address until it is told to stop."""

    def __init__(
        self,
        address: TcpAddress,
        clients: Sequence[Client] = MIXED,
        *,
        timeout_s: float = 60,
        pause_s: float = 0.002,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._address = address
        self._clients = clients
        self._timeout_s = timeout_s
        self._pause_s = pause_s
        self._stop = asyncio.Event()
        self._categories: collections.Counter[str] = collections.Counter()
        self._versions: collections.Counter[str] = collections.Counter()
        self._worst_s = 0.0

    def stop(self) -> None:
        """Ask no more; requests that are under way are still counted."""
        self._stop.set()

    async def run(self) -> LoadResult:
        """The count, once `stop` was called."""
        await asyncio.gather(*(self._client(client) for client in self._clients))
        return LoadResult(dict(self._categories), dict(self._versions), self._worst_s)

    async def _client(self, client: Client) -> None:
        connection: Connection | None = None
        while not self._stop.is_set():
            begun = time.monotonic()
            fresh = connection is None
            try:
                async with asyncio.timeout(self._timeout_s):
                    connection = connection or await self._connect()
                    category, close = await self._ask(client, connection)
            except (OSError, asyncio.IncompleteReadError) as error:
                category, close = _failure(error, fresh=fresh), True
            if connection and (close or not client.keep_alive):
                connection[1].close()
                connection = None
            self._worst_s = max(self._worst_s, time.monotonic() - begun)
            self._categories[category] += 1
            await asyncio.sleep(self._pause_s if category == "200" else 0.01)
        if connection:
            connection[1].close()

    async def _connect(self) -> Connection:
        name = "localhost" if self._tls else None
        host, port = self._address.host, self._address.port
        return await asyncio.open_connection(host, port, ssl=self._tls, server_hostname=name)

    async def _ask(self, client: Client, connection: Connection) -> tuple[str, bool]:
        connection[1].write(self._message(client))
        return await self._answer(connection[0])

    def _message(self, client: Client) -> bytes:
        lines = [f"{client.method} {client.path} HTTP/1.1", f"Host: {self._address}"]
        if not client.keep_alive:
            lines.append("Connection: close")
        if client.body:
            lines.append(f"Content-Length: {len(client.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + client.body

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[str, bool]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = head[0].split(" ", 2)[1]
        length, close = 0, False
        for line in head[1:]:
            name, _, value = line.partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "connection":
                    close = value.strip().lower() == "close"
                case "x-version":
                    self._versions[value.strip()] += 1
        if length:
            await reader.readexactly(length)
        return status, close

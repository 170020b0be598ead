"""The supervisor's end of the control socket: one request per connection, and one reply."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from enuf.errors import AnswerIsNo, EnufError
from enuf.model.failure import failure_of
from enuf.model.paths import StackPaths
from enuf.model.protocol import ControlReply, ControlRequest, ReplyEnvelope
from enuf.system import files
from enuf.system.control_client import LINE_LIMIT_BYTES

REQUEST_WITHIN_S = 5
SILENT_LIMIT = 32
"""Connections that may wait at the same time before they have sent a request."""


class Control:
    """The control socket, and the connections to it."""

    def __init__(
        self, paths: StackPaths, perform: Callable[[ControlRequest], Awaitable[ControlReply]]
    ) -> None:
        """`perform` performs a request and returns the reply, or raises an EnufError that is sent instead."""
        self._path = Path(paths.control_socket)
        self._perform = perform
        self._busy: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._file: os.stat_result | None = None
        self._silent: dict[asyncio.StreamWriter, None] = {}

    async def open(self) -> None:
        """Accept requests of our own user from now on; a second call replaces a socket whose file is gone.

        Raise OSError.
        """
        if self._server:
            self._server.close()
            self._server = None
        # The folder is private and its lock is ours: no other process serves at what is here.
        files.remove(self._path)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._talk, str(self._path), limit=LINE_LIMIT_BYTES
            )
        finally:
            os.umask(before)
        self._file = self._path.lstat()

    async def reopen(self) -> None:
        """Accept requests at a new socket; do nothing when the system refuses one now."""
        with contextlib.suppress(OSError):
            await self.open()

    @property
    def files(self) -> dict[Path, os.stat_result]:
        """The file of the socket and its status right after it was made."""
        return {self._path: self._file} if self._file else {}

    async def close(self) -> None:
        """Accept no more requests, send the replies that are due, and remove the socket."""
        if self._server:
            self._server.close()
        if self._busy:
            await asyncio.wait(self._busy, timeout=1)
        files.remove(self._path)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            line = await self._read_line(reader, writer)
            if line:
                writer.write(await self._reply(line))
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # the client has gone, or sent no line of a bearable length
        finally:
            self._busy.discard(task)
            writer.close()

    async def _read_line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Return the line that the client sends.

        When too many clients send none, the oldest of them is dropped.
        """
        if len(self._silent) >= SILENT_LIMIT:
            oldest = next(iter(self._silent))
            del self._silent[oldest]
            oldest.transport.abort()
        self._silent[writer] = None
        try:
            async with asyncio.timeout(REQUEST_WITHIN_S):
                return await reader.readline()
        finally:
            self._silent.pop(writer, None)

    async def _reply(self, line: bytes) -> bytes:
        try:
            reply = await self._perform(_decode_request(line))
            envelope = ReplyEnvelope(ok=msgspec.Raw(msgspec.json.encode(reply)))
        except EnufError as error:
            envelope = ReplyEnvelope(error=failure_of(error))
        return msgspec.json.encode(envelope) + b"\n"


def _decode_request(line: bytes) -> ControlRequest:
    """Return the request on the line.

    Raise AnswerIsNo for a line that is none, or of another version of enuf.
    """
    try:
        request: ControlRequest = msgspec.json.decode(line, type=ControlRequest)
        return request
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise AnswerIsNo(
            "the supervisor does not know this order",
            "it was started by another version of enuf: enuf restart",
            slug="not-understood",
        ) from None

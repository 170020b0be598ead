"""The supervisor's end of its control socket: it obeys orders, one after the other, and answers each."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from enuf.errors import EnufError
from enuf.model.failure import failure_of
from enuf.model.paths import StackPaths
from enuf.system import files
from enuf.system.orders import LINE_LIMIT_BYTES, Order


class Control:
    """The supervisor's end."""

    def __init__(self, paths: StackPaths, obey: Callable[[Order], Awaitable[dict[str, Any]]]) -> None:
        self._path = Path(paths.control_socket)
        self._obey = obey
        self._busy: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._file: os.stat_result | None = None

    async def open(self) -> None:
        """Take orders from now on, from our own user only, also when that began before at a file that is gone. Raises OSError."""
        if self._server:
            self._server.close()
            self._server = None
        # The folder is private and its lock is ours: whatever is here, nobody else serves at it.
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
        """Take orders at a new socket, as far as the system allows it now."""
        with contextlib.suppress(OSError):
            await self.open()

    @property
    def files(self) -> dict[Path, os.stat_result]:
        """The file of the socket, as it was made."""
        return {self._path: self._file} if self._file else {}

    async def close(self) -> None:
        """Take no more orders; whoever waits for an answer gets it first."""
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
            async with asyncio.timeout(5):
                line = await reader.readline()
            writer.write(await self._reply(line))
            await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked has gone, or said nothing that we understand
        finally:
            self._busy.discard(task)
            writer.close()

    async def _reply(self, line: bytes) -> bytes:
        try:
            answer: Any = {"ok": await self._obey(msgspec.json.decode(line, type=Order))}
        except EnufError as error:
            answer = {"error": failure_of(error)}
        return msgspec.json.encode(answer) + b"\n"

"""The supervisor's end of its control socket: it obeys orders, one after the other, and answers each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from enuf.errors import EnufError
from enuf.model.failure import failure_of
from enuf.model.paths import StackPaths
from enuf.system.orders import LINE_LIMIT_BYTES, Order


class Control:
    """The supervisor's end."""

    def __init__(self, paths: StackPaths, obey: Callable[[Order], Awaitable[dict[str, Any]]]) -> None:
        self._path = Path(paths.control_socket)
        self._obey = obey
        self._busy: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Take orders from now on, from our own user only."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._talk, str(self._path), limit=LINE_LIMIT_BYTES
            )
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Take no more orders; whoever waits for an answer gets it first."""
        self._server.close()
        if self._busy:
            await asyncio.wait(self._busy, timeout=1)
        self._path.unlink(missing_ok=True)

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

"""Orders to a running supervisor: one JSON line there, one JSON line back, on a private socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from enuf.errors import EnufError, NotRunning
from enuf.model.failure import Failure, failure_of
from enuf.model.paths import StackPaths

LINE_LIMIT_BYTES = 2**20


class Order(msgspec.Struct, frozen=True):
    """What is asked."""

    verb: Literal["status", "reload", "stop"]
    mode: Literal["full", "frugal"] = "full"
    at_once: bool = False


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


def give_order(paths: StackPaths, order: Order, timeout_s: float | None = None) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning when there is none, or the EnufError that it answers."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(paths.control_socket)
            connection.sendall(msgspec.json.encode(order) + b"\n")
            raw = connection.makefile("rb").readline()
        except OSError as error:
            raise not_running(paths) from error
    if not raw:
        raise NotRunning("the stack ended before it answered", f"see {paths.log}/enuf.log")
    answer = msgspec.json.decode(raw)
    if "error" in answer:
        raise msgspec.convert(answer["error"], Failure).error()
    return dict(answer["ok"])


def not_running(paths: StackPaths) -> NotRunning:
    """There is no stack of this project."""
    start = f"sudo systemctl start {paths.service}" if paths.service else "enuf up"
    return NotRunning(f"no stack of {paths.project} is running", f"start it with: {start}")

"""An event under load: clients send requests all the time, and every request is counted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

from enuf.model.address import TcpAddress
from tests.support.load import MIXED, Client, Load, LoadResult

from .stack import Stack

T = TypeVar("T")
PAUSE_S = 0.03
"""Between an answer and the next request of a client: a few hundred requests a second, a third of a processor."""


def under_load(
    stack: Stack,
    happening: Callable[[], T],
    *,
    clients: Sequence[Client] = MIXED,
    settle_s: float = 0.3,
    pause_s: float = PAUSE_S,
    tls: ssl.SSLContext | None = None,
) -> tuple[LoadResult, T]:
    """Call `happening` under load, over HTTPS with `tls`. Return the count of the requests and the result of the call."""

    async def run() -> tuple[LoadResult, T]:
        load = Load(TcpAddress("127.0.0.1", stack.port), clients, pause_s=pause_s, tls=tls)
        running = asyncio.create_task(load.run())
        await asyncio.sleep(settle_s)
        try:
            result = await asyncio.to_thread(happening)
            await asyncio.sleep(settle_s)
        finally:
            load.stop()
            count = await running
        return count, result

    return asyncio.run(run())

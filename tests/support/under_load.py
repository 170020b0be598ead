"""Something happens while clients ask all the time; every request is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from enuf.bench.load import MIXED, Client, Load, LoadResult
from enuf.model.address import TcpAddress

from .stack import Stack

T = TypeVar("T")


def under_load(
    stack: Stack, happening: Callable[[], T], *, clients: Sequence[Client] = MIXED, settle_s: float = 0.3
) -> tuple[LoadResult, T]:
    """The count of a load during which something happens, and what came of the happening."""

    async def run() -> tuple[LoadResult, T]:
        load = Load(TcpAddress("127.0.0.1", stack.port), clients)
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

"""Visitors of the hosts: every request is counted while something happens."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
from collections.abc import Callable, Sequence

from enuf.model.address import TcpAddress
from tests.support.load import Client, Load, LoadResult

from .hosts import Host, in_network_of

SETTLE_S = 1
PAUSE_S = 0.05
TIMEOUT_S = 60
CLIENTS = (
    *[Client("/")] * 3,
    Client("/", keep_alive=True),
    Client("/echo", "POST", body=b"x=1"),
    *[Client("/slow?seconds=0.3")] * 2,
)
"""The visitors of one address: new and kept connections, POSTs, slow GETs."""
SLOW = [Client("/slow?seconds=3")] * 4
"""Requests that are under way when a container ends, a second after they began."""


def counted(
    place: Host,
    addresses: Sequence[TcpAddress],
    happening: Callable[[], object],
    *,
    clients: Sequence[Client] = CLIENTS,
    asks_on: bool = True,
) -> LoadResult:
    """Call `happening` while visitors at a place of the network ask all addresses, and return the count of their requests.

    Without `asks_on` the visitors wait for what they have asked, and ask nothing more.
    """

    async def run() -> LoadResult:
        loads = [Load(at, clients, pause_s=PAUSE_S, timeout_s=TIMEOUT_S) for at in addresses]
        running = [asyncio.create_task(load.run()) for load in loads]
        await asyncio.sleep(SETTLE_S)
        try:
            if asks_on:
                await asyncio.to_thread(happening)
                await asyncio.sleep(SETTLE_S)
        finally:
            for load in loads:
                load.stop()
            if not asks_on:
                await asyncio.to_thread(happening)
            counts = await asyncio.gather(*running)
        return _sum(counts)

    def visit() -> LoadResult:
        with in_network_of(place):
            return asyncio.run(run())

    # A thread of its own, because the network is that of the thread.
    with concurrent.futures.ThreadPoolExecutor(1) as alone:
        return alone.submit(visit).result()


def _sum(counts: Sequence[LoadResult]) -> LoadResult:
    categories, versions = collections.Counter[str](), collections.Counter[str]()
    for each in counts:
        categories.update(each.categories)
        versions.update(each.versions)
    return LoadResult(dict(categories), dict(versions), max(each.worst_s for each in counts))

"""A visitor's arrival at a listening socket that no process serves for the time being."""

from __future__ import annotations

import asyncio


class Doorbell:
    """Tells when a connection waits at a listening socket, without accepting it."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._descriptor: int | None = None

    @property
    def is_watching(self) -> bool:
        """True while a socket is watched and nobody has come."""
        return self._descriptor is not None

    def watch(self, descriptor: int) -> None:
        """Watch a socket."""
        asyncio.get_running_loop().add_reader(descriptor, self._ring)
        self._descriptor = descriptor

    def forget(self) -> None:
        """Forget the connection that was told of."""
        self._rung.clear()

    def ignore(self) -> None:
        """Watch no socket. To be called before the socket is closed: another file may get its descriptor."""
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._descriptor = None

    async def wait(self, within_s: float) -> bool:
        """Wait for a connection. Return False when none has come within this time."""
        try:
            async with asyncio.timeout(within_s):
                await self._rung.wait()
        except TimeoutError:
            return False
        return True

    def _ring(self) -> None:
        self.ignore()
        self._rung.set()

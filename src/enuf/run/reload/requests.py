"""Who waits for the end of a reload, and how reloads have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from enuf.errors import EnufError

Done = Callable[[EnufError | None], None]


class ReloadRequests:
    """A number per question; each is answered once."""

    def __init__(self) -> None:
        self._drawn = 0
        self._futures: dict[int, asyncio.Future[EnufError | None]] = {}
        """Of those that have no answer yet."""
        self.outcomes = {"accepted": 0, "refused": 0}

    def open(self, done: Done | None = None) -> int:
        """A new number; `done` is called with the answer."""
        self._drawn += 1
        number = self._drawn
        future: asyncio.Future[EnufError | None] = asyncio.get_running_loop().create_future()
        if done:
            future.add_done_callback(lambda finished: done(finished.result()))
        self._futures[number] = future
        return number

    async def answered(self, number: int) -> EnufError | None:
        """The answer, once there is one: None when the reload went well. Ask for it before anything else may happen."""
        return await self._futures[number]

    def answer(self, numbers: Iterable[int], error: EnufError | None) -> None:
        """One reload has ended so, for everybody who asked for it."""
        self.outcomes["refused" if error else "accepted"] += 1
        for number in numbers:
            future = self._futures.pop(number, None)
            if future and not future.done():  # whoever asked may have gone
                future.set_result(error)

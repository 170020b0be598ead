"""The reload requests that wait for an outcome, and the outcomes so far."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec.structs import replace

from enuf.errors import EnufError
from enuf.model.status import Refusal, ReloadCounts
from enuf.system import files

MOST_FILES = 40
_FILE = re.compile(r'^\s*File "([^"\n]{1,1024})", line ', re.MULTILINE)

Done = Callable[[EnufError | None], None]


class ReloadRequests:
    """The numbered reload requests; each gets exactly one answer."""

    def __init__(self) -> None:
        self._last = 0
        self._futures: dict[int, asyncio.Future[EnufError | None]] = {}
        """Of the requests that have no answer yet."""
        self.outcomes = ReloadCounts()
        self._refused: tuple[float, EnufError] | None = None

    def refusal(self) -> Refusal | None:
        """Return the last reload if it was refused, with the files of its traceback that have changed since."""
        if self._refused is None:
            return None
        at, error = self._refused
        named = dict.fromkeys(_FILE.findall(error.detail))
        changed = tuple(file for file in list(named)[-MOST_FILES:] if files.modified_at(Path(file)) > at)
        return Refusal(at=at, summary=error.summary, changed=changed)

    def open(self, done: Done | None = None) -> int:
        """Register a request and return its number; `done` is called with the answer."""
        self._last += 1
        number = self._last
        future: asyncio.Future[EnufError | None] = asyncio.get_running_loop().create_future()
        if done:
            future.add_done_callback(lambda finished: done(finished.result()))
        self._futures[number] = future
        return number

    async def answered(self, number: int) -> EnufError | None:
        """Wait for the answer: None when the reload succeeded.

        Call it before control returns to the event loop.
        """
        return await self._futures[number]

    def answer(self, numbers: Iterable[int], error: EnufError | None) -> None:
        """Answer every request that one reload was for, and count the outcome."""
        counts = self.outcomes
        self.outcomes = (
            replace(counts, refused=counts.refused + 1)
            if error
            else replace(counts, accepted=counts.accepted + 1)
        )
        self._refused = (time.time(), error) if error else None
        for number in numbers:
            future = self._futures.pop(number, None)
            if future and not future.done():  # the client may have gone
                future.set_result(error)

"""The coroutines that run beside the supervisor's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Run = Callable[[Coroutine[Any, Any, None]], None]


class Tasks:
    """Runs coroutines as tasks that cannot fail in silence."""

    def __init__(self, on_bug: Callable[[], None], *, end_within_s: float) -> None:
        """`on_bug` is called while an unexpected exception of a task is being handled."""
        self._on_bug = on_bug
        self._end_within_s = end_within_s
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Start the coroutine as a task."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before it has begun never awaits the coroutine, and Python warns of that in the terminal.
        task.add_done_callback(lambda _: work.close())

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:
            self._on_bug()

    async def cancel(self) -> None:
        """Cancel every task and wait until they have ended, at most `end_within_s` seconds."""
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._end_within_s)

"""The tasks beside the supervisor's loop."""

from __future__ import annotations

import asyncio
import inspect

from enuf.run.tasks import Tasks


def test_a_task_that_is_cancelled_before_it_begins_leaves_no_warning() -> None:
    async def work() -> None:
        raise AssertionError("never begins")

    async def begin_and_cancel() -> str:
        tasks, coroutine = Tasks(lambda: None, end_within_s=60), work()
        tasks.run(coroutine)
        await tasks.cancel()
        await asyncio.sleep(0)  # the callbacks of the task
        return inspect.getcoroutinestate(coroutine)

    assert asyncio.run(begin_and_cancel()) == inspect.CORO_CLOSED

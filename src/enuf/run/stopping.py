"""Ending a process by its own stop steps, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from enuf.model.process import Order, ProcessSpec, Signal, Unit, WriteFifo
from enuf.run.children import Child
from enuf.run.fifo import open_fifo
from enuf.system import process
from enuf.system.ask import NoReply, ask

POLL_S = 0.02
SENTINELS = 2


def give(order: Order, child: Child) -> bool:
    """Send the order; False when it cannot be delivered, because nobody reads the fifo."""
    if isinstance(order, Signal):
        child.signal(order.name)
        return True
    try:
        descriptor = open_fifo(order.path, child.pid)
    except OSError:
        return False
    try:
        os.write(descriptor, order.text.encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


async def stop(spec: ProcessSpec, child: Child) -> None:
    """Take the process through its stop steps; when they are over, kill what is left of its session."""
    for step in spec.stop:
        if not child.is_running:
            break
        if give(step, child):
            await _leave(step, child)
    await kill(child)


async def _leave(step: Order, child: Child) -> None:
    alone = step.when_alone if isinstance(step, WriteFifo) else ""
    if not alone:
        await child.exit_within(step.wait_s)
        return
    deadline = asyncio.get_running_loop().time() + step.wait_s
    while child.is_running and asyncio.get_running_loop().time() < deadline:
        if not child.others():
            child.signal(alone)
        await child.exit_within(POLL_S * 2)


async def kill(child: Child) -> None:
    """Nothing of the process's session is left."""
    while True:
        told = process.kill_session(child.pid)
        if child.is_running and child.pid not in told:
            child.signal("KILL")
        if not told and not child.is_running:
            return
        await child.exit_within(POLL_S)
        await asyncio.sleep(0 if child.is_running else POLL_S / 2)


async def bury(spec: ProcessSpec, child: Child) -> None:
    """The main process died by itself: let its workers finish what they have in hand, then kill what is left."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + spec.orphans_wait_s
    if spec.orphans_signal:
        for pid in child.others():
            _tell(pid, spec.orphans_signal)
    while loop.time() < deadline and child.others():
        await asyncio.sleep(POLL_S * 5)
    await kill(child)


def _tell(pid: int, name: str) -> None:
    import contextlib
    import signal

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.Signals[f"SIG{name}"])


async def until_empty(waiting: Callable[[], int]) -> None:
    """Nothing waits in a queue any more, nor has come in the moment after: a handshake may have been on its way."""
    empty = 0
    while empty < SENTINELS:
        empty = 0 if waiting() else empty + 1
        await asyncio.sleep(POLL_S)


async def drain_queue(unit: Unit, path: str, host: str, timeout_s: float) -> None:
    """Everything that was queued on the unit's socket has been accepted.

    An accept queue is first in, first out: once a later request is answered, every earlier one has been taken (F65).
    """
    for _ in range(SENTINELS):
        try:
            await ask(unit.wire, unit.serves_at, path, host=host, timeout_s=timeout_s)
        except NoReply:
            return

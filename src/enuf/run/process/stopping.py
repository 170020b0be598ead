"""The stop of a process by its own steps, and the end of what it leaves behind.

Every wait in here is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable

import psutil

from enuf.model.address import Address, TcpAddress
from enuf.model.plan import Plan
from enuf.model.process import ProcessOrder, ProcessSpec, Signal, Unit, WriteFifo
from enuf.run.process.children import Child, Children
from enuf.run.process.fifo import open_fifo
from enuf.system import marks, process
from enuf.system.http_probe import send_get
from enuf.system.http_reply import NoReply

POLL_S = 0.02
SENTINELS = 2
EXITS_WITHIN_S = 3.0
"""How long a worker without a request in hand may run its `atexit` functions."""
TERM_WITHIN_S = 1.0
"""Time between TERM and KILL for a process that is no server of ours."""
FINISH_S = 1.0
KILLED_WITHIN_S = 3.0
"""Time after which a process counts as unkillable: the kernel holds it (state D)."""


def stops_within_s(plan: Plan) -> float:
    """Return how long a graceful stop of the plan's servers may take, in seconds.

    The front finishes the requests in flight first, so the server has none left at its own turn. The bound is
    the longest first step of the two, which allows a request its whole `timeout`, and a moment for the rest.
    """
    units = [unit for unit in (plan.front, plan.server) if unit]
    return max(unit.process.stop[0].wait_s for unit in units) + FINISH_S


def send_order(order: ProcessOrder, child: Child) -> bool:
    """Send the order. Return False when it cannot be delivered, because no process reads the FIFO."""
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


def continue_suspended(child: Child) -> None:
    """Let the process and its workers go on if a signal has suspended them: they could not stop otherwise."""
    if child.is_running:
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGCONT)  # it leads a group of its own since its start


async def stop(spec: ProcessSpec, child: Child) -> None:
    """Take the process through its stop steps, then kill what is left of its session."""
    for step in spec.stop:
        if not child.is_running:
            break
        if send_order(step, child):
            if isinstance(step, WriteFifo) and step.when_alone:
                if await _finish(step, child, [lend.address for lend in spec.lends]):
                    await _end_rest(child)
            else:
                await child.exit_within(step.wait_s)
    await kill(child)


async def _finish(step: WriteFifo, child: Child, addresses: list[Address]) -> bool:
    """Wait until the process has ended, or has no request in hand and waits for something else.

    Return True in the second case.

    uWSGI's master ends once it has no child at all, so a helper that the app started at import, or a worker
    that a thread of the app keeps from exiting, would make it wait until its time is over. Its workers are
    those children that hold the sockets it was lent; a request in hand is an accepted connection.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + step.wait_s
    idle_since = loop.time()
    while child.is_running and (now := loop.time()) < deadline:
        workers = _workers(child)
        if any(_has_request(pid, addresses) for pid in workers):
            idle_since = now
        if not workers:
            if child.children():  # in whatever session: the main process would wait for it
                return True
            child.signal(step.when_alone)  # it would notice by itself only a second later
        elif now - idle_since > EXITS_WITHIN_S:
            return True
        await child.exit_within(POLL_S * 2)
    return False


def _workers(child: Child) -> list[int]:
    """Return the children of a server's main process that hold the sockets it was lent."""
    lent = frozenset(child.lent)
    pids = [one.pid for one in child.children()]
    return [pid for pid in pids if not marks.can_be_looked_into(pid) or marks.holds(pid, lent)]


def _has_request(pid: int, addresses: Iterable[Address]) -> bool:
    """Return True when the process has an accepted connection to one of the addresses in hand."""
    with contextlib.suppress(psutil.Error, OSError):
        return any(_has_accepted(psutil.Process(pid), address) for address in addresses)
    return False


def _has_accepted(worker: psutil.Process, address: Address) -> bool:
    if isinstance(address, TcpAddress):
        return any(
            each.status != psutil.CONN_LISTEN and each.laddr and each.laddr.port == address.port
            for each in worker.net_connections(kind="tcp")
        )
    # The one more is the socket that listens.
    return sum(str(each.laddr) == address.path for each in worker.net_connections(kind="unix")) > 1


async def _end_rest(child: Child) -> None:
    """End the main process, whose requests are done, and the children that it would wait for."""
    child.signal("TERM")
    for pid in (one.pid for one in child.children()):
        marks.signal_if(pid, signal.SIGTERM, lambda pid: pid in [one.pid for one in child.children()])
    await child.exit_within(TERM_WITHIN_S)
    await kill(child)


async def kill(child: Child) -> bool:
    """Kill the process and its whole session. Return False when a process of them cannot be killed."""
    deadline = asyncio.get_running_loop().time() + KILLED_WITHIN_S
    while True:
        child.signal("KILL")
        others = child.others()
        for pid in others:
            marks.signal_if(pid, signal.SIGKILL, child.is_of_it)
        if not others and not child.is_running:
            return True
        if asyncio.get_running_loop().time() > deadline:
            return False
        await child.exit_within(POLL_S)
        await asyncio.sleep(0 if child.is_running else POLL_S / 2)


async def reap_orphans(spec: ProcessSpec, child: Child) -> None:
    """Let the workers of a main process that died finish their requests, then kill what is left."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + spec.orphans_wait_s
    if spec.orphans_signal:
        number = signal.Signals[f"SIG{spec.orphans_signal}"]
        for pid in child.others():
            marks.signal_if(pid, number, child.is_of_it)
    while loop.time() < deadline and child.others():
        await asyncio.sleep(POLL_S * 5)
    await kill(child)


async def end_strays(pids: Callable[[], list[int]]) -> list[str]:
    """End processes by TERM and, after a moment, KILL, until `pids` names none.

    Return them as `NAME (pid 123)`.

    `pids` is called again right before each signal: only the processes that it returns then get one.
    """
    loop = asyncio.get_running_loop()
    kill_at, over_at = loop.time() + TERM_WITHIN_S, loop.time() + TERM_WITHIN_S + KILLED_WITHIN_S
    terminated: dict[int, str | None] = {}
    shown: list[str] = []

    def is_named(pid: int) -> bool:
        return pid in pids()

    empty_looks = 0
    # One look may miss an orphan whose parent dies meanwhile: it is below neither of them for a moment.
    while empty_looks < 2 and loop.time() < over_at:
        left = pids()
        empty_looks = 0 if left else empty_looks + 1
        for pid in left:
            if loop.time() >= kill_at:
                marks.signal_if(pid, signal.SIGKILL, is_named)
            elif terminated.get(pid, "") != (begun := process.start_mark(pid)):
                terminated[pid] = begun
                shown.append(f"{process.name_of(pid)} (pid {pid})")
                marks.signal_if(pid, signal.SIGTERM, is_named)
                marks.signal_if(pid, signal.SIGCONT, is_named)  # a suspended process would not take TERM
        await asyncio.sleep(POLL_S)
    return shown


async def end_all_of(child: Child, children: Children) -> None:
    """Kill what is left of the process and its session, and end what it has started in other sessions."""
    await kill(child)
    await end_strays(lambda: children.strays.marked(child.name))


async def until_empty(waiting: Callable[[], int]) -> None:
    """Wait until the accept queue is empty on two consecutive polls.

    One poll could miss a handshake in flight.
    """
    empty = 0
    while empty < SENTINELS:
        empty = 0 if waiting() else empty + 1
        await asyncio.sleep(POLL_S)


async def drain_queue(unit: Unit, path: str, host: str, timeout_s: float) -> None:
    """Wait until the unit has accepted every connection that was queued on its sockets.

    An accept queue is first in, first out: once a later request is answered, every earlier one has been
    accepted (F65).
    """
    for address in (unit.serves_at, *unit.more_at):
        for _ in range(SENTINELS):
            try:
                await send_get(unit.wire, address, path, host=host, timeout_s=timeout_s)
            except NoReply:
                return

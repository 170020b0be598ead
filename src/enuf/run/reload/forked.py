"""A plan made in a forked child and read back as JSON.

Making a plan reads files, runs other programs and may hang in the user's code: none of that may happen in the
process that keeps the servers alive. A forked child shares what is already imported, so it starts at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import msgspec

from enuf.errors import EnufError, NotReady
from enuf.model.failure import failure_of
from enuf.model.plan import Plan
from enuf.model.protocol import PlanFailed, PlanMade, PlanReply
from enuf.system.marks import IMPORT, run_id
from enuf.system.process import die_with_parent

if TYPE_CHECKING:
    from enuf.run.process.children import Child, Children

Make = Callable[[], Plan]
_AGAIN = "run the command again; if it was short of memory, the kernel's log names the process"


class PlanInTheMaking(NamedTuple):
    """A child process that makes a plan, and the pipe on which it replies."""

    pid: int
    pipe: int


def begin_plan(make: Make) -> PlanInTheMaking:
    """Fork a child that calls `make` and replies with the plan. The child dies with this process."""
    run_id()  # before the fork: what the child starts carries the name of our run
    read_end, write_end = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _run(make, write_end, parent)
    os.close(write_end)
    return PlanInTheMaking(pid, read_end)


async def finished_plan(children: Children, maker: Child, pipe: int, timeout_s: float) -> Plan:
    """Wait for the plan and return it.

    Raise the EnufError of its maker, and NotReady when it takes too long or is killed.
    """
    import asyncio

    from enuf.run.process.stopping import end_strays, kill

    try:
        async with asyncio.timeout(timeout_s):
            raw = await _read_all(pipe)
    except TimeoutError:
        raise NotReady(f"making the plan took longer than {timeout_s:g} s", _AGAIN) from None
    finally:
        await kill(maker)
        # A maker that was killed could not end what its import of the app had started in sessions of their own.
        await end_strays(lambda: children.strays.marked(IMPORT))
    with contextlib.suppress(msgspec.DecodeError):  # the child was killed while it wrote
        match msgspec.json.decode(raw, type=PlanReply):
            case PlanMade(plan):
                return plan
            case PlanFailed(failure):
                raise failure.error()
    raise NotReady("the process that makes the plan was killed before it answered", _AGAIN)


async def _read_all(descriptor: int) -> bytes:
    import asyncio

    reader = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    try:
        return await reader.read()
    finally:
        transport.close()


def _made(make: Make) -> PlanReply:
    try:
        return PlanMade(make())
    except EnufError as error:
        return PlanFailed(failure_of(error))
    except BaseException as error:
        return PlanFailed(failure_of(EnufError(f"{type(error).__name__}: {error}")))


def _run(make: Make, write_end: int, parent: int) -> NoReturn:
    """Make the plan in the child, write the reply and exit by _exit.

    The parent's event loop must not be touched.
    """
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        die_with_parent(parent, signal.SIGKILL)
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(msgspec.json.encode(_made(make)))
    finally:
        os._exit(0)

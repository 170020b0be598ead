"""A function run in a forked child, its result read back as JSON.

Making a plan reads files, runs other programs and may hang in the user's code: none of that may happen in the process
that keeps the servers alive. A fork shares what is already imported, so it starts at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import NoReturn

import msgspec

from enuf.errors import EnufError, revive
from enuf.model.plan import Plan
from enuf.run.children import Children
from enuf.run.stopping import kill
from enuf.system.process import die_with_parent


class Failure(msgspec.Struct):
    """An EnufError on its way to another process."""

    exit_code: int
    slug: str
    summary: str
    hint: str
    detail: str


def failure_of(error: EnufError) -> Failure:
    """The error as a value."""
    return Failure(error.exit_code, error.slug, error.summary, error.hint, error.detail)


async def make_plan(children: Children, make: Callable[[], Plan], timeout_s: float) -> Plan:
    """The plan that `make` returns, made in a child process. Raises the EnufError that it raised there."""
    read_end, write_end = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _run(make, write_end, parent)
    os.close(write_end)
    child = children.adopt(pid)
    try:
        async with asyncio.timeout(timeout_s):
            raw = await _read_all(read_end)
    except TimeoutError:
        raise EnufError(f"making the plan took longer than {timeout_s:g} s") from None
    finally:
        await kill(child)
    if raw[:1] == b"+":
        return msgspec.json.decode(raw[1:], type=Plan)
    if raw[:1] == b"-":
        failure = msgspec.json.decode(raw[1:], type=Failure)
        raise revive(failure.exit_code, failure.slug, failure.summary, failure.hint, failure.detail)
    raise EnufError("the process that makes the plan ended without an answer")


async def _read_all(descriptor: int) -> bytes:
    reader = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    try:
        return await reader.read()
    finally:
        transport.close()


def _run(make: Callable[[], Plan], write_end: int, parent: int) -> NoReturn:
    """In the child: nothing of the parent's event loop may be touched, so it leaves by _exit."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        die_with_parent(parent, signal.SIGKILL)
        try:
            answer = b"+" + msgspec.json.encode(make())
        except EnufError as error:
            answer = b"-" + msgspec.json.encode(failure_of(error))
        except BaseException as error:
            answer = b"-" + msgspec.json.encode(
                Failure(70, "bug", f"{type(error).__name__}: {error}", "", "")
            )
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)

"""A start handed over to a smaller image of this very process.

A start reads settings, finds an app, makes a plan and prints: it needs many modules, and Python gives the memory of a
module never back. The supervisor of a background process needs few of them, and runs for months. So the process
replaces its program by Python with the supervisor's modules alone. It stays the same process: pid, children,
descriptors, lock and user remain. What else the supervisor needs is in a file without a name.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import msgspec

from enuf.model.plan import Plan
from enuf.run.process.listeners import HeldListeners, Listeners
from enuf.run.reload.forked import PlanInTheMaking
from enuf.start.invocation import Invocation
from enuf.system import files
from enuf.system.marks import adopt_run_id, run_id
from enuf.system.stack_lock import StackLock

if TYPE_CHECKING:
    from enuf.start.supervise import SupervisedStart

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
"""The signals that wait while there is no program to handle them."""


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervisor takes over from the program before."""

    plan: Plan
    invocation: Invocation
    """Makes a plan for a reload."""
    making: PlanInTheMaking | None
    environ: tuple[tuple[bytes, bytes], ...]
    """The environment of the servers."""
    warnings: tuple[str, ...]
    lock: tuple[int, ...]
    """The descriptors of the lock."""
    listeners: HeldListeners
    report_to: int
    """The pipe to the command that waits."""
    run: str
    """The name of the run, which is in the marks of its processes."""
    command: tuple[str, ...]
    """The command line, for the commands that hints name."""


def handover_of(
    start: SupervisedStart, invocation: Invocation, listeners: Listeners, *, report_to: int
) -> Handover:
    """Return what the next program needs of this one."""
    return Handover(
        plan=start.plan,
        invocation=invocation,
        making=start.making,
        environ=tuple((os.fsencode(name), os.fsencode(value)) for name, value in start.environ.items()),
        warnings=tuple(start.warnings),
        lock=start.lock.descriptors,
        listeners=listeners.held(),
        report_to=report_to,
        run=run_id(),
        command=tuple(sys.argv),
    )


def hand_over(handover: Handover) -> None:
    """Replace the program of this process by the supervisor's. Return where that is impossible, with all as it was."""
    try:
        file = _written(msgspec.json.encode(handover))
    except (UnicodeEncodeError, OSError):  # a name that is no text, no room
        return
    kept = (file, *_descriptors(handover))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        _replace_program(file)
    except OSError:
        for descriptor in kept:
            os.set_inheritable(descriptor, False)
        os.close(file)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_over(file: int) -> Handover:
    """Return what the program before has handed over, as this program's own."""
    with os.fdopen(file, "rb") as written:
        written.seek(0)
        handover = msgspec.json.decode(written.read(), type=Handover)
    for descriptor in _descriptors(handover):
        os.set_inheritable(descriptor, False)
    adopt_run_id(handover.run)
    sys.argv[:] = handover.command
    return handover


def lock_of(handover: Handover) -> StackLock:
    """Return the lock that was handed over."""
    folder, *name = handover.lock
    return StackLock(folder, socket.socket(fileno=name[0]) if name else None)


def _replace_program(file: int) -> NoReturn:
    flags = (
        *(["-I"] if sys.flags.isolated else []),
        *(["-E"] if sys.flags.ignore_environment else []),
        *(["-s"] if sys.flags.no_user_site else []),
    )
    # -P: nothing in the folder that it starts in can take the place of a module
    words = (sys.executable, *flags, "-P", "-m", "enuf.start.supervisor_program", str(file))
    os.execv(sys.executable, words)  # noqa: S606 - without a shell is what it shall be


def _written(data: bytes) -> int:
    """Return the descriptor of a file without a name that holds the data."""
    file = files.nameless("enuf-start")
    with os.fdopen(file, "wb", closefd=False) as written:
        written.write(data)
    return file


def _descriptors(handover: Handover) -> Iterator[int]:
    yield from handover.lock
    yield from handover.listeners.descriptors
    yield handover.report_to
    if handover.making:
        yield handover.making.pipe
    if handover.invocation.root_reader:
        yield from (handover.invocation.root_reader.shared, handover.invocation.root_reader.alive)

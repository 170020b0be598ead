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
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn, TypeVar

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


class HandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """What every supervisor takes over from the program before."""

    plan: Plan
    invocation: Invocation
    """Makes a plan for a reload."""
    environ: tuple[tuple[bytes, bytes], ...]
    """The environment of the servers."""
    lock: tuple[int, ...]
    """The descriptors of the lock."""
    listeners: HeldListeners
    run: str
    """The name of the run, which is in the marks of its processes."""
    command: tuple[str, ...]
    """The command line, for the commands that hints name."""

    @property
    def descriptors(self) -> Iterator[int]:
        """The descriptors that stay open in the next program."""
        yield from self.lock
        yield from self.listeners.descriptors

    @property
    def may_speak_tls(self) -> bool:
        """True for a stack with TLS; only a restart turns TLS on."""
        return self.plan.tls is not None

    @property
    def variables(self) -> dict[str, str]:
        """The environment of the servers as text."""
        return {os.fsdecode(name): os.fsdecode(value) for name, value in self.environ}

    @property
    def stack_lock(self) -> StackLock:
        """The lock that was handed over."""
        folder, *name = self.lock
        return StackLock(folder, socket.socket(fileno=name[0]) if name else None)


class Handover(HandedOver, frozen=True, kw_only=True):
    """What the supervisor of `enuf up` takes over, in the background or of a quiet command."""

    making: PlanInTheMaking | None
    warnings: tuple[str, ...]
    report_to: int | None
    """The pipe to the command that waits; None in the foreground."""

    @property
    def descriptors(self) -> Iterator[int]:
        """The descriptors that stay open in the next program."""
        yield from super().descriptors
        if self.report_to is not None:
            yield self.report_to
        if self.making:
            yield self.making.pipe
        if self.invocation.root_reader:
            yield from (self.invocation.root_reader.shared, self.invocation.root_reader.alive)


class ServiceHandover(HandedOver, frozen=True, kw_only=True):
    """What the supervisor of an installed site takes over."""

    name: str
    """The name of the site."""
    guest: int
    """The uid of the host's nginx."""

    @property
    def may_speak_tls(self) -> bool:
        """True: to the host's nginx, perhaps from the next reload on."""
        return True


Kind = TypeVar("Kind", bound=HandedOver)


def as_bytes(environ: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return an environment in the bytes that the system has."""
    return tuple((os.fsencode(name), os.fsencode(value)) for name, value in environ.items())


def handover_of(
    start: SupervisedStart, invocation: Invocation, listeners: Listeners, *, report_to: int | None
) -> Handover:
    """Return what the next program needs of this one."""
    return Handover(
        plan=start.plan,
        invocation=invocation,
        making=start.making,
        environ=as_bytes(start.environ),
        warnings=tuple(start.warnings),
        lock=start.lock.descriptors,
        listeners=listeners.held(),
        report_to=report_to,
        run=run_id(),
        command=tuple(sys.argv),
    )


def hand_over(handover: HandedOver, program: str) -> None:
    """Replace the program of this process by a module that supervises. Return where that is impossible, with all as it was."""
    try:
        file = _written(msgspec.json.encode(handover))
    except (UnicodeEncodeError, OSError):  # a name that is no text, no room
        return
    kept = (file, *handover.descriptors)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        _replace_program(program, file)
    except OSError:
        for descriptor in kept:
            os.set_inheritable(descriptor, False)
        os.close(file)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_over(file: int, kind: type[Kind]) -> Kind:
    """Return what the program before has handed over, as this program's own."""
    with os.fdopen(file, "rb") as written:
        written.seek(0)
        handover = msgspec.json.decode(written.read(), type=kind)
    for descriptor in handover.descriptors:
        os.set_inheritable(descriptor, False)
    adopt_run_id(handover.run)
    sys.argv[:] = handover.command
    return handover


def _replace_program(program: str, file: int) -> NoReturn:
    flags = (
        *(["-I"] if sys.flags.isolated else []),
        *(["-E"] if sys.flags.ignore_environment else []),
        *(["-s"] if sys.flags.no_user_site else []),
    )
    # -P: nothing in the folder that it starts in can take the place of a module
    words = (sys.executable, *flags, "-P", "-m", program, str(file))
    os.execv(sys.executable, words)  # noqa: S606 - without a shell is what it shall be


def _written(data: bytes) -> int:
    """Return the descriptor of a file without a name that holds the data."""
    file = files.nameless("enuf-start")
    with os.fdopen(file, "wb", closefd=False) as written:
        written.write(data)
    return file

"""The way from an invocation to a running stack, in the foreground or detached."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from enuf.run.process.listeners import Listeners
from enuf.run.reload.forked import begin_plan
from enuf.start.held import HeldResources, recorded
from enuf.start.invocation import Invocation
from enuf.start.prepared import PreparedStart, prepare_start
from enuf.start.reporters import StartTerminal
from enuf.start.signals import interrupt_on_signals
from enuf.start.supervise import SupervisedStart, supervise

if TYPE_CHECKING:
    from enuf.start.background import PipeReporter


def launch(
    invocation: Invocation,
    environ: Mapping[str, str],
    terminal: StartTerminal,
    *,
    detach: bool,
    explain: bool = False,
    silent_program: str = "",
) -> int:
    """Run the stack and return the exit code; detached, return once the stack serves. Raise EnufError.

    With `explain` the terminal first shows the steps, in the words of a person who takes them by hand.
    `silent_program` is a module that supervises in this process and prints errors alone, in less memory than a start needs.
    """
    listeners = Listeners()
    interrupt_on_signals()
    held = HeldResources(listeners)
    with contextlib.closing(held), terminal.waiting:
        start = prepare_start(invocation, environ, held, terminal, with_proof=explain)
        if explain:
            with recorded(start.plan.paths):
                terminal.explain(start.plan)
        if not detach:
            return _supervise_in_foreground(start, listeners, terminal, silent_program)
        from enuf.start.background import in_background

        def forget() -> None:
            start.lock.close()  # the background process has the lock: a lock belongs to the open file
            listeners.forget()

        log = f"{start.plan.paths.log}/enuf.log"
        return in_background(
            lambda pipe: _supervise_in_background(start, listeners, pipe), forget, log, terminal
        )


def _as_supervised(start: PreparedStart) -> SupervisedStart:
    """Return what a supervisor takes over; a provisional plan begins to be completed.

    The import of the app is the longest wait of a start: it begins before what runs the servers is imported.
    """
    return SupervisedStart(
        plan=start.plan,
        make=start.make,
        making=begin_plan(start.complete) if start.complete else None,
        loaded=lambda: start.loaded,
        environ=start.environ,
        warnings=start.warnings,
        lock=start.lock,
        root_reader=start.invocation.root_reader,
    )


def _supervise_in_foreground(
    start: PreparedStart, listeners: Listeners, terminal: StartTerminal, silent_program: str
) -> int:
    supervised = _as_supervised(start)
    if silent_program:
        from enuf.start.handover import hand_over, handover_of

        hand_over(handover_of(supervised, start.invocation, listeners, report_to=None), silent_program)
    return supervise(supervised, listeners, terminal)


def _supervise_in_background(start: PreparedStart, listeners: Listeners, reporter: PipeReporter) -> int:
    """Let a program of few modules supervise, in this process; return the exit code where that is impossible."""
    from enuf.start.handover import hand_over, handover_of

    supervised = _as_supervised(start)
    handover = handover_of(supervised, start.invocation, listeners, report_to=reporter.descriptor)
    hand_over(handover, "enuf.start.supervisor_program")
    return supervise(supervised, listeners, reporter)

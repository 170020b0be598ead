"""`up -d`: the supervisor in a process of its own, followed by the command until it serves."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn

from enuf.cli.report import PipeReporter, TerminalReporter, follow

Supervise = Callable[[PipeReporter], int]


def in_background(
    supervise: Supervise, forget: Callable[[], None], log: str, terminal: TerminalReporter
) -> int:
    """0 once the stack serves. Raises the EnufError that ended it.

    `forget` closes what belongs to the other process alone, in the one that returns.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _supervise_and_leave(supervise, PipeReporter(write_end), log)
    os.close(write_end)
    forget()
    try:
        return follow(read_end, terminal)
    except KeyboardInterrupt:
        _end(pid)
        raise


def _end(pid: int) -> None:
    """The background process has ended; interrupted once more, it ends at once."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        while True:
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # one that is suspended would not hear it
            try:
                os.waitpid(pid, 0)
            except KeyboardInterrupt:
                continue
            return


def _supervise_and_leave(supervise: Supervise, reporter: PipeReporter, log: str) -> NoReturn:
    code = 70
    try:
        os.setsid()
        _leave_terminal(log)
        code = supervise(reporter)
    except KeyboardInterrupt:
        reporter.interrupted()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _leave_terminal(log: str) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    for descriptor, target in ((null, 0), (written, 1), (written, 2)):
        os.dup2(descriptor, target)
    os.close(null)
    os.close(written)

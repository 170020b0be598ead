"""`up -d`: the supervisor in a process of its own, followed by the command until it serves."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from enuf.cli.terminal.reporter import PipeReporter, TerminalReporter, follow
from enuf.errors import EnufError
from enuf.system import files

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
    except BaseException as error:
        traceback.print_exc()
        bug = EnufError(f"{type(error).__name__}: {error}", f"{log} has the traceback")
        reporter.failed(error if isinstance(error, EnufError) else bug)
    finally:
        os._exit(code)


def _leave_terminal(log: str) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    try:
        written = files.open_log(Path(log))
    except OSError:  # the stack serves without a log, and says so
        written = os.dup(null)
    for descriptor, target in ((null, 0), (written, 1), (written, 2)):
        os.dup2(descriptor, target)
    os.close(null)
    os.close(written)

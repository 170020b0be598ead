"""`up -d`: the supervisor in a process of its own, which reports to the command until the stack serves."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec

from enuf.errors import EnufError, NotReady
from enuf.model.failure import Failure, failure_of
from enuf.model.plan import Plan
from enuf.start.reporters import StartTerminal
from enuf.system import files


class ProgressReport(msgspec.Struct, tag="progress", frozen=True):
    """A step of the start has begun."""

    text: str


class WarningReport(msgspec.Struct, tag="warning", frozen=True):
    """Something that the user should know, while the start goes on."""

    text: str


class NoteReport(msgspec.Struct, tag="note", frozen=True):
    """Something worth knowing that is no problem."""

    text: str


class ServingReport(msgspec.Struct, tag="serving", frozen=True):
    """The stack serves: the last report."""

    plan: Plan


class FailedReport(msgspec.Struct, tag="failed", frozen=True):
    """The start failed: the last report."""

    failure: Failure


class InterruptedReport(msgspec.Struct, tag="interrupted", frozen=True):
    """The start was stopped before the stack served: the last report."""


Report = ProgressReport | WarningReport | NoteReport | ServingReport | FailedReport | InterruptedReport
Supervise = Callable[["PipeReporter"], int]


class PipeReporter:
    """Sends reports, one JSON line each, to the command that waits in the foreground."""

    def __init__(self, descriptor: int) -> None:
        self.has_served = False
        self.descriptor = descriptor
        self._pipe: int | None = descriptor

    def progress(self, text: str) -> None:
        """Send the step that has begun."""
        self._send(ProgressReport(text))

    def warning(self, text: str) -> None:
        """Send a warning."""
        self._send(WarningReport(text))

    def note(self, text: str) -> None:
        """Send a note."""
        self._send(NoteReport(text))

    def serving(self, plan: Plan) -> None:
        """Send the plan that is served; the foreground stops reading then."""
        self.has_served = True
        self._send(ServingReport(plan), last=True)

    def watch(self, plan: Plan) -> None:
        """No-op: a background process has no terminal."""

    def ended(self, *, stopped: bool) -> None:
        """No-op: the foreground process has exited."""

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Send nothing: the foreground has left, and enuf.log has the line."""

    def failed(self, error: EnufError) -> None:
        """Send the error that ended the start."""
        self._send(FailedReport(failure_of(error)), last=True)

    def interrupted(self) -> None:
        """Send that a stop request ended the start."""
        self._send(InterruptedReport(), last=True)

    def _send(self, report: Report, *, last: bool = False) -> None:
        if self._pipe is None:
            return
        try:
            _write_whole(self._pipe, msgspec.json.encode(report) + b"\n")
        except OSError:
            last = True
        if last:
            os.close(self._pipe)
            self._pipe = None


def _write_whole(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def follow(descriptor: int, terminal: StartTerminal) -> int:
    """Pass the reports of the background process on to the terminal. Return 0 once the stack serves.

    Raises the EnufError that the process reports, KeyboardInterrupt when the start was stopped, and NotReady
    when the process exits without a last report.
    """
    terminal.detached = True
    with os.fdopen(descriptor, "rb") as pipe:
        for line in pipe:
            match msgspec.json.decode(line, type=Report):
                case FailedReport(failure):
                    raise failure.error()
                case InterruptedReport():
                    raise KeyboardInterrupt
                case ServingReport(plan):
                    terminal.serving(plan)
                    return 0
                case NoteReport(text):
                    terminal.note(text)
                case ProgressReport(text):
                    terminal.progress(text)
                case WarningReport(text):
                    terminal.warning(text)
    raise NotReady(
        "the background process was killed before the stack served",
        "look into .enuf/log/enuf.log, then run it again",
    )


def in_background(supervise: Supervise, forget: Callable[[], None], log: str, terminal: StartTerminal) -> int:
    """Run `supervise` in a background process.

    Return 0 once the stack serves; raise the EnufError that ended the start.

    `forget` closes, in the foreground process, what the background process alone shall hold.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)

        def supervise_detached(reporter: PipeReporter) -> int:
            os.setsid()
            _leave_terminal(log)
            return supervise(reporter)

        supervise_and_leave(supervise_detached, PipeReporter(write_end), log)
    os.close(write_end)
    forget()
    try:
        return follow(read_end, terminal)
    except KeyboardInterrupt:
        _end(pid)
        raise


def _end(pid: int) -> None:
    """Stop the background process and wait for its exit.

    Interrupted once more, send TERM again, which means at once.
    """
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        while True:
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)  # a suspended process would not take TERM
            try:
                os.waitpid(pid, 0)
            except KeyboardInterrupt:
                continue
            return


def supervise_and_leave(supervise: Supervise, reporter: PipeReporter, log: str) -> NoReturn:
    """Run `supervise`, report why it failed, and end this process with its exit code."""
    code = 70
    try:
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

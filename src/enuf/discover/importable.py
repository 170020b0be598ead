"""Imports the app in a throw-away process of the Python that will run it, and tells what came of it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

import msgspec

from enuf.discover.import_failure import Attempt, failure
from enuf.discover.probe_report import read_report, read_stack, without_probe
from enuf.errors import ToolUnusable
from enuf.model.app import AppRef, AppReport
from enuf.model.tool import Interpreter
from enuf.system import process as processes
from enuf.system.marks import IMPORT, Descendants, mark, session_of, signal_if

PROGRAM = str(Path(__file__).with_name("probe_program.py"))

BOOTSTRAP = (
    # The current folder leaves sys.path first: a json.py of the project must not become the probe's.
    "import sys; sys.path[:] = [entry for entry in sys.path if entry]; "
    "exec(compile(open(sys.argv[1], encoding='utf-8').read(), sys.argv[1], 'exec'), "
    "{'__name__': 'enuf_probe', '__file__': sys.argv[1]})"
)
"""What `python -c` runs: the program from its text, so that no folder of enuf is on sys.path."""

OUTPUT_KEPT_BYTES = 8192
_OUTPUT_LIMIT_BYTES = 1_000_000
_REPORT_LIMIT_BYTES = 4_000_000
_LOOK_EVERY_S = 0.05
_KILL_ROUNDS, _KILL_PAUSE_S = 200, 0.005


class _Begun(NamedTuple):
    """The process of an import, and what is below us since it began."""

    process: subprocess.Popen[bytes]
    below: Descendants


class ImportProof:
    """An import under way. Use it in a `with`, or call `wait` or `cancel`, else its process lives to its limit.

    On Linux the process also ends when the thread that began it does, and what it starts in sessions of its own stays
    below us (we are a subreaper from then on), so that it can be found and ended.
    """

    def __init__(
        self,
        attempt: Attempt,
        begun: _Begun,
        report: BinaryIO,
        output: BinaryIO,
        deadline: float,
    ) -> None:
        self._attempt = attempt
        self._running, self._below = begun
        self._report = report
        self._output = output
        self._deadline = deadline
        self._kept = b""
        self._over = False

    def __enter__(self) -> ImportProof:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.cancel()

    def wait(self) -> AppReport:
        """What the import told about the app; to be called once.

        Raises AppNotFound or AppImportFailed, which carry the app's own traceback and the end of its output.
        """
        try:
            in_time = self._await_exit()
            self._end_session()
            return self._outcome(in_time=in_time)
        finally:
            self.cancel()

    def cancel(self) -> None:
        """The process and whatever it started in its session are gone; safe to call at any time, also twice."""
        self._end_session()
        self._report.close()
        self._output.close()

    def _await_exit(self) -> bool:
        """True when the process ended by itself; its output is kept small meanwhile."""
        while not _exits_within(self._running, _LOOK_EVERY_S):
            self._trim()
            if time.monotonic() > self._deadline:
                return False
        return True

    def _end_session(self) -> None:
        """Kill the process and all that it started, in whatever session, and reap what became a child of ours."""
        if self._over:
            return
        self._over = True
        told: set[int] = set()
        # Again while any is left: one that was being forked during the first look is there in the second.
        for _ in range(_KILL_ROUNDS):
            left = self._left()
            for pid in left:
                signal_if(pid, signal.SIGKILL, lambda pid: pid in self._left())
            told.update(left)
            if not left:
                break
            time.sleep(_KILL_PAUSE_S)
        # Reaped last: until then nobody else can get its number, which is that of its session.
        self._running.wait()
        for pid in told:
            with contextlib.suppress(
                ChildProcessError
            ):  # those that became children of ours as their parents ended
                os.waitpid(pid, os.WNOHANG)

    def _left(self) -> list[int]:
        session = self._running.pid
        inside = [pid for pid in processes.members(session) if session_of(pid) == session]
        return list(dict.fromkeys([*inside, *self._below.now()]))

    def _trim(self) -> None:
        """Cut the output file back to nothing when it has grown large; only its end is of interest."""
        if os.fstat(self._output.fileno()).st_size > _OUTPUT_LIMIT_BYTES:
            self._kept = _end_of(self._output)
            os.ftruncate(self._output.fileno(), 0)

    def _outcome(self, *, in_time: bool) -> AppReport:
        raw = os.pread(self._report.fileno(), _REPORT_LIMIT_BYTES, 0)
        output = (self._kept + _end_of(self._output))[-OUTPUT_KEPT_BYTES:].decode("utf-8", "replace")
        report = read_report(raw)
        ref = self._attempt.ref
        if report is None or report.kind is not None or report.attribute is None:
            status = self._running.returncode if in_time else None
            raise failure(
                self._attempt, report, status, read_stack(raw, PROGRAM), without_probe(output, PROGRAM)
            )
        return AppReport(
            app=msgspec.structs.replace(ref, attribute=report.attribute, call=report.call),
            is_flask=report.is_flask,
            python_version=report.python,
            static_folders=report.static,
            max_content_length=report.max_content_length,
            debug=report.debug,
            leftovers=report.leftovers,
            traits=report.traits,
            output=output,
        )


def import_app(
    ref: AppRef, python: Interpreter, *, project: Path, environ: Mapping[str, str], timeout_s: float
) -> AppReport:
    """What a throw-away import of the app tells about it, its name and factory arguments filled in.

    Raises AppNotFound or AppImportFailed, and ToolUnusable when the Python itself does not start.
    """
    return begin_import(ref, python, project=project, environ=environ, timeout_s=timeout_s).wait()


def begin_import(
    ref: AppRef, python: Interpreter, *, project: Path, environ: Mapping[str, str], timeout_s: float
) -> ImportProof:
    """The import, begun and not awaited. Raises ToolUnusable when the Python does not start."""
    began = time.monotonic()
    attempt = Attempt(ref=ref, python=python, project=str(project.resolve()), timeout_s=timeout_s)
    # Files, not pipes: nothing blocks on them, and a grandchild that inherits them keeps nobody waiting (F100).
    report, output = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - ImportProof closes them
    try:
        fcntl.fcntl(output, fcntl.F_SETFL, fcntl.fcntl(output, fcntl.F_GETFL) | os.O_APPEND)  # for _trim
        request = {
            "directory": ref.directory,
            "module": ref.module,
            "attribute": ref.attribute,
            "call": ref.call,
            "file": ref.file,
            "report_fd": report.fileno(),
            "stack_at": began + timeout_s - min(1.0, timeout_s / 4),
        }
        below = Descendants()
        processes.become_subreaper()
        running = processes.start(
            [python.executable, "-u", "-X", "faulthandler", "-c", BOOTSTRAP, PROGRAM, json.dumps(request)],
            directory=str(project),
            environment={**environ, **mark(IMPORT)},
            log=output.fileno(),
            lend=[report.fileno()],
            death_signal=signal.SIGKILL,
        )
    except BaseException as error:
        report.close()
        output.close()
        if isinstance(error, OSError):
            raise ToolUnusable(
                f"{python.executable} cannot be started: {error.strerror or error}",
                "set `python` to the interpreter of the project's virtualenv",
            ) from None
        raise
    return ImportProof(attempt, _Begun(running, below), report, output, began + timeout_s)


def _exits_within(running: subprocess.Popen[bytes], seconds: float) -> bool:
    """True when the process has ended; on Linux it is left unreaped, so that its number stays its own."""
    if running.returncode is not None:
        return True
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(running.pid)
        except ProcessLookupError:  # reaped by a supervisor that waits for any child
            return True
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        finally:
            os.close(descriptor)
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end_of(file: BinaryIO) -> bytes:
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), OUTPUT_KEPT_BYTES, max(0, size - OUTPUT_KEPT_BYTES))

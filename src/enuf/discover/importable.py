"""The import of the app in a throw-away process of its own Python, and the report of the import."""

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

from enuf.discover.import_failure import ON_UWSGI_ONLY, Attempt, failure
from enuf.discover.probe_report import read_report, read_stack, without_probe
from enuf.errors import AppImportFailed, AppNotFound, ToolUnusable
from enuf.model.app import AppRef, AppReport
from enuf.model.tool import Interpreter
from enuf.system import process as processes
from enuf.system.marks import IMPORT, Descendants, mark, session_of, signal_if

PROGRAM = str(Path(__file__).with_name("probe_program.py"))
STAND_INS = str(Path(__file__).with_name("stand_ins.py"))

BOOTSTRAP = (
    # The current folder leaves sys.path first: a json.py of the project must not shadow the standard
    # library's for the probe.
    "import sys; sys.path[:] = [entry for entry in sys.path if entry]; "
    "exec(compile(open(sys.argv[1], encoding='utf-8').read(), sys.argv[1], 'exec'), "
    "{'__name__': 'enuf_probe', '__file__': sys.argv[1]})"
)
"""The program of `python -c`, run from its text, so that no folder of enuf is on sys.path."""

OUTPUT_KEPT_BYTES = 8192
_OUTPUT_LIMIT_BYTES = 1_000_000
_REPORT_LIMIT_BYTES = 4_000_000
_LOOK_EVERY_S = 0.05
_KILL_ROUNDS, _KILL_PAUSE_S = 200, 0.005


class _Begun(NamedTuple):
    """The process of an import, and the descendants of this process since the import began."""

    process: subprocess.Popen[bytes]
    below: Descendants


class ImportProof:
    """A running import.

    Use it in a `with`, or call `wait` or `cancel`; otherwise its process lives to its time limit.

    On Linux the process also ends with the thread that began it. Processes that the app starts in other
    sessions remain descendants of this process, which becomes a subreaper, so that they can be found and
    ended.
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
        self.missing = ""
        """The module that the app could not import."""
        self._kept = b""
        self._over = False

    def __enter__(self) -> ImportProof:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.cancel()

    def wait(self) -> AppReport:
        """Wait for the import, and return what it shows about the app. Call once.

        Raise AppNotFound or AppImportFailed with the app's own traceback and the end of its output.
        """
        try:
            in_time = self._await_exit()
            self._end_session()
            return self._outcome(in_time=in_time)
        finally:
            self.cancel()

    def cancel(self) -> None:
        """End the process and everything that it started. Calls at any time, also repeated ones, are safe."""
        self._end_session()
        self._report.close()
        self._output.close()

    def _await_exit(self) -> bool:
        """Wait for the process, and keep its output small meanwhile. Return True if it ended by itself."""
        while not _exits_within(self._running, _LOOK_EVERY_S):
            self._trim()
            if time.monotonic() > self._deadline:
                return False
        return True

    def _end_session(self) -> None:
        """Kill the process and everything that it started in any session, and reap our children among them."""
        if self._over:
            return
        self._over = True
        told: set[int] = set()
        # Repeat while any is left: a process that was being forked during one pass is found in the next.
        for _ in range(_KILL_ROUNDS):
            left = self._left()
            for pid in left:
                signal_if(pid, signal.SIGKILL, lambda pid: pid in self._left())
            told.update(left)
            if not left:
                break
            time.sleep(_KILL_PAUSE_S)
        # Reaped last: until then no other process can get its pid, which is the id of its session.
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
        """Empty the output file if it has grown large: only its end is used."""
        if os.fstat(self._output.fileno()).st_size > _OUTPUT_LIMIT_BYTES:
            self._kept = _end_of(self._output)
            os.ftruncate(self._output.fileno(), 0)

    def _outcome(self, *, in_time: bool) -> AppReport:
        raw = os.pread(self._report.fileno(), _REPORT_LIMIT_BYTES, 0)
        output = (self._kept + _end_of(self._output))[-OUTPUT_KEPT_BYTES:].decode("utf-8", "replace")
        report = read_report(raw)
        self.missing = report.name or "" if report and report.kind == "missing-module" else ""
        ref = self._attempt.ref
        if report is None or report.kind is not None or report.attribute is None:
            status = self._running.returncode if in_time else None
            raise failure(
                self._attempt, report, status, read_stack(raw, PROGRAM), without_probe(output, PROGRAM)
            )
        return AppReport(
            app=msgspec.structs.replace(
                ref, attribute=report.attribute, call=report.call, skipped=report.skipped or ref.skipped
            ),
            is_flask=report.is_flask,
            python_version=report.python,
            static_folders=report.static,
            routes=report.routes,
            max_content_length=report.max_content_length,
            debug=report.debug,
            leftovers=report.leftovers,
            traits=report.traits,
            output=output,
        )


def import_app(
    ref: AppRef,
    python: Interpreter,
    *,
    project: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    in_uwsgi: bool = False,
) -> AppReport:
    """Import the app in a throw-away process and return what that tells, name and factory arguments filled in.

    An app that is to run `in_uwsgi`, and needs the modules that exist there alone, is imported with stand-ins for them.
    Raises AppNotFound or AppImportFailed, and ToolUnusable when the Python itself does not start.
    """
    proof = begin_import(ref, python, project=project, environ=environ, timeout_s=timeout_s)
    try:
        return proof.wait()
    except AppImportFailed:
        if not in_uwsgi or proof.missing not in ON_UWSGI_ONLY:
            raise
    again = begin_import(ref, python, project=project, environ=environ, timeout_s=timeout_s, stand_ins=True)
    return again.wait()


def begin_import(
    ref: AppRef,
    python: Interpreter,
    *,
    project: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    stand_ins: bool = False,
) -> ImportProof:
    """Begin an import without waiting. Raise ToolUnusable if the Python does not start."""
    began = time.monotonic()
    attempt = Attempt(ref=ref, python=python, project=str(project.resolve()), timeout_s=timeout_s)
    # Files, not pipes: a write never blocks, and a grandchild that inherits them delays no reader (F100).
    report, output = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - ImportProof closes them
    try:
        fcntl.fcntl(output, fcntl.F_SETFL, fcntl.fcntl(output, fcntl.F_GETFL) | os.O_APPEND)  # for _trim
        request = {
            "directory": ref.directory,
            "module": ref.module,
            "attribute": ref.attribute,
            "call": ref.call,
            "file": ref.file,
            "loader": ref.loader,
            "stand_ins": STAND_INS if stand_ins else "",
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
            if not project.is_dir():
                raise AppNotFound(
                    f"there is no folder {project.resolve()}",
                    "put it there, or let the link lead to a folder that is",
                ) from None
            raise ToolUnusable(
                f"{python.executable} cannot be started: {error.strerror or error}",
                "set `python` to the interpreter of the project's virtualenv",
            ) from None
        raise
    return ImportProof(attempt, _Begun(running, below), report, output, began + timeout_s)


def _exits_within(running: subprocess.Popen[bytes], seconds: float) -> bool:
    """Return True if the process ended in time.

    On Linux it is not reaped yet, so that its pid is not given to another process.
    """
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

"""The processes of a server that is measured: started, looked at, ended with everything that they have started."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from enuf.bench.subjects.base import HowToReload, Setup, SubjectPlace
from enuf.errors import NotReady
from enuf.system.process import become_subreaper, start

_READY_WITHIN_S = 60
_NOT_READY = (0, 502, 503, 504)
"""No answer, or the answer of a front whose app server is not there yet."""
_KILLED_WITHIN_S = 5
_ANSWERED_WITHIN_S = 5
_END_OF_OUTPUT = 2000


class RunningSubject:
    """One server that serves, with all of its processes."""

    def __init__(self, setup: Setup, place: SubjectPlace) -> None:
        self.place = place
        self._setup = setup
        self._ours = {os.getpid()}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Write the server's files, start its processes, and wait for an answer. Raise NotReady."""
        become_subreaper()  # what leaves its parent becomes our child, and is counted and ended as well
        self._ours |= {each.pid for each in psutil.Process().children(recursive=True)}
        folder = Path(self.place.folder)
        for name, text in self._setup.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        self._start_all()
        self.wait_until_answered()

    def _start_all(self) -> None:
        folder = Path(self.place.folder)
        for number, command in enumerate(self._setup.commands):
            with (folder / f"output.{number}").open("ab") as output:
                self._started.append(
                    start(  # ends at TERM with its workers, also when the comparison is killed
                        command,
                        directory=self.place.app.project,
                        environment=environment_of(self.place, self._setup),
                        log=output.fileno(),
                    )
                )

    def wait_until_answered(self) -> None:
        """Wait until the server answers a request. Raise NotReady when it ends, or does not answer in time."""
        end = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < end:
            if any(process.poll() is not None for process in self._started):
                raise NotReady("it ended before it answered", detail=self._said())
            if status_at(self.place.port, "/", self.place.app.host) not in _NOT_READY:
                return
            time.sleep(0.05)
        raise NotReady(f"it did not answer within {_READY_WITHIN_S} s", detail=self._said())

    def reload(self) -> None:
        """Give new code to the server, as people do it: by a signal, a command, or a restart. Return when that is done."""
        how = self._setup.reload
        if how.command:
            subprocess.run(
                how.command,
                cwd=self.place.app.project,
                env=environment_of(self.place, self._setup),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_READY_WITHIN_S,
                check=False,
            )
        elif how.signal:
            self._started[how.to].send_signal(getattr(signal, f"SIG{how.signal}"))
        else:
            self._end_all()
            self._start_all()

    @property
    def restarts(self) -> bool:
        """Return True where new code needs a restart of the server."""
        return self._setup.reload == HowToReload()

    def family(self) -> list[psutil.Process]:
        """Return all processes of the server."""
        return [each for each in psutil.Process().children(recursive=True) if each.pid not in self._ours]

    def leave_out(self, pids: tuple[int, ...]) -> None:
        """Count these processes as ours, not as the server's."""
        self._ours |= set(pids)

    def cpu_s(self) -> float:
        """Return the CPU time of all processes in seconds, that of children that have ended included."""
        total = 0.0
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
                total += times.user + times.system + ended
        return total

    def memory_mb(self) -> float | None:
        """Return the proportional set size of all processes in megabytes; None where the system does not tell."""
        total = 0.0
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                try:
                    total += process.memory_full_info().pss
                except (psutil.AccessDenied, AttributeError):
                    return None
        return total / 2**20

    def end(self) -> None:
        """End all processes: ask the ones that were started, then kill what is left."""
        try:
            self._end_all()
        finally:
            self._kill_left()

    def _end_all(self) -> None:
        for process in reversed(self._started):
            process.terminate()
        end = time.monotonic() + self._setup.stop_within_s
        for process in self._started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, end - time.monotonic()))
        self._kill_left()
        self._started.clear()

    def _kill_left(self) -> None:
        end = time.monotonic() + _KILLED_WITHIN_S
        while (left := self.family()) and time.monotonic() < end:
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=1)

    def _said(self) -> str:
        """Return the end of what the processes have printed."""
        texts = (
            (Path(self.place.folder) / f"output.{number}").read_text(errors="replace")
            for number in range(len(self._started))
        )
        return "\n".join(text[-_END_OF_OUTPUT:] for text in texts if text).strip()


@contextlib.contextmanager
def serving(setup: Setup, place: SubjectPlace) -> Iterator[RunningSubject]:
    """Serve during the block. Raise NotReady."""
    running = RunningSubject(setup, place)
    try:
        running.start()
        yield running
    finally:
        running.end()


def environment_of(place: SubjectPlace, setup: Setup) -> Mapping[str, str]:
    """Return the variables of a server's processes; a real variable wins over one of an env_file, as with `enuf up`."""
    path = [place.folder, place.app.ref.directory]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ENUF_")}
    return {
        **place.app.environment,
        **inherited,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **setup.environment,
    }


def status_at(port: int, path: str, host: str) -> int:
    """Return the status of one GET; 0 without an answer."""
    return _answer_at(port, path, host)[0]


def body_at(port: int, path: str, host: str) -> bytes:
    """Return the body of the answer to one GET; empty without an answer."""
    return _answer_at(port, path, host)[1]


def _answer_at(port: int, path: str, host: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWERED_WITHIN_S)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read()
    return 0, b""

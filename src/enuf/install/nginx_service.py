"""The nginx that the host runs by itself: tested, reloaded and watched."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from enuf.errors import NotReady
from enuf.inspect.log_tail import LogTail
from enuf.install.host_command import output_line, run_host_command
from enuf.install.nginx_refusal import read_fault, refused
from enuf.system.sites import installed_sites

COMMAND_WITHIN_S, RELOAD_WITHIN_S = 30, 20
POLL_EVERY_S = 0.01
_TRIES_AGAIN = "bind() to "
"""nginx tries to bind an address several times, and logs each failure, before it gives up."""


class NginxPaths(msgspec.Struct, frozen=True, kw_only=True):
    """The files of the host's nginx that tell of it."""

    conf: str = "/etc/nginx/nginx.conf"
    pid: str = "/run/nginx.pid"
    error_log: str = "/var/log/nginx/error.log"


class NginxService:
    """The running nginx of this host."""

    def __init__(self, program: str, files: NginxPaths) -> None:
        self._program = program
        self._files = files

    def test(self) -> str:
        """Run `nginx -t` and return what it prints.

        Raise NginxRefuses when nginx refuses its whole configuration.
        """
        return self._tested("-t")[1]

    def configuration(self) -> str:
        """Return all that nginx reads, as `nginx -T` prints it.

        Raise NginxRefuses when nginx refuses its whole configuration.
        """
        return self._tested("-T")[0]

    def _tested(self, option: str) -> tuple[str, str]:
        done = run_host_command([self._program, option], COMMAND_WITHIN_S)
        if done.returncode != 0:
            raise refused(done.stderr, installed_sites(), self._files.conf)
        return done.stdout, done.stderr

    def reload(self) -> None:
        """Make nginx work by its files as they are now, and wait for its old workers.

        A stopped nginx stays stopped.
        Raise NginxRefuses for a refused configuration, and NotReady when the old workers go on.
        """
        if not self.is_running():
            return
        self.test()
        self.reload_tested()

    def reload_tested(self) -> None:
        """Make a running nginx work by its files, which it has just been asked about, and wait for its old workers.

        Raise NotReady when the old workers go on.
        """
        before = self._workers()
        with contextlib.closing(LogTail(Path(self._files.error_log))) as log:
            done = run_host_command([self._program, "-s", "reload"], COMMAND_WITHIN_S)
            if done.returncode != 0:
                raise NotReady(f"nginx -s reload failed: {output_line(done)}")
            _wait_for_new_workers(before, log)

    def is_running(self) -> bool:
        """Return True while the main process exists."""
        return self.main_process() is not None

    def main_process(self) -> psutil.Process | None:
        """Return the main process; None while nginx does not run."""
        with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
            return psutil.Process(int(Path(self._files.pid).read_text()))
        return None

    def _workers(self) -> list[psutil.Process]:
        main = self.main_process()
        with contextlib.suppress(psutil.Error):
            return [each for each in main.children() if _accepts_requests(each)] if main else []
        return []


def _wait_for_new_workers(before: Sequence[psutil.Process], log: LogTail) -> None:
    """Wait until no worker with the older configuration accepts requests: old and new ones share the sockets.

    Raise NotReady when nginx logs that it keeps the older configuration, or after RELOAD_WITHIN_S seconds.
    """
    deadline = time.monotonic() + RELOAD_WITHIN_S
    logged: list[str] = []
    while any(map(_accepts_requests, before)):
        logged += _errors(log)
        is_final = any(_TRIES_AGAIN not in line for line in logged)
        if is_final or time.monotonic() > deadline:
            raise _not_taken(logged)
        time.sleep(POLL_EVERY_S)


def _errors(log: LogTail) -> Iterator[str]:
    return (line for line in log.read() if "[emerg]" in line)


def _not_taken(logged: Sequence[str]) -> NotReady:
    if not logged:
        return NotReady(
            "nginx does not take its new configuration: its old workers go on",
            "nginx's error log says what is in the way",
        )
    reason = read_fault(logged[0]).text
    return NotReady(
        f"nginx does not take its new configuration, and works by the older one: {reason}",
        "remove the cause, and try again",
        detail="\n".join(dict.fromkeys(logged)),
    )


def _accepts_requests(worker: psutil.Process) -> bool:
    """Return False for a worker that has exited, or whose title says that it shuts down.

    nginx sets that title before it closes its sockets.
    """
    try:
        title = " ".join(worker.cmdline())
    except psutil.Error:
        return False
    return "worker process" in title and "shutting down" not in title

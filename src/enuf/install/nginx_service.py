"""The nginx that the host runs by itself: tested, reloaded and watched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from enuf.errors import NotReady, NotRunning
from enuf.install.host_command import output_line, run_host_command
from enuf.model.service_commands import ServiceCommands

COMMAND_WITHIN_S, RELOAD_WITHIN_S = 30, 20
POLL_EVERY_S = 0.01


class NginxService:
    """The running nginx of this host."""

    def __init__(self, program: str, pid_file: str, commands: ServiceCommands) -> None:
        self._program = program
        self._commands = commands
        self._pid_file = Path(pid_file)

    def test(self) -> str:
        """Run `nginx -t` and return what it prints.

        Raise NotReady when nginx refuses its whole configuration.
        """
        done = run_host_command([self._program, "-t"], COMMAND_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(
                f"nginx refuses its configuration: {_first_error(done)}",
                "see: nginx -t",
                detail=done.stderr.strip(),
            )
        return done.stderr

    def reload(self) -> None:
        """Make nginx work by its files as they are now, and wait for its old workers.

        A stopped nginx stays stopped.
        Raise NotReady when the configuration is refused or the old workers go on.
        """
        if not self.is_running():
            return
        self.test()
        before = self._workers()
        done = run_host_command([self._program, "-s", "reload"], COMMAND_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(f"nginx -s reload failed: {output_line(done)}")
        _wait_for_new_workers(before)

    def is_running(self) -> bool:
        """Return True while the main process exists."""
        try:
            os.kill(int(self._pid_file.read_text()), 0)
        except (OSError, ValueError, OverflowError):
            return False
        return True

    def refuse_unusable(self) -> None:
        """Raise NotReady when the configuration is broken already, and NotRunning when nginx does not run."""
        self.test()
        if not self.is_running():
            raise NotRunning(
                "the host's nginx does not run",
                f"sudo {self._commands.control('start', 'nginx')}",
                slug="nginx-not-running",
            )

    def _workers(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
            main = psutil.Process(int(self._pid_file.read_text()))
            return [each for each in main.children() if _accepts_requests(each)]
        return []


def _wait_for_new_workers(before: Sequence[psutil.Process]) -> None:
    """Wait until no worker with the older configuration accepts requests: old and new ones share the sockets.

    Raise NotReady when one still does after RELOAD_WITHIN_S seconds.
    """
    deadline = time.monotonic() + RELOAD_WITHIN_S
    while any(map(_accepts_requests, before)):
        if time.monotonic() > deadline:
            raise NotReady(
                "nginx does not take its new configuration", "nginx's error log says what is in the way"
            )
        time.sleep(POLL_EVERY_S)


def _accepts_requests(worker: psutil.Process) -> bool:
    """Return False for a worker that has exited, or whose title says that it shuts down.

    nginx sets that title before it closes its sockets.
    """
    try:
        title = " ".join(worker.cmdline())
    except psutil.Error:
        return False
    return "worker process" in title and "shutting down" not in title


def _first_error(done: subprocess.CompletedProcess[str]) -> str:
    line = next((line for line in done.stderr.splitlines() if "[emerg]" in line), done.stderr.strip())
    return line.partition("[emerg] ")[2] or line

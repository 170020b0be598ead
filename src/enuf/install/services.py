"""The servers of the host: its systemd and its nginx, asked and ordered by their own commands."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from enuf.errors import EnufError, NotReady, ToolUnusable
from enuf.install.transaction import Order
from enuf.system.subprocesses import answer_of

ASK_WITHIN_S, ORDER_WITHIN_S, RELOAD_WITHIN_S = 30, 3600, 20
LOOK_EVERY_S = 0.01
LOG_LINES = 30


class StillHost:
    """A tree of files that no server runs from: an image. Nobody is ordered anything."""

    runs = False

    def order(self, verb: Order, unit: str) -> None:
        """Nobody is there to obey."""

    def reread(self, who: str) -> None:
        """Nobody is there to read."""

    def refuse_broken_nginx(self) -> str:
        """Nothing can be asked."""
        return ""

    def is_active(self, unit: str) -> bool:
        """Nothing runs."""
        return False


class LiveHost:
    """The host that this process runs on."""

    runs = True

    def __init__(self, nginx: str, pid_file: str) -> None:
        self._nginx = nginx
        self._pid_file = Path(pid_file)

    def order(self, verb: Order, unit: str) -> None:
        """The service has done it. Raises NotReady with the end of its journal."""
        if verb == "stop" and not self._is_loaded(unit):
            return
        done = _answer(["systemctl", verb, unit], ORDER_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(_why(verb, unit, done), f"journalctl -u {unit}", detail=self._journal(unit))
        if verb == "stop":
            _answer(["systemctl", "reset-failed", unit], ASK_WITHIN_S)

    def reread(self, who: str) -> None:
        """Systemd or nginx works by its files as they are now. Raises NotReady."""
        if who == "systemd":
            done = _answer(["systemctl", "daemon-reload"], ASK_WITHIN_S)
            if done.returncode != 0:
                raise NotReady(f"systemctl daemon-reload failed: {_words(done)}")
            return
        if not self.nginx_runs():
            return
        self.refuse_broken_nginx()
        before = self._nginx_workers()
        done = _answer([self._nginx, "-s", "reload"], ASK_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(f"nginx -s reload failed: {_words(done)}")
        _wait_for_new_workers(before)

    def refuse_broken_nginx(self) -> str:
        """What nginx says of its whole configuration. Raises NotReady when it refuses that."""
        done = _answer([self._nginx, "-t"], ASK_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(
                f"nginx refuses its configuration: {_first_error(done)}",
                "see: nginx -t",
                detail=done.stderr.strip(),
            )
        return done.stderr

    def _nginx_workers(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
            main = psutil.Process(int(self._pid_file.read_text()))
            return [each for each in main.children() if _takes_requests(each)]
        return []

    def nginx_runs(self) -> bool:
        """True while its main process is there."""
        try:
            os.kill(int(self._pid_file.read_text()), 0)
        except (OSError, ValueError, OverflowError):
            return False
        return True

    def is_active(self, unit: str) -> bool:
        """True while the service runs."""
        return _answer(["systemctl", "is-active", "--quiet", unit], ASK_WITHIN_S).returncode == 0

    @staticmethod
    def _is_loaded(unit: str) -> bool:
        done = _answer(["systemctl", "show", "--property=LoadState", "--value", unit], ASK_WITHIN_S)
        return done.stdout.strip() not in ("not-found", "")

    @staticmethod
    def _journal(unit: str) -> str:
        words = ["journalctl", "--no-pager", "--output=cat", f"--lines={LOG_LINES}", f"--unit={unit}"]
        try:
            return _answer(words, ASK_WITHIN_S).stdout.strip()
        except EnufError:
            return ""


def _wait_for_new_workers(before: Sequence[psutil.Process]) -> None:
    """No worker that goes by older files takes a request any more: all of them listen at the same sockets."""
    deadline = time.monotonic() + RELOAD_WITHIN_S
    while any(map(_takes_requests, before)):
        if time.monotonic() > deadline:
            raise NotReady(
                "nginx does not take its new configuration", "nginx's error log says what is in the way"
            )
        time.sleep(LOOK_EVERY_S)


def _takes_requests(worker: psutil.Process) -> bool:
    """False once it has gone, or says in its title that it is about to: nginx writes that before it closes its sockets."""
    try:
        title = " ".join(worker.cmdline())
    except psutil.Error:
        return False
    return "worker process" in title and "shutting down" not in title


def refuse_without_systemd() -> None:
    """Raise ToolUnusable where systemd does not run the services of this machine (sd_booted(3))."""
    if not Path("/run/systemd/system").is_dir():
        raise ToolUnusable(
            "systemd does not run the services of this machine, as in most containers",
            "`enuf up -d` serves without it; `enuf install --root DIR` writes the files into the tree of an image",
            slug="no-systemd",
        )


def _answer(argv: Sequence[str], within_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return answer_of(argv, within_s=within_s)
    except OSError as error:
        raise ToolUnusable(
            f"{argv[0]} cannot be run: {error}", "this host needs it for enuf install"
        ) from None


def _words(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stderr or done.stdout).split()) or f"exit {done.returncode}"


def _first_error(done: subprocess.CompletedProcess[str]) -> str:
    line = next((line for line in done.stderr.splitlines() if "[emerg]" in line), done.stderr.strip())
    return line.partition("[emerg] ")[2] or line


def _why(verb: str, unit: str, done: subprocess.CompletedProcess[str]) -> str:
    first = (done.stderr or done.stdout).strip().partition("\n")[0]
    return f"{unit} does not {verb}: {first}"

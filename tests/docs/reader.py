"""A reader of the documents: somebody with a home folder, in a world with its own ports and processes.

So the pages' fixed ports are always free, `pgrep uwsgi` finds the reader's alone, and nothing can be left behind.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from tests.docs.page import Block, Step, read_page
from tests.docs.shell import PATIENCE_S, Shell
from tests.support.mounts import skip_unless_it_runs
from tests.support.open_python import as_number
from tests.support.stack import has_ended, until

HOME = "/home/me"
CHECKOUT = "/path/to/the/checkout"
# The first process of the reader's world: brings the loopback interface up and stays until its input is closed.
HOLD = """
import fcntl, signal, socket, struct, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))
print("up", flush=True)
sys.stdin.read()
"""

SIGNALS_UWSGI = re.compile(r"uwsgi --(reload|stop)\b")
CATCHES_HUP = re.compile(r"^SigCgt:.*[13579bdf]$", re.MULTILINE)
LOGS = ("toy/run/*.log", "*/.enuf/log/*.log")


@dataclass
class Reader:
    """Does what a page says."""

    home: Path
    start: Path
    """Where the terminals begin."""
    wheel: Path
    """What is installed instead of the checkout; the checkout's examples lie beside it."""
    env: dict[str, str]
    enter: tuple[str, ...]
    holder: int
    """Keeps the reader's world alive, and is nobody's leftover."""
    may_leave_out: bool
    """A page may show a command without what it prints."""
    terminals: dict[int, Shell] = field(default_factory=dict)

    def follow(self, page: Path) -> None:
        """Do what the page says; fails at the first line that prints something else than the page shows."""
        try:
            for block in read_page(page):
                if block.file:
                    self._save(block)
                if block.is_console and block.not_run is None:
                    for step in block.steps:
                        place = f"{page.parent.parent.name}/{page.name}:{step.line}"
                        if SIGNALS_UWSGI.match(step.typed):
                            self._until_uwsgi_takes_signals()
                        self._terminal(block.terminal).do(self._as_here(step), place)
        except AssertionError as error:
            error.add_note(self._ends_of_logs())
            raise
        finally:
            self.leave()

    def _until_uwsgi_takes_signals(self) -> None:
        """Wait as long as uWSGI ignores signals: from its start until it has forked its workers, which may answer before.

        Its workers ignore them for another moment. A person types later than that, a test does not: the signal would be lost.
        """
        until(lambda: all(map(_catches_hup, self.processes())), what="uWSGI's handlers of signals")

    def _ends_of_logs(self) -> str:
        """Return the last lines of each log in the home folder."""
        logs = sorted(path for pattern in LOGS for path in self.home.glob(pattern))
        ends = (
            f"{path}:\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:]) for path in logs
        )
        return "\n\n".join(ends)

    def types(self, line: str) -> str:
        """What this line prints, typed in a terminal of its own."""
        shell = self._open()
        try:
            return shell.do(Step(0, line, ["…"])).replace("\r\n", "\n")
        finally:
            shell.close()

    def _save(self, block: Block) -> None:
        path = self.home / "toy" / block.file
        path.write_text("\n".join(block.text) + "\n", encoding="utf-8")
        owner = self.home.stat()
        os.chown(path, owner.st_uid, owner.st_gid)

    def _as_here(self, step: Step) -> Step:
        """With the places of this machine instead of those that the page names."""
        typed = step.typed.replace(f"{CHECKOUT}/", f"{self.wheel.parent}/").replace(CHECKOUT, str(self.wheel))
        printed = [line.replace(HOME, str(self.home)) for line in step.printed]
        return replace(step, typed=typed, printed=printed)

    def _terminal(self, number: int) -> Shell:
        if number not in self.terminals:
            self.terminals[number] = self._open()
        return self.terminals[number]

    def _open(self) -> Shell:
        return Shell(self.enter, self.start, self.env, may_leave_out=self.may_leave_out)

    def leave(self) -> None:
        """Close the terminals, as with the window's cross."""
        for shell in self.terminals.values():
            shell.close()
        self.terminals.clear()

    def processes(self) -> list[int]:
        """Everything alive in this reader's world."""
        ours = _world(self.holder)
        return [
            pid for pid in psutil.pids() if pid != self.holder and _world(pid) == ours and not has_ended(pid)
        ]

    def left_behind(self) -> list[str]:
        """What still runs although the page is over."""
        with contextlib.suppress(AssertionError):
            until(lambda: not self.processes(), timeout=PATIENCE_S)
        left = []
        for pid in self.processes():
            with contextlib.suppress(OSError):  # it ends just now
                left.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
        return left


def _catches_hup(pid: int) -> bool:
    """Return True for a process that has a handler of SIGHUP, and for what is no uWSGI or has ended."""
    try:
        if b"uwsgi" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return True
        return CATCHES_HUP.search(Path(f"/proc/{pid}/status").read_text()) is not None
    except OSError:
        return True


def _world(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


@contextlib.contextmanager
def reader_in(
    home: Path, start: Path, *, wheel: Path, env: dict[str, str], uid: int | None, may_leave_out: bool
) -> Iterator[Reader]:
    """A reader with this home in a world of his own, which ends with whatever is in it."""
    is_root = os.geteuid() == 0
    as_root = () if is_root else ("--map-root-user",)
    world = ("unshare", *as_root, "--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child")
    skip_unless_it_runs(*world)
    hold = subprocess.Popen(
        [*world, sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert hold.stdin and hold.stdout
    with hold:
        assert hold.stdout.readline() == "up\n"
        holder = psutil.Process(hold.pid).children()[0].pid
        enter: tuple[str, ...] = ("nsenter", "-t", str(holder), "--net", "--pid", "--mount", f"--wd={start}")
        if not is_root:
            ids = (f"--map-user={os.getuid()}", f"--map-group={os.getgid()}")
            enter += ("--user", "--preserve-credentials", "unshare", "--user", *ids)
        elif uid is not None:
            enter += as_number(uid)
        yield Reader(home, start, wheel, env, enter, holder, may_leave_out)
        hold.stdin.close()

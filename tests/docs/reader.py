"""A reader of the documents: terminals in a world of their own, with its own ports and processes.

So the pages' fixed ports are always free, `pgrep uwsgi` finds the reader's alone, and nothing can be left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.docs.matching import shows
from tests.docs.page import INTERRUPT, WATCH, Block, Step, read_page
from tests.support.open_python import as_number
from tests.support.stack import until
from tests.support.terminal import CTRL_C, Terminal

PROMPT = "<prompt $?>"
AT_PROMPT = re.compile(r"<prompt (\d+)>$")
PATIENCE_S = 40
PRESS_AGAIN_S = 10
"""A uWSGI worker that was only just forked may miss a Ctrl-C: a person presses again."""
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


@dataclass
class Reader:
    """Somebody with a home folder who types what a page says."""

    home: Path
    start: Path
    """Where the terminals begin."""
    wheel: Path
    """What stands for the checkout of the pages."""
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
                if block.file or (block.is_console and block.not_run is None):
                    self._do(block, page)
        finally:
            self.leave()

    def _do(self, block: Block, page: Path) -> None:
        if block.file:
            path = self.home / "toy" / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.text) + "\n", encoding="utf-8")
            os.chown(path, *_owner(self.home))
        for step in block.steps:
            self._shell(block.terminal).do(step, f"{page.parent.parent.name}/{page.name}:{step.line}")

    def _shell(self, number: int) -> Shell:
        if number not in self.terminals:
            self.terminals[number] = Shell(self)
        return self.terminals[number]

    def types(self, line: str) -> str:
        """What this line prints."""
        shell = Shell(self)
        try:
            return shell.do(Step(0, line, ["…"]), "").replace("\r\n", "\n")
        finally:
            shell.close()

    def leave(self) -> None:
        """Close the terminals, as with the window's cross."""
        for shell in self.terminals.values():
            shell.close()
        self.terminals.clear()

    def processes(self) -> list[psutil.Process]:
        """Everything alive in this reader's world."""
        ours = _world(self.holder)
        return [one for one in psutil.process_iter() if one.pid != self.holder and _world(one.pid) == ours]

    def left_behind(self) -> list[str]:
        """What still runs although the page is over; ended here, so that only its own page fails for it."""
        with contextlib.suppress(AssertionError):
            until(lambda: not self.processes(), timeout=5)
        left = self.processes()
        words = [" ".join(process.cmdline()) for process in left]
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        return words


class Shell:
    """One terminal of the reader's, with a bash in it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        os.fchown(slave, *_owner(reader.home))
        process = subprocess.Popen(
            ["setsid", "--ctty", *reader.enter, "bash", "--norc", "--noprofile", "--noediting", "-i"],
            cwd=reader.start, env=reader.env, stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        self._terminal = Terminal(process, master)
        self._seen = 0
        self._wait_for_prompt()

    def do(self, step: Step, place: str) -> str:
        """Type the line and compare what is printed with what the page shows."""
        is_interrupt = step.typed == INTERRUPT
        if is_interrupt:
            self._terminal.press(CTRL_C)
        elif step.typed != WATCH:
            typed = step.typed.replace(CHECKOUT, str(self._reader.wheel))
            self._terminal.press(f"{typed}\n".encode())
        status, printed = self._wait(step)
        told = f"{place}: `{step.typed}`"
        if step.stays:
            assert status is None, f"{told} has ended; it printed:\n{printed}"
        else:
            assert status is not None, f"{told} does not end; it printed:\n{printed}"
            assert status == 0 or step.printed or is_interrupt, (
                f"{told} ends with {status}; it printed:\n{printed}"
            )
        if step.printed or not (is_interrupt or self._reader.may_leave_out):
            assert shows(step.printed, printed, whole=not step.stays), (
                f"{told} should print\n" + "\n".join(step.printed) + f"\n\nbut printed\n{printed}"
            )
        return printed

    def _wait(self, step: Step) -> tuple[int | None, str]:
        """Until it has ended, or shows what something that stays should show: its exit code and what it printed."""
        deadline = time.monotonic() + PATIENCE_S
        again = time.monotonic() + PRESS_AGAIN_S
        status, printed = self._printed()
        while status is None and time.monotonic() < deadline:
            if step.stays and shows(step.printed, printed, whole=False):
                break
            if step.typed == INTERRUPT and time.monotonic() > again:
                self._terminal.press(CTRL_C)
                again = deadline
            time.sleep(0.01)
            status, printed = self._printed()
        self._seen = len(self._terminal.raw)
        return status, printed

    def _printed(self) -> tuple[int | None, str]:
        """The exit code, if there is a prompt again, and what was printed since the last one."""
        self._terminal.read()
        text = (
            self._terminal.raw[self._seen :]
            .decode(errors="replace")
            .replace(str(self._reader.home), "/home/me")
        )
        found = AT_PROMPT.search(text)
        return (int(found[1]), text[: found.start()]) if found else (None, text)

    def _wait_for_prompt(self) -> None:
        until(lambda: self._printed()[0] is not None, timeout=PATIENCE_S, what="a prompt")
        self._seen = len(self._terminal.raw)

    def close(self) -> None:
        """Interrupt what runs in the foreground, and leave."""
        for keys in (CTRL_C, b"exit\n"):
            if self._terminal.process.poll() is None:
                self._terminal.press(keys)
                with contextlib.suppress(AssertionError):
                    until(self._is_idle, timeout=10)
        self._terminal.close()

    def _is_idle(self) -> bool:
        return self._printed()[0] is not None or self._terminal.process.poll() is not None


def _world(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


@contextlib.contextmanager
def reader_in(
    home: Path, start: Path, *, wheel: Path, env: dict[str, str], uid: int | None, may_leave_out: bool
) -> Iterator[Reader]:
    """A reader with this home in a world of his own; at the end both are gone."""
    is_root = os.geteuid() == 0
    own = ("--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child")
    hold = subprocess.Popen(
        ["unshare", *(() if is_root else ("--map-root-user",)), *own, sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert hold.stdin and hold.stdout
    with hold:
        assert hold.stdout.readline() == "up\n", "no world of its own: are user namespaces switched off?"
        holder = psutil.Process(hold.pid).children()[0].pid
        enter: tuple[str, ...] = ("nsenter", "-t", str(holder), "--net", "--pid", "--mount", f"--wd={start}")
        if not is_root:
            ids = (f"--map-user={os.getuid()}", f"--map-group={os.getgid()}")
            enter += ("--user", "--preserve-credentials", "unshare", "--user", *ids)
        elif uid is not None:
            enter += as_number(uid)
        yield Reader(home, start, wheel, env, enter, holder, may_leave_out)
        hold.stdin.close()

"""A terminal with a bash in it, and whether it prints what a page shows."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from pathlib import Path

from tests.docs.matching import shows
from tests.docs.page import INTERRUPT, WATCH, Step

PROMPT = "<prompt $?>"
AT_PROMPT = re.compile(r"<prompt (\d+)>$")
CTRL_C, END = b"\x03", b"exit\n"
PATIENCE_S = 100
"""A uWSGI worker that was only just forked may miss the signal to stop: its master ends it after 60 seconds."""
PRESS_AGAIN_S = 10
"""A uWSGI worker that was only just forked may miss a Ctrl-C: a person presses again."""


class Shell:
    """One terminal, 200 columns wide, in which lines are typed."""

    def __init__(
        self, enter: tuple[str, ...], start: Path, env: Mapping[str, str], *, may_leave_out: bool
    ) -> None:
        """`enter` are the words in front of a command that bring it where the terminal is."""
        self._may_leave_out = may_leave_out
        """A page may show a command without what it prints."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        owner = start.stat()
        os.fchown(slave, owner.st_uid, owner.st_gid)
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *enter, "bash", "--norc", "--noprofile", "--noediting", "-i"],
            cwd=start, env=dict(env), stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        self._printed = b""
        assert self._wait(Step(0, ""))[0] == 0, self._printed

    def do(self, step: Step, place: str = "") -> str:
        """Type the line and compare what is printed with what the page shows; what was printed is returned."""
        if step.typed == INTERRUPT:
            os.write(self._master, CTRL_C)
        elif step.typed != WATCH:
            os.write(self._master, f"{step.typed}\n".encode())
        status, printed = self._wait(step)
        self._check(step, status, printed, f"{place}: `{step.typed}`")
        return printed

    def _check(self, step: Step, status: int | None, printed: str, told: str) -> None:
        may_fail = step.printed or step.typed == INTERRUPT
        if step.stays:
            assert status is None, f"{told} has ended; it printed:\n{printed}"
        else:
            assert status is not None, f"{told} does not end; it printed:\n{printed}"
            assert status == 0 or may_fail, f"{told} ends with {status}; it printed:\n{printed}"
        if step.printed or not (step.typed == INTERRUPT or self._may_leave_out):
            shown = "\n".join(step.printed)
            assert shows(step.printed, printed, whole=not step.stays), (
                f"{told} should print\n{shown}\n\nbut printed\n{printed}"
            )

    def _wait(self, step: Step) -> tuple[int | None, str]:
        """Until it has ended, or shows what something that stays should show: its exit code and what it printed."""
        began = time.monotonic()
        again = began + PRESS_AGAIN_S
        while (now := time.monotonic()) < began + PATIENCE_S:
            printed = self._printed.decode(errors="replace")
            if ended := AT_PROMPT.search(printed):
                self._printed = b""
                return int(ended[1]), printed[: ended.start()]
            if step.stays and shows(step.printed, printed, whole=False):
                break
            if step.typed == INTERRUPT and now > again:
                os.write(self._master, CTRL_C)
                again = began + PATIENCE_S
            self._read()
        printed, self._printed = self._printed.decode(errors="replace"), b""
        return None, printed

    def _read(self) -> None:
        """What comes within a tenth of a second."""
        if select.select([self._master], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):
                self._printed += os.read(self._master, 65536)

    def close(self) -> None:
        """Interrupt what runs in the foreground, and leave."""
        for keys in (CTRL_C, END):
            deadline = time.monotonic() + PRESS_AGAIN_S
            self._printed = b""
            with contextlib.suppress(OSError):
                os.write(self._master, keys)
            while self._process.poll() is None and time.monotonic() < deadline:
                self._read()
                if AT_PROMPT.search(self._printed.decode(errors="replace")):
                    break
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(60)
        os.close(self._master)

"""A command at a terminal of its own: 80 columns, keys that can be pressed, and the text of the screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Iterator
from typing import Any

from tests.support.stack import Stack, until

CTRL_C = b"\x03"


class Terminal:
    """The output of a command so far, and its keyboard."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master
        self.raw = b""

    def read(self) -> str:
        """Return everything that the command has written."""
        with contextlib.suppress(OSError):
            while select.select([self._master], [], [], 0.02)[0]:
                chunk = os.read(self._master, 65536)
                if not chunk:
                    break
                self.raw += chunk
        return self.raw.decode(errors="replace")

    def shows(self, text: str, *, timeout: float = 60) -> None:
        """Wait until the command has written this text."""
        until(
            lambda: text in self.read(),
            timeout=timeout,
            what=f"{text!r} on the terminal, which shows {self.raw!r}",
        )

    def press(self, keys: bytes) -> None:
        """Send these keys to the command."""
        os.write(self._master, keys)

    def ends(self, *, timeout: float = 60) -> int:
        """Wait for the end of the command and return its exit status."""
        until(
            lambda: self.read() is not None and self.process.poll() is not None,
            timeout=timeout,
            what="it ends",
        )
        return int(self.process.returncode)

    def hang_up(self) -> None:
        """Hang the terminal up, as closing its window does."""
        os.close(self._master)
        self._master = -1

    @property
    def lines(self) -> list[str]:
        """Return the lines of the screen without colours; a rewritten line has its last text."""
        import re

        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.read())
        return [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]

    def close(self) -> None:
        """Kill the command if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            self.process.kill()
        self.process.wait(60)
        if self._master >= 0:
            os.close(self._master)


@contextlib.contextmanager
def at_terminal(stack: Stack, *words: str, columns: int = 80, **options: Any) -> Iterator[Terminal]:
    """Run `enuf` with these words during the block, as the leader of a session with a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    environment = {
        name: value for name, value in stack.env.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    process = subprocess.Popen(
        [*stack.enuf, *words], cwd=stack.project, env={**environment, "TERM": "xterm", **options.pop("env", {})},
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True, preexec_fn=take_terminal, **options,  # noqa: PLW1509
    )  # fmt: skip
    os.close(slave)
    terminal = Terminal(process, master)
    try:
        yield terminal
    finally:
        terminal.close()

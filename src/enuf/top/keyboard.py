"""Single keys of the terminal on stdin."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Iterator

SEQUENCE_WITHIN_S = 0.05
"""The rest of a key of several bytes follows so soon, also over a slow line."""
_KEY = re.compile(r"\x1b(?:\[[0-9;]{0,8}[A-Za-z~]|O[A-Z])|.", re.DOTALL)
_NAMES = {
    "\x1b": "escape", "\x03": "ctrl-c",
    "\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down",
    "\x1b[5~": "pgup", "\x1b[6~": "pgdn",
    "\x1b[H": "home", "\x1bOH": "home", "\x1b[1~": "home", "\x1b[F": "end", "\x1bOF": "end", "\x1b[4~": "end",
}  # fmt: skip


def named_keys(typed: str) -> list[str]:
    """Return the keys in what a terminal sent: `q`, `up`, `escape`; other keys by what they send."""
    return [_NAMES.get(sent, sent) for sent in _KEY.findall(typed)]


class Keyboard:
    """The keys of a terminal; without a terminal, no key is ever pressed."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def wait(self, within_s: float) -> list[str]:
        """Wait for keys, at most so long, and return them: `closed` when the terminal is gone."""
        if self._descriptor is None:
            time.sleep(max(0.0, within_s))
            return []
        if not _ready(self._descriptor, within_s):
            return []
        typed = os.read(self._descriptor, 64)
        if typed.endswith(b"\x1b") and _ready(self._descriptor, SEQUENCE_WITHIN_S):
            typed += os.read(self._descriptor, 64)
        return named_keys(typed.decode("utf-8", "replace")) if typed else ["closed"]


def _ready(descriptor: int, within_s: float) -> bool:
    return bool(select.select([descriptor], [], [], max(0.0, within_s))[0])


@contextlib.contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Read keys as they are pressed during the block, without showing them."""
    if not sys.stdin.isatty():
        yield Keyboard(None)
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keyboard(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

"""The run of a program as another user, on a terminal of its own, never ours."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

from enuf.system.switch_user import become
from enuf.system.user import User

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
_CHUNK_BYTES = 65536
CANNOT_RUN = 126


def run_as(user: User, argv: Sequence[str]) -> int:
    """Run the program as that user and return its exit code.

    A signal that ended it counts as 128 and its number.
    Where our output is a terminal, the program gets a new one and its text is copied, as `sudo` does with `use_pty`;
    elsewhere it gets our files and pipes. It is in a session of its own, with the environment that fits the user.
    """
    on_terminal = os.isatty(1)
    pid, terminal = pty.fork() if on_terminal else (os.fork(), -1)
    if pid == 0:
        _become_and_execute(user, argv, has_session=on_terminal)
    with _forwarding(pid):
        if on_terminal:
            with contextlib.closing(os.fdopen(terminal, "rb", buffering=0)):
                _copy(terminal)
        return _exit_code(os.waitpid(pid, 0)[1])


def _become_and_execute(user: User, argv: Sequence[str], *, has_session: bool) -> NoReturn:
    try:
        if not has_session:
            os.setsid()
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
        become(user)
        os.execv(argv[0], list(argv))  # noqa: S606 - a list of arguments, no shell
    except OSError as error:
        os.write(2, f"error: {argv[0]} cannot be run as {user.name}: {error.strerror}\n".encode())
    finally:
        os._exit(CANNOT_RUN)


@contextlib.contextmanager
def _forwarding(pid: int) -> Iterator[None]:
    """Pass on the signals that we get, as long as the block runs."""

    def forward(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _copy(terminal: int) -> None:
    """Copy between our terminal and the program's until the program closes its own.

    Our keys are copied as they are.
    """
    _copy_size(terminal)
    signal.signal(signal.SIGWINCH, lambda *_: _copy_size(terminal))
    sources = [terminal, 0] if os.isatty(0) else [terminal]
    with _raw_keys():
        while True:
            ready, _, _ = select.select(sources, [], [])
            if terminal in ready and not _passed_on(terminal, 1):
                return
            if 0 in ready and not _passed_on(0, terminal):
                sources.remove(0)


def _passed_on(source: int, target: int) -> bool:
    """Copy what is there; return False at the end."""
    try:
        data = os.read(source, _CHUNK_BYTES)
    except OSError:  # EIO: the program has closed its terminal
        data = b""
    left = data
    while left:
        left = left[os.write(target, left) :]
    return bool(data)


def _copy_size(terminal: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, fcntl.ioctl(1, termios.TIOCGWINSZ, b"\0" * 8))


@contextlib.contextmanager
def _raw_keys() -> Iterator[None]:
    if not os.isatty(0):
        yield
        return
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, before)
        sys.stdout.flush()


def _exit_code(status: int) -> int:
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)

"""Processes: their start in a session of their own, their identity, and their end in words."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from enuf.model.signals import signal_name
from enuf.system.switch_user import refuse_while_acting

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def become_subreaper() -> None:
    """Adopt the orphans of our children as our children (Linux), so that none can outlive the stack (F98)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask the kernel, in a fresh child, for this signal when the parent's thread ends (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)


def start(
    argv: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    log: int,
    lend: Sequence[int] = (),
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, with empty stdin and its output to the descriptor `log`.

    Return the process.

    On Linux it gets `death_signal` when the thread that started it ends, however that ends (F97): call it
    from the main thread. Raise OSError when the program cannot be executed.
    """
    refuse_while_acting()
    parent = os.getpid()

    def before_exec() -> None:
        die_with_parent(parent, death_signal)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])

    return subprocess.Popen(
        list(argv),
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=tuple(lend),
        start_new_session=True,
        preexec_fn=before_exec,  # noqa: PLW1509 - single-threaded by design, and nothing is allocated
    )


def start_mark(pid: int) -> str | None:
    """Return a text that distinguishes the process from a later one with its pid.

    None without such a process.
    On Linux the kernel's start time in ticks since boot, which no clock change moves.
    """
    if _LIBC is not None:
        try:
            raw = Path(f"/proc/{pid}/stat").read_bytes()  # not text: a process may give itself any name
        except OSError:
            return None
        fields = raw.rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")
    try:
        return str(psutil.Process(pid).create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None


def name_of(pid: int) -> str:
    """Return the name of the program that the process runs; `?` when it has gone."""
    with contextlib.suppress(psutil.Error, OSError, ValueError):
        return psutil.Process(pid).name()
    return "?"


def members(session: int) -> list[int]:
    """Return the pids of the living processes of a session."""
    pids = []
    with contextlib.suppress(OSError):  # no descriptor is left to look with
        for pid in psutil.pids():
            with contextlib.suppress(OSError):
                if os.getsid(pid) == session and start_mark(pid) is not None:
                    pids.append(pid)
    return pids


def describe_exit(status: int) -> str:
    """Return a wait status in words: `exited with status 22`, `was killed by SIGKILL`.

    A real-time signal is named by its number: `was killed by signal 40`.
    """
    if os.WIFSIGNALED(status):
        return f"was killed by {signal_name(os.WTERMSIG(status))}"
    return f"exited with status {os.WEXITSTATUS(status)}"


def is_suspended(pid: int) -> bool:
    """Return True while the process is stopped by a signal (Ctrl-Z) or by a debugger."""
    with contextlib.suppress(psutil.Error, OSError, ValueError, OverflowError):
        return psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    return False


def has_terminal() -> bool:
    """Return True while this process has a controlling terminal that is still open."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True

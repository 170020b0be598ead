"""The start of the processes that send requests or hold connections."""

from __future__ import annotations

import subprocess
import sys


def started(module: str) -> subprocess.Popen[bytes]:
    """Start a module as a process that takes its specification on stdin and answers on stdout."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the terminal is for the command alone
    )

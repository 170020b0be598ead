"""Programs of the host that an install runs: systemctl, journalctl, nginx."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from enuf.errors import ToolUnusable
from enuf.system.subprocesses import answer_of


def run_host_command(argv: Sequence[str], within_s: float) -> subprocess.CompletedProcess[str]:
    """Run a program of the host and return its exit status and output.

    Raise ToolUnusable when it cannot be run.
    """
    try:
        return answer_of(argv, within_s=within_s)
    except OSError as error:
        raise ToolUnusable(
            f"{argv[0]} cannot be run: {error}", "this host needs it for enuf install"
        ) from None


def output_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return a command's error output, else its output, else its exit status, as one line."""
    return " ".join((done.stderr or done.stdout).split()) or f"exit {done.returncode}"

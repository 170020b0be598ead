"""Short runs of other programs whose output is an answer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from enuf.system.switch_user import refuse_while_acting


def answer_of(
    argv: Sequence[str],
    *,
    within_s: float,
    directory: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program and return its output and exit status.

    Raise OSError when it cannot be run, TimeoutError when it takes too long.
    """
    refuse_while_acting()
    try:
        return subprocess.run(
            list(argv),
            cwd=directory,
            env=None if environ is None else dict(environ),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within_s,
            check=False,
            stdin=subprocess.DEVNULL,
            # Without a terminal: the program may belong to another user than the one at our terminal.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"no answer within {within_s:g} s") from None

"""Other programs that are asked something and answer at once."""

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
    """What the program said, and how it ended. Raises OSError when it cannot be run, TimeoutError when it does not answer."""
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
            # Without a terminal: what answers may belong to another user than the one who sits at ours.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"no answer within {within_s:g} s") from None

"""Commands of the tests, each with a bound and its whole output in the failure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

COMMAND_S = 300
NONE: Mapping[str, str] = {}


class Refused(AssertionError):
    """A command that has ended with another status than 0."""


def answer(*words: str | Path, cwd: Path | None = None, variables: Mapping[str, str] = NONE) -> str:
    """Run a command with these variables beside those of the tests, and return what it prints.

    Raise Refused with its output where it fails.
    """
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    if done.returncode != 0:
        raise Refused(
            f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        )
    return done.stdout.strip()

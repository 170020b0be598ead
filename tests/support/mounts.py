"""Mounts and namespaces that end with the test; a test that may not have one is skipped with the kernel's message."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def tmpfs(place: Path, size: str) -> Iterator[None]:
    """Mount an empty file system of this size on a folder during the block. Needs root."""
    with _mounted(place, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only during the block, also for root. Needs root."""
    with _mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True, timeout=60)
        yield


@contextlib.contextmanager
def _mounted(place: Path, *words: str) -> Iterator[None]:
    mount = ("mount", *words, str(place))
    if reason := why_not(*mount):
        pytest.skip(f"root may not mount here: {reason}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=60)


def skip_unless_it_runs(*unshare: str) -> None:
    """Skip the test where these words cannot run another command, as `unshare --mount` may not."""
    if reason := why_not(*unshare, "true"):
        pytest.skip(f"no namespace of its own for a process here: {reason}")


def why_not(*words: str) -> str:
    """Run a command. Return its error output if it fails, else an empty text."""
    if shutil.which(words[0]) is None:
        return f"no {words[0]}: apt-get install util-linux"
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit {done.returncode}"

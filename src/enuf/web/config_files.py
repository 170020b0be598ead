"""The rendered configuration files, to be read in the dashboard."""

from __future__ import annotations

import os
import re
from pathlib import Path

from enuf.system.files import read_regular

LIMIT_BYTES = 2**20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def names(folder: Path) -> list[str]:
    """The rendered files of the folder; none when it cannot be read."""
    try:
        return sorted(
            entry.name
            for entry in os.scandir(folder)
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        )
    except OSError:
        return []


def text(folder: Path, name: str) -> str | None:
    """The file's text, cut at a megabyte; None unless it is a plain file of that very folder."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return read_regular(folder / name, LIMIT_BYTES, follow=False).decode("utf-8", "replace")
    except OSError:
        return None

"""The rendered configuration files that the dashboard shows."""

from __future__ import annotations

import os
import re
from pathlib import Path

from enuf.syntax.secret_spans import kind_of_rendered, masked_file
from enuf.system.files import read_regular

LIMIT_BYTES = 2**20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def names(folder: Path) -> list[str]:
    """Return the names of the rendered files in a folder; [] if the folder cannot be read."""
    try:
        return sorted(
            entry.name
            for entry in os.scandir(folder)
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        )
    except OSError:
        return []


def text(folder: Path, name: str) -> str | None:
    """Return the text of a file without secrets, cut after LIMIT_BYTES.

    Return None if the folder has no such regular file.
    """
    if not _NAME.fullmatch(name):
        return None
    try:
        raw = read_regular(folder / name, LIMIT_BYTES, follow=False).decode("utf-8", "replace")
    except OSError:
        return None
    return masked_file(kind_of_rendered(name), raw)

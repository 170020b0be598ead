"""The rendered files that somebody has changed by hand: they are kept beside the file that replaces them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from enuf.model.plan import ConfigFile
from enuf.system import files
from enuf.system.closed import FILE_MODE

EDITED = ".edited"


def keep_edited(written: Sequence[ConfigFile], folder: Path) -> tuple[str, ...]:
    """Copy the files that differ from what was `written` into the folder, to NAME.edited. Return their names.

    A file that is missing or cannot be read as text is left out.
    """
    names = []
    for file in written:
        path = folder / file.name
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = files.read_regular(path, follow=False).decode()
            if text != file.text:
                files.write_whole(path.with_name(f"{file.name}{EDITED}"), text, FILE_MODE)
                names.append(file.name)
    return tuple(names)


def replaced_note(names: Sequence[str], folder: str) -> str:
    """Return in one line what became of files that were changed by hand; empty for none."""
    if not names:
        return ""
    copies = ", ".join(f"{name}{EDITED}" for name in names)
    return (
        f"your change of {', '.join(names)} in {folder} had no effect and was replaced (it is kept in {copies}): "
        "enuf writes these files from its settings, and [raw] takes any line"
    )

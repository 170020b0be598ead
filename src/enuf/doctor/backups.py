"""Names of the copies that `enuf doctor --fix` keeps of the files it changes."""

from __future__ import annotations

from pathlib import Path

BACKUP_SUFFIX = ".enuf-backup"


def free_name(target: Path) -> Path:
    """Return the first free name for a copy of a file, so that no older copy is lost.

    Raise OSError if too many copies lie beside the file.
    """
    for counter in range(1, 1000):
        name = target.with_name(target.name + BACKUP_SUFFIX + ("" if counter == 1 else f".{counter}"))
        if not name.exists():
            return name
    raise OSError(f"too many {BACKUP_SUFFIX} files beside {target}")

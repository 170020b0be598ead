"""Names of the copies that `enuf doctor --fix` keeps of the files it changes."""

from __future__ import annotations

from pathlib import Path

BACKUP_SUFFIX = ".enuf-backup"


def free_name(target: Path) -> Path:
    """The first name for a copy that is not taken: an older copy is never lost."""
    for number in range(1, 1000):
        name = target.with_name(target.name + BACKUP_SUFFIX + ("" if number == 1 else f".{number}"))
        if not name.exists():
            return name
    raise OSError(f"too many {BACKUP_SUFFIX} files beside {target}")

"""The source files below a folder, and their fingerprint."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from enuf.system.trust import changeable_by_others

SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})
MOST_FILES = 20_000


def fingerprint(folders: Sequence[str], suffixes: Sequence[str]) -> str:
    """Return a digest of the names, sizes and times of the first 20,000 source files below the folders."""
    import hashlib  # here: it loads OpenSSL, and only the supervisor of `enuf up --dev` watches files

    digest = hashlib.sha256()
    for count, entry in enumerate(_files(folders, tuple(suffixes))):
        if count >= MOST_FILES:
            break
        try:
            status = entry.stat()
        except OSError:
            continue
        digest.update(
            f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape")
        )
    return digest.hexdigest()[:16]


def first_foreign_source(folder: Path) -> Path | None:
    """Return a Python file below the folder that anybody but root can change.

    The first 20,000 files are looked at.
    Folders without Python files do not count: what an app has to store is often its own user's.
    """
    for count, entry in enumerate(_files([str(folder)], (".py", ".pth", ".so"))):
        if count >= MOST_FILES:
            break
        foreign = changeable_by_others(Path(entry.path))
        if foreign is not None:
            return foreign
    return None


def _files(folders: Sequence[str], suffixes: tuple[str, ...]) -> Iterator[os.DirEntry[str]]:
    waiting = list(reversed(folders))
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.name.endswith(suffixes):
                yield entry

"""Copies of the files that `enuf doctor --fix` changes, in the user's own state folder.

Beside the file a copy could be read by the server: Debian's nginx includes every name in sites-enabled.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from enuf.system.files import private_folder
from enuf.system.trust import open_to_others
from enuf.system.user import user_named

BACKUP_SUFFIX = ".enuf-backup"
"""Ends the name of every folder of copies, so that the doctor examines none of them."""
NEW_SUFFIX = ".enuf-new"
"""Ends the name of a new file beside the old one, until it takes the place of the old one."""


def copies_parent(environ: Mapping[str, str]) -> Path:
    """Return the folder below which copies are kept: `enuf/doctor` in the user's state folder.

    For root that is root's own, even where sudo left another user's HOME, and never one that others can change.
    """
    is_root = os.geteuid() == 0
    named = environ.get("XDG_STATE_HOME", "")
    if Path(named).is_absolute() and not (is_root and open_to_others(Path(named))):
        return Path(named) / "enuf" / "doctor"
    own = user_named(str(os.geteuid()))
    home = "" if is_root else environ.get("HOME", "")
    return Path(home or (own.home if own else "/")) / ".local/state" / "enuf" / "doctor"


class Copies:
    """One folder of copies (0700), with each file at its full path below it. Made with the first copy."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._folder: Path | None = None

    def keep(self, target: Path, data: bytes) -> Path:
        """Write a copy of a file's old content and return its path. Raise OSError."""
        folder = self._folder = self._folder or _new_folder(self._parent)
        copy = folder / str(target).lstrip("/")
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        return copy

    def discard(self) -> None:
        """Remove the folder with all copies. Never raise."""
        import shutil

        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _new_folder(parent: Path) -> Path:
    parent.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_folder(parent.parent)
    private_folder(parent)
    moment = time.strftime("%Y%m%d-%H%M%S")
    for counter in range(1, 1000):
        folder = parent / f"{moment}{'' if counter == 1 else f'-{counter}'}{BACKUP_SUFFIX}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            return folder
    raise OSError(f"too many copies in {parent}")


def ways_back(copies: Iterable[tuple[Path, Path]]) -> tuple[str, ...]:
    """Return the command that brings each file back, for pairs of a file and its copy.

    cp writes into the file: its owner, mode and links stay.
    """
    return tuple(f"cp {shlex.quote(str(copy))} {shlex.quote(str(target))}" for target, copy in copies)

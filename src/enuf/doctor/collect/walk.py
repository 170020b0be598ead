"""Reads the files below the given paths, within bounds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from enuf.doctor.backups import BACKUP_SUFFIX
from enuf.doctor.evidence import SourceFile, Unread
from enuf.doctor.read.recognise import source_file
from enuf.system.switch_user import acting_as, keeper_of

FILES_LIMIT = 2000
SIZE_LIMIT_BYTES = 1_000_000
LINE_LIMIT = 65_536
"""Letters of one line. No configuration that a person wrote comes near it; a source of Python with data in it may."""
_SKIPPED = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".bzr",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
        "node_modules",
        "site-packages",
        ".enuf",
        ".idea",
        ".vscode",
        ".eggs",
        "bower_components",
    )
)
_BINARY_ENDS = [
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".ico",
    ".webp",
    ".svgz",
    ".pdf",
    ".zip",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".tar",
    ".whl",
    ".so",
    ".o",
    ".a",
    ".dll",
    ".exe",
    ".pyc",
    ".pyo",
    ".db",
    ".sqlite",
    ".sqlite3",
    ".woff",
    ".woff2",
    ".ttf",
    ".eot",
    ".mp3",
    ".mp4",
    ".mov",
    ".avi",
    ".jar",
    ".class",
    ".bin",
    ".pkl",
    ".npy",
    ".parquet",
    ".sock",
    ".pid",
]


class Harvest:
    """What was read, and what was left out and why."""

    def __init__(self) -> None:
        self.files: list[SourceFile] = []
        self.unread: list[Unread] = []
        self.seen: set[str] = set()


def harvest(paths: Sequence[Path]) -> Harvest:
    """Every text file below the paths; a file that was named itself is read whatever it is called."""
    found = Harvest()
    for path in paths:
        absolute = os.path.normpath(path.absolute())
        with acting_as(keeper_of(path)):
            if Path(absolute).is_dir():
                for file in _walk(absolute, found):
                    _take(file, found, named=False)
            else:
                _take(absolute, found, named=True)
    return found


def _walk(top: str, found: Harvest) -> Iterator[str]:
    count = 0
    for folder, names, files in os.walk(top, onerror=lambda error: _blocked(error, found)):
        names[:] = sorted(name for name in names if name not in _SKIPPED and not _is_virtualenv(folder, name))
        for name in sorted(files):
            if name.lower().endswith(tuple(_BINARY_ENDS)) or BACKUP_SUFFIX in name:
                continue
            count += 1
            if count > FILES_LIMIT:
                found.unread.append(
                    Unread(path=top, why=f"it holds more than {FILES_LIMIT} files, the rest was left out")
                )
                return
            yield f"{folder}/{name}" if folder != "/" else f"/{name}"


def _is_virtualenv(folder: str, name: str) -> bool:
    return os.path.exists(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH110 - False in a folder that is closed to us


def _blocked(error: OSError, found: Harvest) -> None:
    found.unread.append(Unread(path=str(error.filename), why=error.strerror or "it cannot be entered"))


def _take(path: str, found: Harvest, *, named: bool) -> None:
    if path in found.seen:
        return
    found.seen.add(path)
    try:
        data = read_bytes(path)
    except OSError as error:
        masked = (
            path.endswith(".service") and Path(path).is_symlink()
        )  # systemd's own way to switch a unit off
        if named or (_matters(path) and not masked):
            found.unread.append(Unread(path=path, why=error.strerror or str(error)))
        return
    text, encoding = decoded(data)
    if text is None:
        if named or _matters(path):
            found.unread.append(Unread(path=path, why="it is not a text file"))
        return
    file = source_file(path, text, encoding=encoding, named=named)
    if file.kind not in ("other", "python") and (line := overlong_line(text)):
        # A part of it would be read as something else than what stands there.
        found.unread.append(Unread(path=path, why=f"line {line} is longer than {LINE_LIMIT} characters"))
        return
    found.files.append(file)


def _matters(path: str) -> bool:
    """True for a file that would have been read as a configuration, had it been readable."""
    name = path.rpartition("/")[2].lower()
    return name.endswith((".ini", ".conf", ".service", ".socket")) or name in (
        "procfile",
        "dockerfile",
        "uwsgi_params",
    )


def read_bytes(path: str) -> bytes:
    """The content of a regular file. Raises OSError, also for what is no file and for what is too large."""
    status = os.stat(path)  # noqa: PTH116 - one call for kind and size
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > SIZE_LIMIT_BYTES:
        raise OSError(0, f"it is larger than {SIZE_LIMIT_BYTES} bytes")
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read(SIZE_LIMIT_BYTES + 1)


def overlong_line(text: str) -> int:
    """Return the number of the first line that is longer than LINE_LIMIT, 0 when there is none."""
    start, number = 0, 1
    while len(text) - start > LINE_LIMIT:
        end = text.find("\n", start, start + LINE_LIMIT + 1)
        if end < 0:
            return number
        start, number = end + 1, number + 1
    return 0


def decoded(data: bytes) -> tuple[str | None, str]:
    """The text and the encoding that gives the same bytes back; None for binary data."""
    if b"\0" in data[:8192]:
        return None, ""
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"

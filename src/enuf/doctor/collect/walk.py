"""The files below the named paths, read within bounds."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from enuf.doctor.backups import BACKUP_SUFFIX, NEW_SUFFIX
from enuf.doctor.collect.path_facts import file_identity
from enuf.doctor.collect.reading_order import promise_of
from enuf.doctor.evidence import LeftOut, SourceFile, UnreadFile
from enuf.doctor.read.recognise import source_file
from enuf.system.switch_user import acting_as, keeper_of

NAMES_LIMIT = 200_000
"""Names in all folders that are looked at."""
FILES_LIMIT: dict[LeftOut, int] = {"configuration": 6000, "python": 4000, "unknown": 2000}
"""Files that are read, by what their names promise."""
PYTHON_LIMIT_CHARACTERS = 30_000_000
"""Of all Python sources together."""
SIZE_LIMIT_BYTES = 1_000_000
LINE_LIMIT = 65_536
"""Characters of one line. No handwritten configuration comes near; Python sources with data in them may."""
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


class ReadingBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How far a collection goes."""

    goes_on: Callable[[], bool] = lambda: True
    """Return False from the moment on from which nothing more is to be read."""
    python_characters: int = PYTHON_LIMIT_CHARACTERS


class CollectedFiles:
    """The files that were read, and those that were left out with the reason."""

    def __init__(self, bounds: ReadingBounds) -> None:
        self.bounds = bounds
        self.files: list[SourceFile] = []
        self.unread: list[UnreadFile] = []
        self.seen: set[str] = set()
        self.first_names: dict[str, str] = {}
        """The path by which each file was read first, by the file's identity."""
        self.python_characters = 0

    def left_out(self, top: str, what: LeftOut, count: int) -> None:
        """Record that files below a folder were not read because there are too many."""
        self.unread.append(UnreadFile(path=top, why="there are too many files", left_out=what, count=count))


def collect_files(paths: Sequence[Path], bounds: ReadingBounds | None = None) -> CollectedFiles:
    """Read every text file below the paths. A file that is named itself is read whatever its name is."""
    collected = CollectedFiles(bounds or ReadingBounds())
    for path in paths:
        absolute = os.path.normpath(path.absolute())
        with acting_as(keeper_of(path)):
            if Path(absolute).is_dir():
                for file in _chosen(absolute, collected):
                    _take(file, collected, named=False)
            else:
                _take(absolute, collected, named=True)
    return collected


def _chosen(top: str, collected: CollectedFiles) -> Iterator[str]:
    """Yield the files below a folder that may matter: configurations, then Python, then the rest, the outer ones first.

    Record how many of each are left out.
    """
    found: dict[LeftOut, list[str]] = {"configuration": [], "python": [], "unknown": []}
    for path in _walk(top, collected):
        promise = promise_of(path)
        if promise != "nothing":
            found[promise].append(path)
    for what, paths in found.items():
        paths.sort(key=lambda path: (path.count("/"), path))
        limit = FILES_LIMIT[what]
        yield from paths[:limit]
        if len(paths) > limit:
            collected.left_out(top, what, len(paths) - limit)


def _walk(top: str, collected: CollectedFiles) -> Iterator[str]:
    count = 0
    for folder, names, files in os.walk(top, onerror=lambda error: _blocked(error, collected)):
        names[:] = sorted(name for name in names if not _is_skipped(folder, name))
        count += len(files) + len(names)
        if not collected.bounds.goes_on():
            return
        if count > NAMES_LIMIT:
            collected.left_out(top, "names", count)
            return
        for name in sorted(files):
            if not name.lower().endswith((*_BINARY_ENDS, NEW_SUFFIX)) and BACKUP_SUFFIX not in name:
                yield f"{folder}/{name}" if folder != "/" else f"/{name}"


def _is_skipped(folder: str, name: str) -> bool:
    return name in _SKIPPED or name.endswith(BACKUP_SUFFIX) or _is_virtualenv(folder, name)


def _is_virtualenv(folder: str, name: str) -> bool:
    return os.path.exists(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH110 - False in a folder that is closed to us


def _blocked(error: OSError, collected: CollectedFiles) -> None:
    collected.unread.append(
        UnreadFile(path=str(error.filename), why=error.strerror or "it cannot be entered")
    )


def _take(path: str, collected: CollectedFiles, *, named: bool) -> None:
    if path in collected.seen or not collected.bounds.goes_on():
        return
    collected.seen.add(path)
    try:
        data = read_bytes(path)
    except OSError as error:
        if named or (_matters(path) and not _leads_elsewhere(path)):
            collected.unread.append(UnreadFile(path=path, why=error.strerror or str(error)))
        return
    text, encoding = decode_text(data)
    if text is None:
        if named or _matters(path):
            collected.unread.append(UnreadFile(path=path, why="it is not a text file"))
        return
    file = source_file(path, text, encoding=encoding, named=named)
    first = collected.first_names.setdefault(file_identity(path), path)
    if first != path:
        # nginx's sites are read by all their names: a complete configuration includes them by one of these.
        if file.kind != "nginx":
            return
        file = msgspec.structs.replace(file, first_name=first)
    if file.kind not in ("other", "python") and (line := first_overlong_line(text)):
        # A truncated file could be parsed as a different configuration.
        collected.unread.append(
            UnreadFile(path=path, why=f"line {line} is longer than {LINE_LIMIT} characters")
        )
        return
    if file.kind != "python" or named or _has_room_for_python(file, collected):
        collected.files.append(file)


def _has_room_for_python(file: SourceFile, collected: CollectedFiles) -> bool:
    collected.python_characters += len(file.text)
    if collected.python_characters <= collected.bounds.python_characters:
        return True
    why = "the Python files before it are too large"
    collected.unread.append(UnreadFile(path=file.path, why=why, left_out="python", count=1))
    return False


def _leads_elsewhere(path: str) -> bool:
    """Return True for a link to a place that a checkout of another host lacks, and for a masked unit's to /dev/null."""
    try:
        goal = os.readlink(path)  # noqa: PTH115
        return goal.startswith("/") and not goal.startswith(path.rpartition("/")[0] + "/")
    except OSError:
        return False


def _matters(path: str) -> bool:
    """Return True for a file that would be read as a configuration if it were readable."""
    name = path.rpartition("/")[2].lower()
    return name.endswith((".ini", ".conf", ".service", ".socket")) or name in (
        "procfile",
        "dockerfile",
        "uwsgi_params",
    )


def read_bytes(path: str) -> bytes:
    """Return the content of a regular file.

    Raise OSError if it cannot be read, is no regular file, or is larger than SIZE_LIMIT_BYTES.
    """
    status = os.stat(path)  # noqa: PTH116 - one call for kind and size
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > SIZE_LIMIT_BYTES:
        raise OSError(0, f"it is larger than {SIZE_LIMIT_BYTES} bytes")
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read(SIZE_LIMIT_BYTES + 1)


def first_overlong_line(text: str) -> int:
    """Return the number of the first line that is longer than LINE_LIMIT, 0 if there is none."""
    start, line_number = 0, 1
    while len(text) - start > LINE_LIMIT:
        end = text.find("\n", start, start + LINE_LIMIT + 1)
        if end < 0:
            return line_number
        start, line_number = end + 1, line_number + 1
    return 0


def decode_text(data: bytes) -> tuple[str | None, str]:
    """Return the text and the encoding that restores the same bytes; None for binary data."""
    if b"\0" in data[:8192]:
        return None, ""
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"

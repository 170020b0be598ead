"""The other names of a path: places where its files, or a part of them, are mounted a second time."""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

_ESCAPE = re.compile(r"\\([0-7]{3})")


class Mount(msgspec.Struct, frozen=True):
    """A line of `/proc/self/mountinfo`: which folder of which file system is seen where."""

    device: str
    root: str
    place: str


def mounts_now() -> tuple[Mount, ...]:
    """Return the mounts of this process's namespace; none where the system does not tell."""
    with contextlib.suppress(OSError):
        return tuple(parse_mounts(Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")))
    return ()


def parse_mounts(text: str) -> Iterator[Mount]:
    """Yield the mounts of a table in the form of proc(5), the oldest first."""
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) > 5:
            yield Mount(fields[2], _plain(fields[3]), _plain(fields[4]))


def _plain(field: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)


def other_names(path: str, mounts: tuple[Mount, ...]) -> tuple[str, ...]:
    """Return the paths under which the files of an absolute path without links are seen too.

    Where only a folder below the path is mounted elsewhere, that place counts.
    """
    under = [mount for mount in mounts if _below(path, mount.place) is not None]
    if not under:
        return ()
    longest = max(len(mount.place) for mount in under)
    own = [mount for mount in under if len(mount.place) == longest][-1]
    inner = _joined(own.root, _below(path, own.place) or "")
    names = dict.fromkeys(
        name for mount in mounts if mount.device == own.device and (name := _seen_at(inner, mount))
    )
    return tuple(name for name in names if name != path)


def _seen_at(inner: str, mount: Mount) -> str:
    """Return where a path inside of a file system is seen by a mount; empty where it is not."""
    rest = _below(inner, mount.root)
    if rest is not None:
        return _joined(mount.place, rest)
    return mount.place if _below(mount.root, inner) is not None else ""


def _joined(folder: str, rest: str) -> str:
    return posixpath.join(folder, rest) if rest else folder


def _below(path: str, folder: str) -> str | None:
    """Return the rest of a path below a folder; empty for the folder itself, None for a path elsewhere."""
    if path == folder:
        return ""
    begin = folder if folder.endswith("/") else f"{folder}/"
    return path[len(begin) :] if path.startswith(begin) else None


def real_names(path: str, mounts: tuple[Mount, ...]) -> tuple[str, ...]:
    """Return the path without its links, and its other names."""
    real = os.path.realpath(path)
    return (real, *other_names(real, mounts))

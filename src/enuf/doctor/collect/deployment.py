"""The evidence of a deployment on this machine: the named files and what they refer to."""

from __future__ import annotations

import glob as globbing
import os
from collections.abc import Iterable
from pathlib import Path

from enuf.doctor.collect.path_facts import fact_of, facts_of
from enuf.doctor.collect.walk import collect_files, decode_text, first_overlong_line, read_bytes
from enuf.doctor.evidence import Evidence
from enuf.doctor.read.assemble import FileSystem, assemble_evidence
from enuf.system.switch_user import NOBODY, acting_as, keeper_of
from enuf.system.user import User

_GLOB_LIMIT = 200
_READ_LIMIT = 500


def collect(paths: Iterable[Path]) -> Evidence:
    """Collect the evidence in these files and folders, and the facts about the paths that they name."""
    chosen = list(paths)
    collected = collect_files(chosen)
    roots = [os.path.normpath(path.absolute()) for path in chosen]
    with acting_as(_reader(chosen)):
        return assemble_evidence(collected.files, roots, _file_system(), collected.unread)


def _reader(paths: Iterable[Path]) -> User | None:
    """Return, as root, the user with whose rights the named files are read, else None.

    The author of a configuration must not be able to point root at any file. Several authors are replaced
    by a user who owns nothing.
    """
    keepers = {keeper for path in paths if (keeper := keeper_of(path)) is not None}
    return keepers.pop() if len(keepers) < 2 and keepers else NOBODY if keepers else None


def _file_system() -> FileSystem:
    cache: dict[str, str | None] = {}

    def read(path: str) -> str | None:
        if path not in cache and len(cache) < _READ_LIMIT:
            cache[path] = _text(path)
        return cache.get(path)

    return FileSystem(read=read, glob=_glob, facts=facts_of, exists=_exists, somaxconn=_somaxconn())


def _text(path: str) -> str | None:
    try:
        text = decode_text(read_bytes(path))[0]
    except (OSError, ValueError):
        return None
    return None if text is None or first_overlong_line(text) else text


def _glob(pattern: str) -> list[str]:
    try:
        return sorted(globbing.glob(pattern))[:_GLOB_LIMIT]  # noqa: PTH207 - nginx's own patterns are plain text
    except (OSError, ValueError):
        return []


def _exists(path: str, kind: str) -> bool | None:
    """Return True if a path exists, None if it does not: the files may be meant for another machine."""
    fact = fact_of(path)
    if fact.kind in ("absent", "unknown"):
        return None
    return {"file": fact.kind == "file", "dir": fact.kind == "folder"}.get(kind, True)


def _somaxconn() -> int | None:
    try:
        return int(Path("/proc/sys/net/core/somaxconn").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None

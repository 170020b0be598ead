"""The evidence in files that lie below the root folder of another process, under the paths that they have there."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence

from enuf.doctor.collect.walk import SIZE_LIMIT_BYTES, ReadingBounds, decode_text, first_overlong_line
from enuf.doctor.evidence import Evidence
from enuf.doctor.path_fact import NAMES_LIMIT, PathFact
from enuf.doctor.read.assemble import FileSystem, assemble_evidence
from enuf.doctor.read.recognise import source_file
from enuf.system.foreign_root import ForeignRoot
from enuf.system.user import name_of_uid

_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISSOCK, "socket"))


def collect_in(root: ForeignRoot, paths: Sequence[str], reach: ReadingBounds) -> Evidence:
    """Collect the evidence in these files and in those that they include."""
    files = _Files(root, reach)
    named = [
        source_file(path, text, encoding="utf-8", named=True)
        for path in paths
        if (text := files.read(path)) is not None
    ]
    system = FileSystem(
        read=files.read, glob=files.glob, real=files.real, facts=files.facts, exists=files.exists
    )
    return assemble_evidence(named, paths, system)


class _Files:
    """The answers to what assembling asks about files; none raises."""

    def __init__(self, root: ForeignRoot, reach: ReadingBounds) -> None:
        self.root, self.reach = root, reach

    def read(self, path: str) -> str | None:
        if not self.reach.goes_on():
            return None
        try:
            data, status = self.root.tail(path, SIZE_LIMIT_BYTES)
        except (OSError, ValueError):
            return None
        text = decode_text(data)[0] if status.st_size <= SIZE_LIMIT_BYTES else None
        return None if text is None or first_overlong_line(text) else text

    def glob(self, pattern: str) -> list[str]:
        try:
            return [path for path in self.root.glob(pattern) if self.exists(path, "any")]
        except (OSError, ValueError):
            return []

    def real(self, path: str) -> str:
        try:
            status = self.root.stat(path)
        except (OSError, ValueError):
            return path
        return f"{status.st_dev}:{status.st_ino}"

    def facts(self, paths: Iterable[str]) -> Mapping[str, PathFact]:
        return {path: self._fact(path) for path in paths}

    def exists(self, path: str, kind: str) -> bool | None:
        found = self._fact(path).kind
        if found in ("absent", "unknown"):
            return None
        return {"file": found == "file", "dir": found == "folder"}.get(kind, True)

    def _fact(self, path: str) -> PathFact:
        try:
            status = self.root.stat(path)
            kind = next((name for test, name in _KINDS if test(status.st_mode)), "other")
            names = tuple(self.root.names(path)[:NAMES_LIMIT]) if kind == "folder" else ()
        except FileNotFoundError:
            return PathFact(kind="absent")
        except (OSError, ValueError):
            return PathFact()
        return PathFact(
            kind=kind,  # type: ignore[arg-type]
            mode=stat.S_IMODE(status.st_mode),
            owner=name_of_uid(status.st_uid),
            group=str(status.st_gid),
            names=names,
        )

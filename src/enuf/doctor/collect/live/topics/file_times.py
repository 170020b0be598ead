"""When the configuration of nginx and the code of the app were changed last."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import APP_SERVERS, LiveEvidence
from enuf.doctor.live.file_times import FileTimes
from enuf.system.files import modified_at

MOST_FILES, MOST_FOLDERS, DEEPEST, KEPT = 2000, 300, 4, 20
_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__", "tests", "test", "migrations"))
_NOT_PROJECTS = ("/", "/root", "/home", "/srv", "/opt", "/var", "/tmp", "/usr", "/etc", "/run")  # noqa: S108


def _collect(collection: Collection, evidence: LiveEvidence, static: Evidence) -> FileTimes:
    main = evidence.front.configuration
    site = next((each for each in static.sites if each.file == main), None) if main else None
    holders = [
        each for backend in evidence.backends for each in backend.holders if each.program in APP_SERVERS
    ]
    folders = {each.directory for each in holders if each.directory and each.directory not in _NOT_PROJECTS}
    times = (
        (modified_at(Path(path)), path)
        for folder in sorted(folders)
        for path in collection.within(_python_files(folder), "when the code was changed")
    )
    newest = heapq.nlargest(KEPT, times)
    moved = {each.directory: found for each in holders if (found := _moved(each.started_in, each.directory))}
    return FileTimes(
        of_nginx=_times(site.files if site else ()),
        of_code={path: at for at, path in newest},
        moved=moved,
    )


def _moved(started_in: str, directory: str) -> str:
    """Return the folder beside that of a server to which the link leads now by which it was started; empty without one."""
    if not started_in or not directory or started_in == directory:
        return ""
    now = os.path.realpath(started_in)
    parts, others = now.split("/"), directory.split("/")
    differing = [each for each in zip(parts, others, strict=False) if each[0] != each[1]]
    is_beside = len(parts) == len(others) and len(differing) == 1
    return now if is_beside and now != started_in and os.path.isdir(now) else ""  # noqa: PTH112


def _times(paths: Iterable[str]) -> dict[str, float]:
    return {path: at for path in paths if (at := modified_at(Path(path)))}


def _python_files(top: str) -> Iterator[str]:
    count = 0
    for number, (folder, folders, names) in enumerate(os.walk(top)):
        depth = folder.removeprefix(top).count("/")
        folders[:] = (
            [] if depth >= DEEPEST else sorted(each for each in folders if _is_searched(folder, each))
        )
        for name in names:
            if name.endswith(".py"):
                count += 1
                yield f"{folder}/{name}"
        if number >= MOST_FOLDERS or count >= MOST_FILES:
            return


def _is_searched(folder: str, name: str) -> bool:
    return name[0] != "." and name not in _SKIPPED and not os.path.exists(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH110


TOPIC = TopicCollector("file_times", _collect, "when files were changed")

"""The pid files of the configured servers, and who has their numbers now."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator
from pathlib import Path

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.processes import command_line_of, program_of_words
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.pid_files import PidFile, PidFiles
from enuf.model.numbers import decimal
from enuf.system import files

MOST_FILES, LIMIT_BYTES = 10, 32


def _collect(_collection: Collection, _evidence: LiveEvidence, static: Evidence) -> PidFiles | None:
    found = []
    for path in list(dict.fromkeys(_named(static)))[:MOST_FILES]:
        try:
            pid = decimal(files.read_regular(Path(path), LIMIT_BYTES).decode("ascii", "replace").strip(), 9)
        except (OSError, ValueError):
            continue
        if pid is not None:
            words = command_line_of(pid)
            program = program_of_words(words) if words else ""
            line = " ".join(words)
            found.append(PidFile(path=path, pid=pid, program=program, mode=_mode(path), line=line))
    return PidFiles(files=tuple(found)) if found else None


def _mode(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return None


def _named(static: Evidence) -> Iterator[str]:
    for server in static.servers:
        for name in ("pidfile", "pidfile2", "safe-pidfile"):
            option = server.config.last(name)
            if option is not None and not option.unresolved and option.value.strip():
                yield posixpath.normpath(posixpath.join(server.directory or "/", option.value.strip()))


TOPIC = TopicCollector("pid_files", _collect, "the pid files")

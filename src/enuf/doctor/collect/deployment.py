"""The evidence of a deployment on this machine: the named files and what they refer to."""

from __future__ import annotations

import glob as globbing
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from enuf.doctor.collect.path_facts import fact_of, facts_of, file_identity
from enuf.doctor.collect.walk import (
    ReadingBounds,
    collect_files,
    decode_text,
    first_overlong_line,
    read_bytes,
)
from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence
from enuf.doctor.own_server import OwnServer, findings_in_app, loads_in_each_worker, own_files
from enuf.doctor.read.assemble import FileSystem, assemble_evidence
from enuf.doctor.read.recognise import source_file
from enuf.model.finding import Finding
from enuf.system.switch_user import NOBODY, acting_as, keeper_of
from enuf.system.user import User

_GLOB_LIMIT = 200
_READ_LIMIT = 500


def collect(paths: Iterable[Path], reach: ReadingBounds | None = None) -> Evidence:
    """Collect the evidence in these files and folders, and the facts about the paths that they name."""
    chosen = list(paths)
    collected = collect_files(chosen, reach)
    roots = _absolute(chosen)
    with acting_as(_reader(chosen)):
        return assemble_evidence(collected.files, roots, _file_system(collected.bounds), collected.unread)


def reread(evidence: Evidence, paths: Iterable[Path], texts: Mapping[str, str]) -> Evidence:
    """Return the evidence as it would be if the files at these paths had these texts. No file is written.

    `paths` are the files and folders that the evidence was collected from.
    """
    by_name = {
        file.path: texts[evidence.first_name(file.path)]
        for file in evidence.files
        if evidence.first_name(file.path) in texts
    }
    files = tuple(
        msgspec.structs.replace(
            source_file(file.path, by_name[file.path]),
            encoding=file.encoding,
            named=file.named,
            first_name=file.first_name,
        )
        if file.path in by_name
        else file
        for file in evidence.files
        if EMBEDDED_SIGN not in file.path
    )
    with acting_as(_reader(list(paths))):
        identities = {file_identity(path): text for path, text in by_name.items()}
        machine = _file_system()

        def read(path: str) -> str | None:
            changed = identities.get(file_identity(path)) if identities else None
            return machine.read(path) if changed is None else changed

        return assemble_evidence(
            files, evidence.roots, msgspec.structs.replace(machine, read=read), evidence.unread
        )


def findings_of_own_server(evidence: Evidence, own: OwnServer, paths: Iterable[Path]) -> tuple[Finding, ...]:
    """Return the findings about the app in `evidence`, which enuf itself serves.

    `paths` are the files and folders that the evidence was collected from.
    """
    chosen = list(paths)

    def look(*, lazy: bool) -> tuple[Finding, ...]:
        made = assemble_evidence(own_files(evidence, own, lazy=lazy), _absolute(chosen), _file_system())
        beside = facts_of(f"{folder}/{name}" for folder in _folders_of(own) for name in fact_of(folder).names)
        return findings_in_app(msgspec.structs.replace(made, facts={**beside, **made.facts}), own)

    with acting_as(_reader(chosen)):
        found = look(lazy=bool(own.lazy))
        return look(lazy=True) if loads_in_each_worker(own, found) and not own.lazy else found


def _folders_of(own: OwnServer) -> tuple[str, ...]:
    """Return the folders in which an app's databases usually lie."""
    return own.project, f"{own.project.rstrip('/')}/instance"


def _absolute(paths: Iterable[Path]) -> list[str]:
    return [os.path.normpath(path.absolute()) for path in paths]


def _reader(paths: Iterable[Path]) -> User | None:
    """Return, as root, the user with whose rights the named files are read, else None.

    The author of a configuration must not be able to point root at any file. Several authors are replaced
    by a user who owns nothing.
    """
    keepers = {keeper for path in paths if (keeper := keeper_of(path)) is not None}
    return keepers.pop() if len(keepers) < 2 and keepers else NOBODY if keepers else None


def _file_system(reach: ReadingBounds | None = None) -> FileSystem:
    cache: dict[str, str | None] = {}

    def read(path: str) -> str | None:
        if path not in cache and len(cache) < _READ_LIMIT and (reach is None or reach.goes_on()):
            cache[path] = _text(path)
        return cache.get(path)

    return FileSystem(
        read=read, glob=_glob, real=file_identity, facts=facts_of, exists=_exists, somaxconn=_somaxconn()
    )


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
        return int(Path("/proc/sys/net/core/somaxconn").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

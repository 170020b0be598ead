"""Other places for logs that cannot be opened: their folder is gone for good, read-only, or no regular file is in their place.

A server that opens its logs itself refuses to start without them, and a server that is given its log could not be started.
Serving matters more than logging: such a server logs to the runtime folder, or nowhere.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.model.paths import StackPaths
from enuf.model.plan import ConfigFile
from enuf.model.process import ProcessSpec
from enuf.system import files

_PLAIN = re.compile(r"[A-Za-z0-9_./+@-]+")
"""Paths that every configuration language reads as they are."""


class Startable(msgspec.Struct, frozen=True):
    """A process whose logs can all be opened, its files, and a warning about logs at other places."""

    process: ProcessSpec
    files: tuple[ConfigFile, ...]
    warning: str = ""


def spare_logs(paths: StackPaths) -> Path:
    """Return the folder of logs that cannot be where they should be."""
    return Path(paths.runtime) / "log"


def startable(process: ProcessSpec, texts: Sequence[ConfigFile], paths: StackPaths) -> Startable:
    """Return the process and its files as they are where its logs can be opened, else with other logs."""
    moved: dict[str, str] = {}
    why = ""
    for log in dict.fromkeys((process.log, *process.opens)):
        if problem := _problem_of(log):
            moved[log] = _other_place(log, paths)
            why = why or f"{log}: {problem}"
    if not moved:
        return Startable(process, tuple(texts))
    where = ", ".join(dict.fromkeys(moved.values()))
    return Startable(
        _moved_process(process, moved),
        tuple(_moved_text(file, process, moved) for file in texts),
        f"{process.name} cannot write its log ({why}) and logs to {where}",
    )


def can_log(process: ProcessSpec) -> bool:
    """Return True when all logs of the process can be opened."""
    return not any(_problem_of(log) for log in (process.log, *process.opens))


def _problem_of(log: str) -> str:
    try:
        os.close(files.open_log(Path(log)))
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _other_place(log: str, paths: StackPaths) -> str:
    folder = spare_logs(paths)
    other = folder / Path(log).name
    with contextlib.suppress(OSError):
        files.private_folder(folder)
    if str(other) != log and _PLAIN.fullmatch(str(other)) and not _problem_of(str(other)):
        return str(other)
    return os.devnull


def _moved_process(process: ProcessSpec, moved: dict[str, str]) -> ProcessSpec:
    return replace(
        process,
        log=moved.get(process.log, process.log),
        opens=tuple(moved.get(log, log) for log in process.opens),
        opens_as=tuple(
            moved.get(log, written) for log, written in zip(process.opens, process.opens_as, strict=True)
        ),
        argv=tuple(moved.get(word, word) for word in process.argv),
    )


def _moved_text(file: ConfigFile, process: ProcessSpec, moved: dict[str, str]) -> ConfigFile:
    text = file.text
    for log, written in zip(process.opens, process.opens_as, strict=True):
        text = text.replace(f" {written}", f" {moved.get(log, written)}")
    return replace(file, text=text)

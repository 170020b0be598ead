"""The files of a unit: rendered configurations, and the end of a log as evidence."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from enuf.inspect.server_log import without_stamps
from enuf.model.plan import ConfigFile, Plan
from enuf.model.process import ProcessSpec, ReadyFile, Unit
from enuf.model.stack_events import WarningGiven
from enuf.run.machine.events import FRONT
from enuf.run.process.log_places import Startable, startable
from enuf.system import files
from enuf.system.closed import FILE_MODE
from enuf.system.journal import EventJournal

EXCERPT_LINES = 12


class UnitFiles:
    """The files of the units: written where each unit reads them, and the logs that each unit opens."""

    def __init__(self, journal: EventJournal) -> None:
        self._journal = journal
        self._started: dict[str, ProcessSpec] = {}
        self._front_folder = Path()
        self.without_logs: dict[str, str] = {}
        """Units that do not log where they should, with a warning about each."""

    def process(self, key: str) -> ProcessSpec:
        """Return the process as it was prepared, with logs that can be opened."""
        return self._started[key]

    def prepare(self, key: str, plan: Plan, unit: Unit, *, front_runs: bool) -> ProcessSpec:
        """Write the unit's files.

        Return the process that reads them where they are, with logs that can be opened.
        """
        if key != FRONT:
            made = self._remember(key, startable(unit.process, plan.files_of("server"), plan.paths))
            _write_into(Path(plan.paths.folder_of(key)), made.files)
            return made.process
        conf, self._front_folder = plan.paths.conf, Path(plan.paths.conf)
        process = self.write_front(plan, runs=front_runs)
        argv = tuple(word.replace(f"{conf}/", f"{self._front_folder}/") for word in process.argv)
        return replace(process, argv=argv)

    def write_front(self, plan: Plan, *, runs: bool) -> ProcessSpec:
        """Write the front's files where it reads them.

        Return its process with logs that can be opened. Raise OSError.

        Where they cannot be written, a front that does not run yet reads them in the runtime folder.
        """
        assert plan.front
        made = self._remember(FRONT, startable(plan.front.process, plan.files_of("front"), plan.paths))
        try:
            write_texts(made.files, self._front_folder)
        except OSError:
            if runs:
                raise
            self._front_folder = Path(plan.paths.folder_of(FRONT))
            _write_into(self._front_folder, made.files)
        return made.process

    def _remember(self, key: str, made: Startable) -> Startable:
        if made.warning:
            self.without_logs[key] = made.warning
            self._journal.record(WarningGiven(made.warning))
        else:
            self.without_logs.pop(key, None)
        self._started[key] = made.process
        return made

    @staticmethod
    def write_missing(key: str, plan: Plan) -> bool:
        """Write the files of a generation again where one is missing. Return True then. Raise OSError."""
        folder = Path(plan.paths.folder_of(key))
        if all((folder / file.name).is_file() for file in plan.files_of("server")):
            return False
        if not folder.is_dir() or folder.is_symlink():
            files.remove(folder)
        _write_into(folder, plan.files_of("server"))
        return True

    def forget(self, key: str) -> None:
        """Forget a generation that is gone."""
        self._started.pop(key, None)
        self.without_logs.pop(key, None)


def clear_ready_file(unit: Unit) -> None:
    """Remove the file by which an earlier start of the unit said that it was ready."""
    if isinstance(unit.process.readiness, ReadyFile):
        Path(unit.process.readiness.path).unlink(missing_ok=True)


def _write_into(folder: Path, texts: Sequence[ConfigFile]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    write_texts(texts, folder)


def write_files(plan: Plan, reader: str, folder: Path) -> None:
    """Write the rendered files of one reader, `front` or `server`, into the folder. Raise OSError."""
    write_texts(plan.files_of(reader), folder)


def write_texts(texts: Sequence[ConfigFile], folder: Path) -> None:
    """Write these files into the folder. Raise OSError, unless they stand there already."""
    for file in texts:
        path = folder / file.name
        try:
            files.write_whole(path, file.text, FILE_MODE)
        except OSError:
            if not _holds(path, file.text.encode()):
                raise


def _holds(path: Path, text: bytes) -> bool:
    try:
        return files.read_regular(path, len(text) + 1) == text
    except OSError:
        return False


def log_excerpt(path: Path, offset: int, limit_bytes: int = 6000) -> str:
    """Return what was added to a log since `offset`: its last traceback and what follows, else its last lines.

    The text begins with a newline; it is empty when nothing was added.
    """
    with contextlib.suppress(OSError), files.open_regular(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(offset, size - limit_bytes))
        text = without_stamps(file.read(limit_bytes).decode("utf-8", "replace")).strip()
        at = text.rfind("Traceback (most recent call last)")
        return (
            "\n" + (text[at:] if at >= 0 else "\n".join(text.splitlines()[-EXCERPT_LINES:])) if text else ""
        )
    return ""

"""The record of the releases that have served, which outlives the stack and the folders of the releases."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.model.release import ReleaseHistory, ReleaseStatus
from enuf.model.stack_events import ReleaseServes
from enuf.system import files
from enuf.system.home_folder import HOME
from enuf.system.journal import EventJournal
from enuf.system.release_link import find_release_link

MODE = 0o640
MOST_NEIGHBOURS = 200
"""So many folders beside a release are searched for an earlier record."""


class ReleaseRecord:
    """The releases of a stack: kept in memory, and in a file that each release gets a copy of."""

    def __init__(self, paths: StackPaths, journal: EventJournal) -> None:
        self._file = Path(paths.releases)
        self._project = paths.project
        self._journal = journal
        self._history = _read(paths)

    def serves(self, plan: Plan) -> None:
        """Record that the plan's release serves. Never raise: a record that cannot be written is lost with the stack."""
        if plan.release is None:
            return
        before = self._history.current
        self._history = self._history.with_serving(plan.release, time.time())
        with contextlib.suppress(OSError):
            text = msgspec.json.format(msgspec.json.encode(self._history), indent=1).decode()
            files.write_whole(self._file, f"{text}\n", MODE, durable=False)
        if plan.release.text and not (before and before.release.is_code_of(plan.release)):
            self._journal.record(ReleaseServes(plan.release.text, before.release.text if before else ""))

    def status(self) -> ReleaseStatus | None:
        """Return the release that serves, with those before; None until one has served."""
        history = self._history
        if history.current is None:
            return None
        return ReleaseStatus(
            project=self._project,
            serving=history.current.release,
            at=history.current.at,
            before=history.left,
            earlier=history.earlier,
        )


def _read(paths: StackPaths) -> ReleaseHistory:
    """Return what is recorded, also in an earlier release while the link led there; an empty history without a record."""
    found = [_history_in(file) for file in (Path(paths.releases), *_of_neighbours(paths))]
    of_project = [each for each in found if each and each.project == paths.project and each.current]
    if not of_project:
        return ReleaseHistory(project=paths.project)
    return max(of_project, key=lambda each: each.current.at if each.current else 0.0)


def _of_neighbours(paths: StackPaths) -> Iterator[Path]:
    """Yield the records in the folders beside the release that the project's link leads to."""
    link = find_release_link(Path(paths.project))
    if link is None or paths.service:
        return
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(link.release.parent))[:MOST_NEIGHBOURS]:  # noqa: PTH208 - names are all that is wanted
            yield link.release.parent / name / link.inside / HOME / Path(paths.releases).name


def _history_in(file: Path) -> ReleaseHistory | None:
    """Return the history in a file of ours; None where there is none that can be trusted."""
    try:
        if file.lstat().st_uid != os.geteuid():
            return None
        history = msgspec.json.decode(files.read_regular(file, follow=False), type=ReleaseHistory)
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return None
    return replace(history, serving=min(history.serving, len(history.releases) - 1))

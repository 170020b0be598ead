"""The guard of the runtime folder.

What the stack needs there and was removed is put back while the stack runs.
What is only a name is put back in place: folders, the link to the serving generation, the owner file, a socket that has a
second name. A socket that has none left is replaced, with a new generation or a new front. The public address is not
touched.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from enuf.model.address import UnixAddress
from enuf.model.process import WriteFifo
from enuf.model.stack_events import ProjectMoved, WarningGiven
from enuf.run.care.certificate import ServedPair
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.care.folders import StackFolders
from enuf.run.care.project_folder import ProjectFolder
from enuf.run.care.rotation import LogRotator
from enuf.run.control import Control
from enuf.run.machine.events import FRONT
from enuf.run.notices import Notices
from enuf.run.process.listeners import Listeners
from enuf.run.process.socket_files import SocketFiles
from enuf.run.process.unit_files import write_texts
from enuf.run.process.units import Units
from enuf.run.running import RunningStack
from enuf.system.journal import EventJournal
from enuf.system.stack_lock import StackLock

LOOK_EVERY_S = 2.0
RECENT_S = 600.0
"""How long `enuf status` shows that something was put back."""
LONGEST_PAUSE_S = 60.0
"""Between two tries to replace a lost socket, when the new generation is refused."""


class RuntimeGuard:
    """A periodic check of the files of a running stack, which restores the missing ones."""

    def __init__(
        self,
        running: RunningStack,
        *,
        units: Units,
        listeners: Listeners,
        control: Control,
        dashboard: DashboardProcess,
        rotator: LogRotator,
        certificate: ServedPair,
        record: Callable[[], None],
        request_reload: Callable[[], None],
        journal: EventJournal,
        notices: Notices,
        lock: StackLock | None,
    ) -> None:
        """`record` writes `state.json` where it is missing; `request_reload` orders a new generation."""
        self._running = running
        self._units = units
        self._listeners = listeners
        self._control = control
        self._dashboard = dashboard
        self._rotator = rotator
        self._certificate = certificate
        self._record = record
        self._request_reload = request_reload
        self._journal = journal
        self._notices = notices
        self._lock = lock
        paths = running.plan.paths
        self._stack_folders: StackFolders | None = None
        self._socket_files = SocketFiles(Path(paths.runtime), Path(paths.spare))
        self._project = ProjectFolder(paths.project)
        self._repairs: dict[str, float] = {}
        self._problems: list[str] = []
        self._lost: list[Path] = []
        self._ended_front = 0
        self._next_try_s, self._pause_s = 0.0, LOOK_EVERY_S

    @property
    def warnings(self) -> list[str]:
        """What is still missing, and what was put back not long ago."""
        now = time.monotonic()
        return [*self._problems, *(text for text, at in self._repairs.items() if now - at < RECENT_S)]

    @property
    def lost(self) -> list[Path]:
        """The sockets and FIFOs that no process can reach any more, as of the last look."""
        return self._lost

    def open(self) -> None:
        """Remember the runtime folder as it is now, to recognise it later. Raise OSError."""
        self._stack_folders = StackFolders(self._running.plan.paths, self._lock)

    def close(self) -> None:
        """Close the descriptor of the runtime folder."""
        if self._stack_folders:
            self._stack_folders.close()
            self._stack_folders = None

    async def watch(self) -> None:
        """Restore missing files every LOOK_EVERY_S seconds until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.put_back()
            await self._replace_lost()

    def forget(self, key: str) -> None:
        """Expect a generation to make its FIFO and its sockets anew, or to be gone."""
        self._socket_files.forget(self._folder(key))

    def _folder(self, key: str) -> Path:
        return Path(self._running.plan.paths.folder_of(key))

    # -- looking

    def put_back(self) -> None:
        """Check all files now and restore the missing ones in place. Never raise OSError."""
        if self._stack_folders is None or self._running.stack.phase == "stopping":
            return
        self._problems = []
        moved_to = self._project.look()
        for step in self._steps(self._stack_folders):
            try:
                for text in step():
                    if not self._project.is_new:
                        self._report_repair(text)
            except OSError as error:
                self._report_problem(
                    f"{error.filename or 'a file'} cannot be put back: {error.strerror or error}"
                )
        if moved_to:
            self._journal.record(ProjectMoved(moved_to))

    def _steps(self, folders: StackFolders) -> Iterator[Callable[[], Iterator[str]]]:
        yield folders.runtime
        yield folders.temporary
        yield folders.claim
        yield lambda: self._home(folders)
        yield self._rendered_files
        yield self._link
        yield self._generation
        yield self._sockets
        yield self._token
        yield self._certificate.put_back
        yield self._rotator.look_after

    def _home(self, folders: StackFolders) -> Iterator[str]:
        problem = yield from folders.home()
        if problem:
            self._report_problem(problem)
        self._record()

    def _rendered_files(self) -> Iterator[str]:
        plan, conf = self._running.plan, Path(self._running.plan.paths.conf)
        if self._running.stack.phase not in ("serving", "failed"):
            return
        lost = [file for file in plan.files if file.reader != "host" and not (conf / file.name).is_file()]
        for file in lost:
            write_texts((file,), conf)
        if len(lost) == 1:
            yield f"{conf / lost[0].name} was removed and has been written again"
        elif lost:  # a folder was emptied, or the disk was full at the start
            yield f"{len(lost)} files of {conf} were missing and have been written again"

    def _link(self) -> Iterator[str]:
        lost = [
            link
            for link, target in self._units.links.items()
            if not link.is_symlink() or str(link.readlink()) != target
        ]
        if lost:
            self._units.link_serving()
        for link in lost:
            yield f"{link} was removed or changed and has been put back"

    def _generation(self) -> Iterator[str]:
        serving = self._running.stack.serving
        if serving is None or serving.condition != "ready":
            return
        if self._units.write_missing(serving.key):
            yield f"{self._folder(serving.key)} was removed and has been made again"
        process = self._units.process(serving.key)
        orders = (order for order in (*process.stop, process.in_place) if isinstance(order, WriteFifo))
        statistics = self._running.plan.paths.statistics_of(serving.number)
        self._socket_files.learn([Path(statistics), *(Path(order.path) for order in orders)])

    def _sockets(self) -> Iterator[str]:
        back, self._lost = self._socket_files.put_back({**self._listeners.files, **self._control.files})
        for path in back:
            yield f"{path} was removed and has been put back"
        for path in self._lost:
            self._report_problem(f"{path} was removed, and nothing can reach it until it is replaced")

    def _token(self) -> Iterator[str]:
        if self._dashboard.put_token_back():
            yield f"{self._running.plan.paths.dashboard_token} was removed and has been put back"

    # -- replacing

    async def _replace_lost(self) -> None:
        if not self._lost:
            self._next_try_s, self._pause_s = 0.0, LOOK_EVERY_S
            return
        for path in self._lost:
            if path in self._control.files:
                await self._control.reopen()
                self._report_repair(f"{path} was removed and has been replaced")
            elif path in self._lent_to(FRONT):
                self._replace_front(path)
            elif self._dashboard.is_at(path):
                self._dashboard.renew()
        serving = self._running.stack.serving
        if serving and any(
            path in self._lent_to(serving.key) or path.parent.name == serving.key for path in self._lost
        ):
            self._replace_generation()

    def _lent_to(self, key: str) -> list[Path]:
        if key not in self._units.running:
            return []
        lent = (lend.address for lend in self._units.unit(key).process.lends)
        return [Path(address.path) for address in lent if isinstance(address, UnixAddress)]

    def _replace_front(self, path: Path) -> None:
        """End the front, whose next run gets a new socket.

        Do nothing when the file of another program is in the socket's place.
        """
        front = self._units.running.get(FRONT)
        if front and front.pid != self._ended_front and not os.path.lexists(path):
            self._ended_front = front.pid
            front.signal("QUIT")
            self._report_repair(f"{path} was removed; the front is started again with a new one")

    def _replace_generation(self) -> None:
        now = time.monotonic()
        if self._running.stack.phase not in ("serving", "failed") or now < self._next_try_s:
            return
        self._next_try_s, self._pause_s = now + self._pause_s, min(self._pause_s * 2, LONGEST_PAUSE_S)
        self._report_repair("the socket of the app server was removed; a new generation gets a new one")
        self._request_reload()

    # -- reporting

    def _report_repair(self, text: str) -> None:
        """Record a repair, unless the journal has an equal one of the last minutes."""
        now = time.monotonic()
        if now - self._repairs.get(text, -RECENT_S) >= RECENT_S:
            self._journal.record(WarningGiven(text))
        self._repairs[text] = now

    def _report_problem(self, text: str) -> None:
        if text not in self._problems:
            self._problems.append(text)
        self._notices.record_once(text)

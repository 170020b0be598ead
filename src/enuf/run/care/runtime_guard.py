"""Somebody removed a file that the running stack needs (a cleaner of /tmp, a careless hand): put it back while the stack runs.

What is only a name is put back in place: folders, the link to the serving generation, the claim, a socket that has a
second name. A socket that has none left is replaced, with a new generation or a new front. The public address is not
touched.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from enuf.model.address import UnixAddress
from enuf.model.process import WriteFifo
from enuf.run.care.places import Places
from enuf.run.process.doors import Doors
from enuf.run.process.units import write_texts
from enuf.run.reload.events import FRONT

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor

LOOK_EVERY_S = 2.0
STATISTICS = "stats"
"""The socket in a generation's folder that `enuf status` and the dashboard ask."""
RECENT_S = 600.0
"""So long `enuf status` shows that something was put back."""
LONGEST_PAUSE_S = 60.0
"""Between two tries to replace a lost socket, when the new generation is refused."""


class RuntimeGuard:
    """Looks after the files of a running stack."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        paths = supervisor.plan.paths
        self._places = Places(paths)
        self._doors = Doors(Path(paths.runtime), Path(paths.spare))
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
        """The sockets and FIFOs that nobody can reach, as of the last look."""
        return self._lost

    async def watch(self) -> None:
        """Look at everything, every other second, until the task is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.put_back()
            await self._replace_lost()

    def forget(self, key: str) -> None:
        """Expect a generation to make its FIFO and its sockets anew, or to be gone."""
        self._doors.forget(Path(f"{self._supervisor.plan.paths.runtime}/{key}"))

    def close(self) -> None:
        """Give up what is held to recognise the runtime folder."""
        self._places.close()

    # -- looking

    def put_back(self) -> None:
        """Look at everything now and put back what can be put back in place. Never raises OSError."""
        supervisor = self._supervisor
        if supervisor.stack.phase == "stopping":
            return
        self._problems = []
        for step in self._steps():
            try:
                for text in step():
                    self._tell(text)
            except OSError as error:
                self._problem(f"{error.filename or 'a file'} cannot be put back: {error.strerror or error}")

    def _steps(self) -> Iterator[Callable[[], Iterator[str]]]:
        yield self._places.runtime
        yield self._places.temporary
        yield self._places.claim
        yield self._home
        yield self._rendered
        yield self._link
        yield self._generation
        yield self._sockets
        yield self._token
        yield self._supervisor.rotation.look_after

    def _home(self) -> Iterator[str]:
        problem = yield from self._places.home()
        if problem:
            self._problem(problem)
        self._supervisor.record()

    def _rendered(self) -> Iterator[str]:
        plan, conf = self._supervisor.plan, Path(self._supervisor.plan.paths.conf)
        if self._supervisor.stack.phase not in ("serving", "failed"):
            return
        for file in plan.files:
            if file.reader != "host" and not (conf / file.name).is_file():
                write_texts((file,), conf)
                yield f"{conf / file.name} was removed and has been written again"

    def _link(self) -> Iterator[str]:
        supervisor, link = self._supervisor, Path(self._supervisor.plan.paths.app_socket)
        target = supervisor.units.serves_at
        if not target or (link.is_symlink() and str(link.readlink()) == target):
            return
        supervisor.units.point()
        yield f"{link} was removed or changed and has been put back"

    def _generation(self) -> Iterator[str]:
        serving = self._supervisor.stack.serving
        if serving is None or serving.condition != "ready":
            return
        folder = Path(f"{self._supervisor.plan.paths.runtime}/{serving.key}")
        if self._supervisor.units.write_missing(serving.key):
            yield f"{folder} was removed and has been made again"
        process = self._supervisor.units.process(serving.key)
        orders = (order for order in (*process.stop, process.in_place) if isinstance(order, WriteFifo))
        self._doors.learn([folder / STATISTICS, *(Path(order.path) for order in orders)])

    def _sockets(self) -> Iterator[str]:
        supervisor = self._supervisor
        back, self._lost = self._doors.put_back({**supervisor.listeners.files, **supervisor.control.files})
        for path in back:
            yield f"{path} was removed and has been put back"
        for path in self._lost:
            self._problem(f"{path} was removed, and nothing can reach it until it is replaced")

    def _token(self) -> Iterator[str]:
        if self._supervisor.dashboard.put_token_back():
            yield f"{self._supervisor.plan.paths.dashboard_token} was removed and has been put back"

    # -- replacing

    async def _replace_lost(self) -> None:
        if not self._lost:
            self._next_try_s, self._pause_s = 0.0, LOOK_EVERY_S
            return
        supervisor = self._supervisor
        for path in self._lost:
            if path in supervisor.control.files:
                await supervisor.control.reopen()
                self._tell(f"{path} was removed and has been replaced")
            elif path in self._lent_to(FRONT):
                self._replace_front(path)
            elif supervisor.dashboard.is_at(path):
                supervisor.dashboard.renew()
        serving = supervisor.stack.serving
        if serving and any(
            path in self._lent_to(serving.key) or path.parent.name == serving.key for path in self._lost
        ):
            self._replace_generation()

    def _lent_to(self, key: str) -> list[Path]:
        units = self._supervisor.units
        if key not in units.running:
            return []
        lent = (lend.address for lend in units.unit(key).process.lends)
        return [Path(address.path) for address in lent if isinstance(address, UnixAddress)]

    def _replace_front(self, path: Path) -> None:
        """End the front, whose next one gets a new socket; not when somebody else's file is in its place."""
        front = self._supervisor.units.running.get(FRONT)
        if front and front.pid != self._ended_front and not os.path.lexists(path):
            self._ended_front = front.pid
            front.signal("QUIT")
            self._tell(f"{path} was removed; the front is started again with a new one")

    def _replace_generation(self) -> None:
        now = time.monotonic()
        if self._supervisor.stack.phase not in ("serving", "failed") or now < self._next_try_s:
            return
        self._next_try_s, self._pause_s = now + self._pause_s, min(self._pause_s * 2, LONGEST_PAUSE_S)
        self._tell("the socket of the app server was removed; a new generation gets a new one")
        self._supervisor.ask_reload()

    # -- telling

    def _tell(self, text: str) -> None:
        """Write it down, unless that was done not long ago."""
        now = time.monotonic()
        if now - self._repairs.get(text, -RECENT_S) >= RECENT_S:
            self._supervisor.diary.write(f"warning: {text}")
        self._repairs[text] = now

    def _problem(self, text: str) -> None:
        if text not in self._problems:
            self._problems.append(text)
        self._supervisor.once(text)

"""The servers of a stack: started, asked, pointed at, stopped. The machine says when; the plan says how."""

from __future__ import annotations

import asyncio
import contextlib
import os
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from enuf.errors import EnufError
from enuf.model.address import UnixAddress
from enuf.model.plan import ConfigFile, Health, Plan
from enuf.model.process import Lend, ProcessSpec, ReadyFile, Unit
from enuf.run.process.children import Child, Children
from enuf.run.process.environment import process_environment
from enuf.run.process.listeners import SLOTS, Listeners
from enuf.run.process.log_places import Startable, startable
from enuf.run.process.readiness import health_problem, until_ready
from enuf.run.process.stopping import (
    drain_queue,
    end_strays,
    kill,
    reap_orphans,
    send_order,
    stop,
    until_empty,
)
from enuf.run.reload.events import FRONT, Event, Exited, Ready, UnitNotReady
from enuf.system import files, marks
from enuf.system.closed import FILE_MODE
from enuf.system.event_log import EventLog
from enuf.system.process import describe_exit, name_of

Post = Callable[[Event], None]
Run = Callable[[Coroutine[Any, Any, None]], None]


class SocketSlots:
    """Which socket of a shared address belongs to which generation."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, key: str) -> int:
        """The slot of this generation; at first the lowest that is free."""
        free = (slot for slot in range(SLOTS) if slot not in self._taken.values())
        return self._taken.setdefault(key, next(free, 0))

    def leave(self, key: str) -> None:
        """The generation is gone."""
        self._taken.pop(key, None)


class Units:
    """Performs what the machine orders about single units, and posts what comes of it."""

    def __init__(
        self,
        *,
        children: Children,
        listeners: Listeners,
        post: Post,
        run: Run,
        diary: EventLog,
        environ: Mapping[str, str],
    ) -> None:
        self._children = children
        self._listeners = listeners
        self._post = post
        self._run = run
        self._diary = diary
        self._environ = environ
        self._plans: dict[str, Plan] = {}
        self._started: dict[str, ProcessSpec] = {}
        self._served = ""
        self._front_folder = Path()
        self.without_logs: dict[str, str] = {}
        """Units that do not log where they should, with a warning about each."""
        self._slots = SocketSlots()
        self._ending: set[Child] = set()
        self._orphaned: set[Child] = set()
        self._named: set[str] = set()
        self.running: dict[str, Child] = {}
        self.warn_only = True
        """While the stack starts, a bad status of `GET /` is worth a warning, not a refusal: there is nothing to fall back on."""
        self.warnings: list[str] = []

    def unit(self, key: str) -> Unit:
        """The unit by the plan it was started with, its generation's number filled in."""
        plan = self._plans[key]
        if key == FRONT and plan.front:
            return plan.front
        return plan.server.of_generation(number_of(key))

    def spawn(self, key: str, plan: Plan) -> None:
        """Start the unit by this plan, or again by the plan it had."""
        if key == FRONT:  # it follows the plan in force; a generation keeps the one that it was made for
            self._plans[key] = plan
        plan = self._plans.setdefault(key, plan)
        unit = self.unit(key)
        try:
            process = self._made_startable(key, plan, unit)
            self._clear_ready_file(unit)
            lent = tuple(self._lend(key, lend) for lend in process.lends)
            child = self._children.start(
                process,
                process_environment(process, self._environ, plan.env_files, lent),
                lent,
                key=key,
            )
        except Exception as error:  # whatever it is: a unit that was ordered is started, or reported
            if not isinstance(error, OSError | EnufError):
                self._diary.write(traceback.format_exc())
            self._post(Exited(key, f"{key} cannot be started: {error}"))
            return
        unit = replace(unit, process=process)
        self.running[key] = child
        self._diary.write(f"{key}: {unit.process.name} started, pid {child.pid}")
        since = files.size_of(Path(unit.process.log))
        self._run(self._watch_exit(key, unit, child, since))
        self._run(self._watch_ready(key, unit, child, since))

    def plan_anew(self, plan: Plan) -> None:
        """Start generations by this plan from now on, also one that is started again."""
        for key in self._plans:
            if key != FRONT:
                self._plans[key] = plan

    def _lend(self, key: str, lend: Lend) -> int:
        bound = self._listeners.open(lend.address, lend.mode, shared=lend.shared)
        return self._listeners.descriptor(bound, self._slots.of(key) if lend.shared else 0)

    def process(self, key: str) -> ProcessSpec:
        """The process as it was really started: its logs may not be where the plan has them."""
        return self._started[key]

    def _made_startable(self, key: str, plan: Plan, unit: Unit) -> ProcessSpec:
        """Write the unit's files. Return the process that reads them where they are, with logs that can be opened."""
        if key != FRONT:
            made = self._noted(key, startable(unit.process, plan.files_of("server"), plan.paths))
            self._write_into(Path(f"{plan.paths.runtime}/{key}"), made.files)
            return made.process
        conf, self._front_folder = plan.paths.conf, Path(plan.paths.conf)
        process = self._write_front(plan)
        argv = tuple(word.replace(f"{conf}/", f"{self._front_folder}/") for word in process.argv)
        return replace(process, argv=argv)

    def write_front(self, plan: Plan) -> None:
        """Write the front's files where it reads them, with logs that can be opened. Raises OSError."""
        self._write_front(plan)

    def _write_front(self, plan: Plan) -> ProcessSpec:
        assert plan.front
        made = self._noted(FRONT, startable(plan.front.process, plan.files_of("front"), plan.paths))
        try:
            write_texts(made.files, self._front_folder)
        except OSError:
            if FRONT in self.running:
                raise
            self._front_folder = Path(plan.paths.runtime) / "front"
            self._write_into(self._front_folder, made.files)
        return made.process

    def _noted(self, key: str, made: Startable) -> Startable:
        """Remember where the unit logs."""
        if made.warning:
            self.without_logs[key] = made.warning
            self._diary.write(f"warning: {made.warning}")
        else:
            self.without_logs.pop(key, None)
        self._started[key] = made.process
        return made

    @staticmethod
    def _write_into(folder: Path, texts: Sequence[ConfigFile]) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_texts(texts, folder)

    def write_missing(self, key: str) -> bool:
        """Write the files of a running generation again where one is missing. Return True then. Raises OSError."""
        plan = self._plans[key]
        folder = Path(f"{plan.paths.runtime}/{key}")
        if all((folder / file.name).is_file() for file in plan.files_of("server")):
            return False
        if not folder.is_dir() or folder.is_symlink():
            files.remove(folder)
        self._write_into(folder, plan.files_of("server"))
        return True

    @staticmethod
    def _clear_ready_file(unit: Unit) -> None:
        if isinstance(unit.process.readiness, ReadyFile):
            Path(unit.process.readiness.path).unlink(missing_ok=True)

    async def _watch_exit(self, key: str, unit: Unit, child: Child, since: int) -> None:
        """Post `Exited` once the process has ended, whatever goes wrong in telling how."""
        status = await child.end()
        reason = f"{unit.process.name} ended"
        try:
            del self.running[key]
            reason = f"{unit.process.name} {describe_exit(status)}"
            surprise = "" if child in self._ending else ", unexpectedly"
            self._diary.write(f"{key}: {reason}{surprise}, pid {child.pid}")
            if child in self._ending:
                self._ending.discard(child)
                await self._kill(child)  # the app may have started processes of its own
                self._run(self._end_left_by(key, child))
            else:
                self._run(self._bury(key, unit, child))
            reason += log_excerpt(Path(unit.process.log), since)
        finally:
            self._post(Exited(key, reason))

    async def _bury(self, key: str, unit: Unit, child: Child) -> None:
        self._orphaned.add(child)
        try:
            await reap_orphans(unit.process, child)
        finally:
            self._orphaned.discard(child)
        await self._end_left_by(key, child)

    async def _end_left_by(self, key: str, child: Child) -> None:
        """End what the app started from this process in sessions of their own: its mark proves whose it is.

        The successor's app starts its own, so they would become one more with every reload.
        """
        told = await end_strays(lambda: self._children.strays.marked(child.name))
        if told:
            self._diary.write(f"{key}: ended what its app had left running: {', '.join(told)}")
        self._name_unclaimed()

    def _name_unclaimed(self) -> None:
        """Log the orphans that carry no mark, because they were started with an environment of their own.

        They may be those of any generation, so they are ended with the stack and not before.
        """
        of_units = {child.pid for child in (*self.running.values(), *self._orphaned)}
        for pid in self._children.orphans():
            if marks.carried(pid)[0] != marks.run_id() and marks.session_of(pid) not in of_units:
                told = f"{name_of(pid)} (pid {pid}) was left running by the app, in which generation cannot be told"
                if told not in self._named:
                    self._named.add(told)
                    self._diary.write(f"{told}; it is ended with the stack")

    async def _kill(self, child: Child) -> None:
        if not await kill(child):
            self._diary.write(f"warning: the kernel does not let go of pid {[child.pid, *child.others()]}")

    async def finish(self) -> None:
        """Kill every unit that still runs, and the workers of those that died."""
        for child in (*self.running.values(), *self._orphaned):
            await self._kill(child)

    async def _watch_ready(self, key: str, unit: Unit, child: Child, since: int) -> None:
        """Post `Ready` or `UnitNotReady`, whatever goes wrong in finding out; when the process ends, `Exited` is enough."""
        plan = self._plans[key]
        try:
            digest = next((file.digest for file in plan.files_of("front") if file.digest), "")
            problem = await until_ready(unit, child, digest)
            if not problem and key != FRONT:
                problem = await self._health(unit, plan, since)
        except Exception as error:
            self._diary.write(traceback.format_exc())
            problem = f"a bug in enuf: {type(error).__name__}: {error}"
        if child.is_running:
            self._diary.write(f"{key}: {problem or 'ready'}")
            self._post(UnitNotReady(key, problem) if problem else Ready(key))

    async def _health(self, unit: Unit, plan: Plan, since: int) -> str:
        if not plan.health.enabled:
            return ""
        problem, reply = await health_problem(unit, plan.health)
        if problem and reply is not None and self.warn_only and not plan.health.strict_status:
            self.warnings.append(f"{problem}; the traceback is in {unit.process.log}")
            return ""
        return problem + log_excerpt(Path(unit.process.log), since) if problem else ""

    def stop(self, key: str, *, drain: bool) -> None:
        """Take the unit through its stop steps."""
        child = self.running.get(key)
        if child is None:
            return
        self._ending.add(child)
        self._run(self._stop(key, child, drain=drain))

    async def _stop(self, key: str, child: Child, *, drain: bool) -> None:
        try:
            unit, plan = self.unit(key), self._plans[key]
            if drain:
                await self._drain(key, unit, plan.health)
            await stop(unit.process, child)
        except Exception:  # it must end all the same: the machine waits for that
            self._diary.write(traceback.format_exc())
            await self._kill(child)

    async def _drain(self, key: str, unit: Unit, health: Health) -> None:
        for address in unit.shared:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(health.timeout_s):
                    await until_empty(partial(self._listeners.waiting, address, self._slots.of(key)))
        await drain_queue(unit, health.path, health.host, health.timeout_s)

    def kill(self, key: str) -> None:
        """End the unit's whole session."""
        if child := self.running.get(key):
            self._ending.add(child)
            self._run(self._kill(child))

    def refresh(self, key: str) -> None:
        """Give the unit its order to take new code in place, and watch it become ready again."""
        child, unit = self.running.get(key), self.unit(key)
        if child is None:
            return  # it has just ended, and its `Exited` is on its way
        self._clear_ready_file(unit)
        order = unit.process.in_place
        if order is None or not send_order(order, child):
            self._post(UnitNotReady(key, f"{unit.process.name} does not take orders"))
            return
        self._run(self._watch_ready(key, unit, child, files.size_of(Path(unit.process.log))))

    def serve(self, key: str) -> None:
        """New requests go to this generation, from one moment to the next (F49)."""
        unit = self.unit(key)
        self._served = key
        self.point()
        for address in unit.shared:
            self._listeners.steer(address, self._slots.of(key))

    @property
    def serves_at(self) -> str:
        """The file that the address of the app leads to, by its name in the runtime folder; empty when it leads nowhere."""
        if self._served not in self._plans:
            return ""
        address = self.unit(self._served).serves_at
        return Path(address.path).name if isinstance(address, UnixAddress) else ""

    def point(self) -> None:
        """Let the address of the app lead to the generation that serves. Raises OSError."""
        if target := self.serves_at:
            link = Path(self._plans[self._served].paths.app_socket)
            if link.is_dir() and not link.is_symlink():
                files.remove(link)
            files.replace_symlink(link, target)

    def hide(self) -> None:
        """Let the address of the app lead nowhere, so that the front says at once that nobody answers."""
        if self._served in self._plans:
            files.remove(Path(self._plans[self._served].paths.app_socket))
        self._served = ""

    def discard(self, key: str) -> None:
        """Give up what a generation that is gone leaves."""
        if key not in self._plans:
            return
        for lend in self.unit(key).process.lends:
            if lend.shared:  # others serve there
                self._listeners.reject_pending(lend.address, self._slots.of(key))
            else:
                self._listeners.close(lend.address)
        self._slots.leave(key)
        self._started.pop(key, None)
        self.without_logs.pop(key, None)
        files.remove(Path(f"{self._plans.pop(key).paths.runtime}/{key}"))


def number_of(key: str) -> int:
    """The number of a generation; the front has none, and counts as 0."""
    return 0 if key == FRONT else int(key[1:])


def write_files(plan: Plan, reader: str, folder: Path) -> None:
    """The rendered files of one reader are in the folder."""
    write_texts(plan.files_of(reader), folder)


def write_texts(texts: Sequence[ConfigFile], folder: Path) -> None:
    """Write these files into the folder. Raises OSError, unless they stand there already."""
    for file in texts:
        path = folder / file.name
        try:
            files.write_whole(path, file.text, FILE_MODE)
        except OSError:
            if not _says(path, file.text.encode()):
                raise


def _says(path: Path, text: bytes) -> bool:
    try:
        return files.read_regular(path, len(text) + 1) == text
    except OSError:
        return False


def log_excerpt(path: Path, offset: int, limit_bytes: int = 6000) -> str:
    """What a log says since `offset`, from its last traceback on; begins with a newline, empty when there is nothing."""
    with contextlib.suppress(OSError), files.open_regular(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(offset, size - limit_bytes))
        text = file.read(limit_bytes).decode("utf-8", "replace").strip()
        at = text.rfind("Traceback (most recent call last)")
        return "\n" + (text[at:] if at >= 0 else "\n".join(text.splitlines()[-12:])) if text else ""
    return ""


async def sleep_until(at_s: float) -> None:
    """Return when the loop's clock shows this time."""
    await asyncio.sleep(max(0.0, at_s - asyncio.get_running_loop().time()))

"""The servers of a stack: started, probed, published, stopped.

The machine decides when; the plan says how.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from enuf.discover.denied import cure_for_denied
from enuf.errors import EnufError
from enuf.inspect.server_log import without_stamps
from enuf.model.plan import Health, Plan
from enuf.model.process import Lend, ProcessSpec, Unit
from enuf.model.stack_events import BugFound, WarningGiven
from enuf.model.status import UnitExits
from enuf.model.unit_events import UnitExited, UnitReady, UnitStarted, UnitUnready
from enuf.run.machine.events import FRONT, Event, Exited, Ready, UnitNotReady, number_of
from enuf.run.process.children import Child, Children
from enuf.run.process.environment import process_environment
from enuf.run.process.listeners import Listeners
from enuf.run.process.readiness import health_problem, until_ready
from enuf.run.process.slots import SocketSlots
from enuf.run.process.stopping import (
    continue_suspended,
    drain_queue,
    kill,
    reap_orphans,
    send_order,
    stop,
    until_empty,
)
from enuf.run.process.strays import Strays
from enuf.run.process.unit_files import UnitFiles, clear_ready_file, log_excerpt
from enuf.run.tasks import Run
from enuf.system import files
from enuf.system.journal import EventJournal
from enuf.system.process import describe_exit

LAST_TRACEBACK_BYTES = 16_384
"""Bytes at the end of a server's log in which the traceback of the first request is looked for."""
Post = Callable[[Event], None]


class Units:
    """The machine's effects on single units: each method performs one and posts the events that follow."""

    def __init__(
        self,
        *,
        children: Children,
        listeners: Listeners,
        post: Post,
        run: Run,
        journal: EventJournal,
        environ: Mapping[str, str],
        provide: Callable[[Plan], None],
    ) -> None:
        """`provide` writes what the front reads besides its configuration: its certificate."""
        self._children = children
        self._listeners = listeners
        self._post = post
        self._run = run
        self._journal = journal
        self._environ = environ
        self._provide = provide
        self._plans: dict[str, Plan] = {}
        self._served = ""
        self._files = UnitFiles(journal)
        self._slots = SocketSlots()
        self._ending: set[Child] = set()
        self._orphaned: set[Child] = set()
        self._strays = Strays(children, journal, lambda: (*self.running.values(), *self._orphaned))
        self.running: dict[str, Child] = {}
        self.exits = UnitExits()
        self.warn_only = True
        """While the stack starts, a bad status of `GET /` is worth a warning, not a refusal: there is
        nothing to fall back on."""
        self.warnings: list[str] = []
        self.plan_is_final = asyncio.Event()
        """Set when the throw-away import of the first start has ended, in whatever way."""

    def unit(self, key: str) -> Unit:
        """Return the unit of the plan that it was started with, its generation's number filled in."""
        plan = self._plans[key]
        if key == FRONT and plan.front:
            return plan.front
        return plan.server.of_generation(number_of(key))

    def spawn(self, key: str, plan: Plan) -> None:
        """Start a unit by this plan.

        A generation that was started before is started by its own plan again.
        """
        if key == FRONT:
            self._plans[key] = plan
        plan = self._plans.setdefault(key, plan)
        unit = self.unit(key)
        try:
            if key == FRONT:
                self._provide(plan)
            process = self._files.prepare(key, plan, unit, front_runs=FRONT in self.running)
            clear_ready_file(unit)
            lent = tuple(self._lend(key, lend) for lend in process.lends)
            child = self._children.start(
                process,
                process_environment(process, self._environ, plan.env_files, lent),
                lent,
                key=key,
            )
        except Exception as error:  # the machine waits: every unit is started, or reported
            if not isinstance(error, OSError | EnufError):
                self._journal.record(BugFound(traceback.format_exc()))
            self._post(Exited(key, f"{key} cannot be started: {error}"))
            return
        unit = replace(unit, process=process)
        self.running[key] = child
        self._journal.record(UnitStarted(key, unit.process.name, child.pid))
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
        """Return the process as it was really started: its logs may not be where the plan has them."""
        return self._files.process(key)

    def write_front(self, plan: Plan) -> None:
        """Write the front's files where the front reads them, with logs that can be opened.

        Raise OSError, or EnufError for a certificate that cannot be used.
        """
        self._provide(plan)
        self._files.write_front(plan, runs=FRONT in self.running)

    def write_missing(self, key: str) -> bool:
        """Write the files of a running generation again where one is missing.

        Return True then. Raise OSError.
        """
        return self._files.write_missing(key, self._plans[key])

    @property
    def without_logs(self) -> Mapping[str, str]:
        """The units that do not log where they should, with a warning about each."""
        return self._files.without_logs

    async def _watch_exit(self, key: str, unit: Unit, child: Child, since: int) -> None:
        """Post `Exited` once the process has ended, even if its exit status cannot be determined."""
        status = await child.end()
        reason = f"{unit.process.name} ended"
        try:
            del self.running[key]
            how = describe_exit(status)
            reason = f"{unit.process.name} {how}"
            self._count_exit(key, child)
            self._journal.record(
                UnitExited(key, unit.process.name, child.pid, how, expected=child in self._ending)
            )
            if child in self._ending:
                self._ending.discard(child)
                await self._kill(child)  # the app may have started processes of its own
                self._run(self._strays.end_left_by(key, child))
            else:
                self._run(self._finish_orphans(key, unit, child))
            reason += log_excerpt(Path(unit.process.log), since)
        finally:
            self._post(Exited(key, reason))

    def _count_exit(self, key: str, child: Child) -> None:
        if child in self._ending:
            return
        if key == FRONT:
            self.exits = replace(self.exits, front=self.exits.front + 1)
        else:
            self.exits = replace(self.exits, server=self.exits.server + 1)

    async def _finish_orphans(self, key: str, unit: Unit, child: Child) -> None:
        self._orphaned.add(child)
        try:
            await reap_orphans(unit.process, child)
        finally:
            self._orphaned.discard(child)
        await self._strays.end_left_by(key, child)

    async def _kill(self, child: Child) -> None:
        if not await kill(child):
            pids = [child.pid, *child.others()]
            self._journal.record(WarningGiven(f"the kernel does not let go of pid {pids}"))

    async def finish(self) -> None:
        """Kill every unit that still runs, and the workers of those that died."""
        for child in (*self.running.values(), *self._orphaned):
            try:
                await self._kill(child)
            except Exception:  # the next one must still be killed
                self._journal.record(BugFound(traceback.format_exc()))

    async def _watch_ready(self, key: str, unit: Unit, child: Child, since: int) -> None:
        """Post `Ready` or `UnitNotReady`; an unexpected exception counts as not ready.

        Post nothing when the process has ended.
        """
        plan = self._plans[key]
        try:
            digest = next((file.digest for file in plan.files_of("front") if file.digest), "")
            problem = await until_ready(unit, child, digest)
            if not problem and key != FRONT:
                problem = await self._newest_health(key, unit, since)
        except Exception as error:
            self._journal.record(BugFound(traceback.format_exc()))
            problem = f"a bug in enuf: {type(error).__name__}: {error}"
        if child.is_running:
            self._journal.record(UnitUnready(key, problem) if problem else UnitReady(key))
            self._post(UnitNotReady(key, problem) if problem else Ready(key))

    async def _newest_health(self, key: str, unit: Unit, since: int) -> str:
        """Ask for the page by the plan; again when an import that still ran has found a name that the app answers to."""
        asked = self._plans[key]
        problem = await self._health(unit, asked, since)
        if problem:
            await self.plan_is_final.wait()
            newest = self._plans[key]
            problem = await self._health(unit, newest, since) if newest.health != asked.health else problem
        return problem

    async def _health(self, unit: Unit, plan: Plan, since: int) -> str:
        if not plan.health.enabled:
            return ""
        problem, reply = await health_problem(unit, plan.health)
        if problem and reply is not None and self.warn_only and not plan.health.strict_status:
            log = Path(unit.process.log)
            cure = cure_for_denied(without_stamps(files.tail(log, LAST_TRACEBACK_BYTES)), plan.paths.project)
            self.warnings.append(f"{problem}; the traceback is in {log}" + (f"; {cure}" if cure else ""))
            return ""
        return problem + log_excerpt(Path(unit.process.log), since) if problem else ""

    def stop(self, key: str, *, drain: bool) -> None:
        """Begin to take the unit through its stop steps.

        With `drain` it accepts all that is in its queue first.
        """
        child = self.running.get(key)
        if child is None:
            return
        self._ending.add(child)
        self._run(self._stop(key, child, drain=drain))

    async def _stop(self, key: str, child: Child, *, drain: bool) -> None:
        try:
            unit, plan = self.unit(key), self._plans[key]
            continue_suspended(child)
            if key == FRONT:
                Path(plan.paths.stopping).touch(0o600)
            if drain:
                await self._drain(key, unit, plan.health)
            await stop(unit.process, child)
        except Exception:  # the machine waits for the exit, so end the unit anyway
            self._journal.record(BugFound(traceback.format_exc()))
            await self._kill(child)

    async def _drain(self, key: str, unit: Unit, health: Health) -> None:
        handed_over = (lend.address for lend in unit.process.lends if lend.is_handed_over)
        for address in (*unit.shared, *handed_over):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(health.timeout_s):
                    await until_empty(partial(self._listeners.waiting, address, self._slots.of(key)))
        await drain_queue(unit, health.path, health.host, health.timeout_s)

    def kill(self, key: str) -> None:
        """Begin to kill the unit's whole session."""
        if child := self.running.get(key):
            self._ending.add(child)
            self._run(self._kill(child))

    def refresh(self, key: str) -> None:
        """Order the unit to take new code in place, and watch it become ready again."""
        child, unit = self.running.get(key), self.unit(key)
        if child is None:
            return  # the process has just ended, and `Exited` follows
        clear_ready_file(unit)
        order = unit.process.in_place
        if order is None or not send_order(order, child):
            self._post(UnitNotReady(key, f"{unit.process.name} does not take orders"))
            return
        self._run(self._watch_ready(key, unit, child, files.size_of(Path(unit.process.log))))

    def publish(self, key: str) -> None:
        """Send new requests to this generation, from one moment to the next (F49). Raise OSError."""
        unit = self.unit(key)
        self._served = key
        self.link_serving()
        for address in unit.shared:
            self._listeners.steer(address, self._slots.of(key))

    @property
    def links(self) -> dict[Path, str]:
        """The app's symlinks, each with the name of the socket file that it must lead to.

        Empty when no generation is published.
        """
        if self._served not in self._plans:
            return {}
        sockets = self.unit(self._served).sockets
        addresses = self._plans[self._served].paths.app_sockets(len(sockets))
        return {Path(link): Path(each.path).name for link, each in zip(addresses, sockets, strict=True)}

    def link_serving(self) -> None:
        """Let the app's symlinks lead to the sockets of the published generation. Raise OSError."""
        for link, target in self.links.items():
            if link.is_dir() and not link.is_symlink():
                files.remove(link)
            files.replace_symlink(link, target)

    def unpublish(self) -> None:
        """Remove the app's symlinks, so that the front answers 502 at once.

        Visitors would wait for an answer otherwise.
        """
        for link in self.links:
            files.remove(link)
        self._served = ""

    def release(self, key: str) -> None:
        """Close the sockets of a generation that is gone and remove its files."""
        if key not in self._plans:
            return
        for lend in self.unit(key).process.lends:
            if lend.is_handed_over:  # the service manager's, for the whole run
                continue
            if lend.shared:  # other generations serve at this address
                self._listeners.reject_pending(lend.address, self._slots.of(key))
            else:
                self._listeners.close(lend.address)
        self._slots.leave(key)
        self._files.forget(key)
        files.remove(Path(self._plans.pop(key).paths.folder_of(key)))

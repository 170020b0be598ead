"""The supervisor: one thread, one queue of events, and the machine that decides.

Signals and control requests only queue events; the loop takes them one by one, so two reloads at once or a
storm of signals are never two things happening.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from enuf.errors import EnufError
from enuf.model.environment import secret_values
from enuf.model.plan import Plan
from enuf.model.protocol import ControlReply, ControlRequest
from enuf.model.stack_events import (
    BugFound,
    PhaseChanged,
    ReloadAccepted,
    StackEnded,
    StackStarted,
    WarningGiven,
)
from enuf.run.beside.group import BesideTheApp
from enuf.run.beside.launch import Launcher
from enuf.run.care.certificate import CertificateWatch, ServedPair
from enuf.run.care.checking import Checkup
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.care.host_certificate import HostCertificate
from enuf.run.care.hung import HungRequests
from enuf.run.care.in_flight import requests_in_flight
from enuf.run.care.journal_copy import JournalCopy
from enuf.run.care.orders import CertificateOrders
from enuf.run.care.rotation import LogRotator
from enuf.run.care.runtime_guard import RuntimeGuard
from enuf.run.care.watching import watch_files
from enuf.run.commands import Commands
from enuf.run.control import Control
from enuf.run.dev_page import show
from enuf.run.machine import events
from enuf.run.machine.stack import Stack
from enuf.run.machine.transitions import step
from enuf.run.notices import Notices
from enuf.run.plans import PlanSteps
from enuf.run.process.children import Children
from enuf.run.process.listeners import Listeners
from enuf.run.process.stopping import KILLED_WITHIN_S
from enuf.run.process.strays import Strays
from enuf.run.process.units import Units
from enuf.run.recorder import StateRecorder
from enuf.run.releases import ReleaseRecord
from enuf.run.reload.forked import Make, PlanInTheMaking
from enuf.run.reload.refusals import KnownErrors, refused_event
from enuf.run.reload.requests import ReloadRequests
from enuf.run.reporter import Reporter
from enuf.run.running import RunningStack
from enuf.run.service_variables import ServiceVariables
from enuf.run.signals import SignalHandlers
from enuf.run.status import StatusSource
from enuf.run.tasks import Tasks
from enuf.system import files
from enuf.system.journal import EventJournal
from enuf.system.stack_lock import StackLock
from enuf.tls.root_reader import RootReader

LEFT_WITHIN_S = 2.0
"""How much longer than the machine allows a stop may take before the supervisor ends without it."""


class Supervisor:
    """The composition of a running stack: its parts, the event queue, and the effects of the machine."""

    def __init__(
        self,
        plan: Plan,
        make: Make,
        making: PlanInTheMaking | None,
        *,
        listeners: Listeners,
        reporter: Reporter,
        environ: Mapping[str, str],
        lock: StackLock | None = None,
        root_reader: RootReader | None = None,
    ) -> None:
        """`plan` is started at once.

        `making` completes it with what an import of the app finds, None for a complete plan.
        `make` makes a new plan for a reload. `lock` follows the project's folder when that is replaced.
        `root_reader` reads the certificate's files where only root may.
        """
        self._running = RunningStack(plan)
        self._make = make
        self._making = making
        self._listeners = listeners
        self._reporter = reporter
        self._environ = environ
        self._lock = lock
        self._served_pair = ServedPair(root_reader)
        self._over_by_s: float | None = None
        """When the loop is left although the machine still waits for something."""
        self._journal = EventJournal(plan.paths)
        self._notices = Notices(self._journal, reporter)
        # What a person has typed may be shown to that person; a service speaks to a log that others read.
        hidden = partial(secret_values, environ) if plan.site else tuple[str, ...]
        self._errors = KnownErrors(self._journal, plan.paths.log, hidden)
        self._reload_requests = ReloadRequests()
        self._tasks = Tasks(self._stop_for_a_bug, end_within_s=LEFT_WITHIN_S)

    @property
    def stack(self) -> Stack:
        """The machine's state."""
        return self._running.stack

    async def run(self) -> EnufError | None:
        """Run the stack to its end. Return None after a requested stop, else why the stack ended."""
        self._wire()
        try:
            await self._begin()
            while not self.stack.closed and (event := await self._next_event()):
                self._take(event)
        finally:
            await self._end_everything()
        self._journal.record(StackEnded(self.stack.fatal))
        return self._errors.error_of(self.stack.fatal) if self.stack.fatal else None

    # -- the parts

    def _wire(self) -> None:
        """Make the parts.

        Nothing is opened or started yet, so that all of them can be closed whatever fails later.
        """
        plan, running = self._running.plan, self._running
        journal, notices, listeners = self._journal, self._notices, self._listeners
        own_mark = f"enuf/{os.urandom(8).hex()}"  # in the front's log: our own requests are not counted
        self._queue: asyncio.Queue[events.Event] = asyncio.Queue()
        self._children = Children([self._making.pid] if self._making else [])
        # Register the child before the first waitpid(); otherwise its exit status is discarded as an unknown pid.
        self._maker = self._children.adopt(self._making.pid) if self._making else None
        self._units = Units(
            children=self._children, listeners=listeners, post=self._post, run=self._tasks.run, journal=journal,
            environ=self._environ, provide=self._served_pair.provide,
        )  # fmt: skip
        self._orders = CertificateOrders(running, self._children, self._environ, journal)
        self._certificate = CertificateWatch(running, self._units, self._served_pair, self._orders, journal)
        certificate = HostCertificate(plan.site) if plan.site else self._certificate
        self._dashboard = DashboardProcess(
            plan.dashboard, plan.paths, listeners=listeners, children=self._children, environ=self._environ,
            own_mark=own_mark, changed=self._record, journal=journal, notices=notices,
        )  # fmt: skip
        launcher = Launcher(
            running, self._children, self._environ, run=self._tasks.run, journal=journal, changed=self._record
        )
        self._beside = BesideTheApp(launcher)
        self._recorder = StateRecorder(running, self._units, self._dashboard, self._beside, notices)
        self._rotator = LogRotator(running, self._units, self._dashboard, journal)
        self._journal_copy = JournalCopy(running) if plan.site else None
        self._control = Control(plan.paths, self._perform_request)
        self._guard = RuntimeGuard(
            running, units=self._units, listeners=listeners, control=self._control, dashboard=self._dashboard,
            rotator=self._rotator, certificate=self._served_pair, record=self._record, request_reload=self._request_reload, journal=journal,
            notices=notices, lock=self._lock,
        )  # fmt: skip
        releases = ReleaseRecord(plan.paths, journal)
        self._plans = PlanSteps(
            running, self._make, children=self._children, units=self._units, environ=self._environ, post=self._post,
            errors=self._errors, notices=notices, reporter=self._reporter, own_mark=own_mark, releases=releases,
        )  # fmt: skip
        checkup = Checkup(
            running, units=self._units, listeners=listeners, control=self._control, dashboard=self._dashboard,
            runtime_guard=self._guard, own_mark=own_mark,
        )  # fmt: skip
        access_log = Path(plan.paths.log) / "access.log"
        self._hung = HungRequests(plan.server.process, access_log, journal)
        status = StatusSource(
            running, units=self._units, dashboard=self._dashboard, reload_requests=self._reload_requests,
            runtime_guard=self._guard, checkup=checkup, recorder=self._recorder, certificate=certificate,
            notices=notices, journal=journal, hung=self._hung, releases=releases, beside=self._beside,
        )  # fmt: skip
        variables = ServiceVariables(self._environ)
        self._commands = Commands(running, self._reload_requests, status, self._post, variables)
        self._signals = SignalHandlers(
            self._reporter,
            stop=lambda at_once: self._post(events.StopRequested(at_once=at_once)),
            reload=self._request_reload,
            reopen_logs=lambda: self._tasks.run(self._rotator.reopen()),
            in_flight=lambda: requests_in_flight(running),
        )

    async def _perform_request(self, request: ControlRequest) -> ControlReply:
        return await self._commands.perform(request)

    def _post(self, event: events.Event) -> None:
        if isinstance(event, events.StopRequested) and event.at_once:
            self._beside.kill()  # here: the machine may have ended before them
        self._queue.put_nowait(event)

    def _record(self) -> None:
        self._recorder.record()

    def _request_reload(self) -> None:
        """Order a reload that no client waits for; the reporter hears how it ended."""
        self._post(events.ReloadRequested(self._reload_requests.open(self._report_reloaded)))

    def _report_reloaded(self, problem: EnufError | None) -> None:
        self._reporter.reloaded(self._running.generation, problem)

    # -- begin and end

    async def _begin(self) -> None:
        plan = self._running.plan
        self._signals.install()
        self._guard.open()
        await self._control.open()
        self._journal.record(StackStarted(os.getpid(), plan.topology.id, str(plan.app), str(plan.listen)))
        self._dashboard.open()
        self._plans.note_edited()
        if plan.preparation:  # with a complete plan: see `prepare_start`
            self._tasks.run(self._plans.prepare_first())
        else:
            self._post(events.StartRequested(proven=self._making is None))
        if self._maker is not None and self._making is not None:
            self._tasks.run(self._plans.complete(self._maker, self._making.pipe))
        else:
            self._units.plan_is_final.set()
        self._tasks.run(self._rotator.keep())
        if self._journal_copy:
            self._tasks.run(self._journal_copy.keep())
        self._tasks.run(self._guard.watch())
        if plan.server.process.hung:
            self._tasks.run(self._hung.watch())
        if plan.tls:
            self._tasks.run(self._certificate.watch())
            self._tasks.run(self._orders.watch())
        if plan.watch:
            self._tasks.run(watch_files(plan.watch, self._request_reload))

    async def _next_event(self) -> events.Event | None:
        """Wait for the next event; return None when a stop has waited too long for one."""
        try:
            async with asyncio.timeout_at(self._over_by_s):
                return await self._queue.get()
        except TimeoutError:
            warning = "the stop waits for something that does not come: everything is killed"
            self._journal.record(WarningGiven(warning))
            return None

    async def _end_everything(self) -> None:
        """Leave no process, socket or file behind.

        Each step has an end of its own, and is taken whatever the others do.
        """
        strays = Strays(self._children, self._journal, lambda: ())
        ends: tuple[Callable[[], Awaitable[None]], ...] = (
            self._tasks.cancel,
            self._beside.stop,
            self._dashboard.stop,
            self._units.finish,
            self._served_pair.close,  # before the strays: in a container's first process root's reader is a child of ours
            strays.end_all,
            *([self._journal_copy.finish] if self._journal_copy else []),
            self._control.close,
        )
        for end in ends:
            try:
                await end()
            except Exception:  # the next step must still be taken
                self._journal.record(BugFound(traceback.format_exc()))
        self._listeners.close_all()
        self._guard.close()  # first: to remove a folder takes a descriptor
        for path in self._running.plan.paths.of_a_run:
            files.remove(Path(path))

    # -- events and effects

    def _take(self, event: events.Event) -> None:
        before, now_s = self.stack, asyncio.get_running_loop().time()
        self._running.stack, effects = step(before, event, now_s)
        for effect in effects:
            try:
                self._perform(effect)
            except OSError as error:
                # A full disk, no more descriptors, a folder that is gone: serve on, and report it.
                self._notices.warn(f"{type(effect).__name__.lower()} failed: {error}")
            except Exception:
                self._stop_for_a_bug()
        self._limit_the_stop(before, now_s)
        self._report_phase(before)
        self._record()

    def _limit_the_stop(self, before: Stack, now_s: float) -> None:
        """Note when a stop must be over at the latest.

        The machine might wait for an exit that never comes.
        """
        stack = self.stack
        if stack.at_once and not before.at_once:
            self._over_by_s = now_s + KILLED_WITHIN_S + LEFT_WITHIN_S
        elif stack.phase == "stopping" and before.phase != "stopping":
            self._over_by_s = now_s + stack.stop_within_s + LEFT_WITHIN_S
        if stack.late and not before.late:
            warning = f"not ended within {stack.stop_within_s:g} s: the rest is killed"
            self._journal.record(WarningGiven(warning))

    def _report_phase(self, before: Stack) -> None:
        if self.stack.phase != before.phase:
            is_stop = self.stack.phase == "stopping"  # an earlier failure is not why somebody stops the stack
            reason = self.stack.fatal if is_stop else self.stack.reason
            self._journal.record(PhaseChanged(before.phase, self.stack.phase, reason))
        if self.stack.phase == "serving" and before.phase == "starting":
            self._report_serving()
        if self.stack.phase == "serving":
            self._beside.start()
        elif self.stack.phase == "stopping" and before.phase != "stopping":
            self._beside.begin_stop()

    def _report_serving(self) -> None:
        # Remember what the servers have made before users hear that they serve: it may be removed at once.
        self._guard.put_back()
        self._units.warn_only = False
        for warning in self._units.warnings:
            self._reporter.warning(warning)
        self._reporter.serving(self._running.plan)
        self._tasks.run(self._dashboard.keep())

    def _stop_for_a_bug(self) -> None:
        """Record the exception that is being handled, and stop the stack gracefully."""
        self._journal.record(BugFound(traceback.format_exc()))
        self._notices.warn("a bug in enuf: see enuf.log; the stack goes down")
        self._post(events.StopRequested())

    def _perform(self, effect: events.Effect) -> None:  # noqa: C901 - one line per kind of effect
        match effect:
            case events.Spawn(key):
                self._spawn(key)
            case events.Refresh(key):
                self._guard.forget(key)
                self._units.refresh(key)
            case events.Stop(key, drain):
                self._units.stop(key, drain=drain)
            case events.Kill(key):
                self._units.kill(key)
            case events.Publish(key):
                self._units.publish(key)
            case events.Unpublish():
                self._units.unpublish()
            case events.Release(key):
                self._guard.forget(key)
                self._units.release(key)
            case events.Prepare(mode, commands):
                self._guard.put_back()
                self._tasks.run(self._plans.prepare(mode, commands=commands))
            case events.RefreshFront():
                self._tasks.run(self._plans.refresh_front())
            case events.CheckChain():
                self._reporter.progress(f"asking for {self._running.plan.url}")
                self._tasks.run(self._plans.check_chain())
            case events.Accept():
                before = self._running.plan
                self._plans.accept()
                self._beside.follow(before)
            case events.Answer(requests, problem):
                self._answer(requests, problem)
            case events.WakeAt(at_s):
                asyncio.get_running_loop().call_at(at_s, self._post, events.TimerFired())
            case events.Close():
                pass

    def _spawn(self, key: str) -> None:
        self._guard.put_back()
        self._guard.forget(key)  # a server makes its FIFO and its sockets anew
        plan = self._running.newest_plan
        if key == events.FRONT and plan.front:
            self._reporter.progress(f"starting {plan.front.process.name}")
        self._units.spawn(key, plan)

    def _answer(self, requests: tuple[int, ...], problem: str) -> None:
        error = self._errors.error_of(problem) if problem else None
        if error:
            self._running.next_plan = None
        show(self._running.plan, error)
        accepted = ReloadAccepted(self._running.generation)
        self._journal.record(refused_event(error) if error else accepted)
        self._reload_requests.answer(requests, error)

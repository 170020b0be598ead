"""The supervisor: one thread, one queue of events, and the machine that decides.

Signals and orders only queue events (SIGTERM: go down; SIGHUP: reload; SIGUSR1: reopen the logs); the loop takes
them one by one, so two reloads at once or a storm of signals are never two things happening.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import traceback
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from enuf.errors import EnufError, NotReady, PrivilegeNeeded
from enuf.model.plan import Plan
from enuf.plan.diff import PlanChange, diff
from enuf.run.care.checking import problems_of
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.care.hung import HungRequests
from enuf.run.care.rotation import LogRotator
from enuf.run.care.runtime_guard import RuntimeGuard
from enuf.run.care.watching import watch_files
from enuf.run.control import Control
from enuf.run.dev_page import show
from enuf.run.process.children import Child, Children
from enuf.run.process.listeners import Listeners
from enuf.run.process.readiness import chain_problem
from enuf.run.process.stopping import KILLED_WITHIN_S, end_strays, stops_within_s
from enuf.run.process.units import Units, sleep_until, write_files
from enuf.run.reload import events
from enuf.run.reload.forked import Make, PlanInTheMaking, finished_plan
from enuf.run.reload.machine import step
from enuf.run.reload.prepare import prepare, refresh_front
from enuf.run.reload.refusals import as_refusal, format_refusal, reload_refusal
from enuf.run.reload.requests import ReloadRequests
from enuf.run.reload.stack import Stack
from enuf.run.reporter import Reporter
from enuf.run.state import Recorded, state_of_this_run, write_state
from enuf.run.status import status_of
from enuf.system import files
from enuf.system.event_log import EventLog
from enuf.system.orders import Order
from enuf.system.process import has_terminal

ROOM_FOR_LOGS_BYTES = 64 * 1024
ERRORS_KEPT = 8
LEFT_WITHIN_S = 2.0
"""How much longer than the machine allows a stop may take before the supervisor ends without it."""


class Supervisor:
    """Runs a plan until it is asked to stop."""

    def __init__(
        self,
        plan: Plan,
        make: Make,
        making: PlanInTheMaking | None,
        *,
        listeners: Listeners,
        reporter: Reporter,
        environ: Mapping[str, str],
    ) -> None:
        """`plan` is started at once; `making` will complete it with what an import of the app tells, or it is complete.

        `make` makes a new one for a reload.
        """
        self.plan = plan
        self.stack = Stack(
            has_front=plan.front is not None,
            hand_over=plan.server.hand_over,
            stop_within_s=stops_within_s(plan),
        )
        self._over_by_s: float | None = None
        """When the loop is left although the machine still waits for something."""
        self._make = make
        self._next: Plan | None = None
        self._making = making
        self.listeners = listeners
        self._reporter = reporter
        self.environ = environ
        self._errors: dict[str, EnufError] = {}
        self.reload_requests = ReloadRequests()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops_asked = 0
        self._warned: set[str] = set()
        self._noted: set[str] = set()
        self._unrecorded = ""
        self._mark = f"enuf/{secrets.token_hex(8)}"
        """Our own requests say so in the front's log: they are not counted."""
        self.diary = EventLog(Path(plan.paths.log) / "enuf.log")

    async def run(self) -> EnufError | None:
        """Return when everything has ended: None after a stop that was asked for, else why it ended."""
        self._queue: asyncio.Queue[events.Event] = asyncio.Queue()
        self.children = Children([self._making.pid] if self._making else [])
        # Known to the reaper before it first looks, or the end of the maker would be that of a stranger.
        maker = self.children.adopt(self._making.pid) if self._making else None
        self.units = Units(
            children=self.children, listeners=self.listeners, post=self._queue.put_nowait, run=self._run, diary=self.diary, environ=self.environ
        )  # fmt: skip
        self.rotation = LogRotator(self)
        self.dashboard = DashboardProcess(self, self._mark)
        self.runtime_guard = RuntimeGuard(self)
        self.control = Control(self.plan.paths, self._order)
        self._listen_to_signals()
        await self.control.open()
        self.diary.write(
            f"enuf starts, pid {os.getpid()}: {self.plan.topology.id} for {self.plan.app} at {self.plan.listen}"
        )
        self.dashboard.open()
        self._queue.put_nowait(events.StartRequested(proven=self._making is None))
        if maker is not None and self._making is not None:
            self._run(self._prove(maker, self._making.pipe))
        self._run(self.rotation.keep())
        self._run(self.runtime_guard.watch())
        if self.plan.server.process.hung:
            self._run(self._watch_for_hung_requests())
        if self.plan.watch:
            self._run(
                watch_files(
                    self.plan.watch,
                    lambda: self._queue.put_nowait(
                        events.ReloadRequested(self.reload_requests.open(self._tell_reloaded))
                    ),
                )
            )
        try:
            while not self.stack.closed:
                async with asyncio.timeout_at(self._over_by_s):
                    event = await self._queue.get()
                self._take(event)
        except TimeoutError:
            self.diary.write("warning: the stop waits for something that does not come: everything is killed")
        finally:
            await self._end_everything()
            self.runtime_guard.close()
        self.diary.write(f"enuf ends{': ' + self.stack.fatal if self.stack.fatal else ''}")
        return self._error(self.stack.fatal) if self.stack.fatal else None

    async def _end_everything(self) -> None:
        """Leave no process, socket or file behind, whatever of it is still there. Each step has an end of its own."""
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LEFT_WITHIN_S)
        await self.dashboard.stop()
        await self.units.finish()
        strays = await end_strays(self.children.strays.now)
        if strays:
            self.diary.write(f"ended what the app had left running: {', '.join(strays)}")
        await self.control.close()
        self.listeners.close_all()
        self._leave_nothing()

    # -- events ---------------------------------------------------------------------------------------------------

    def _take(self, event: events.Event) -> None:
        before, now_s = self.stack, asyncio.get_running_loop().time()
        self.stack, effects = step(self.stack, event, now_s)
        for effect in effects:
            try:
                self._perform(effect)
            except OSError as error:
                # A full disk, no more descriptors, a folder that is gone: serve on, and say it.
                self.warn(f"{type(effect).__name__.lower()} failed: {error}")
            except Exception:
                self._go_down_for_a_bug()
        self._watch_the_stop(before, now_s)
        self._tell_phase(before.phase)
        self.record()

    def _watch_the_stop(self, before: Stack, now_s: float) -> None:
        """Note when a stop must be over at the latest, should the machine wait for an end that never comes."""
        if self.stack.at_once and not before.at_once:
            self._over_by_s = now_s + KILLED_WITHIN_S + LEFT_WITHIN_S
        elif self.stack.phase == "stopping" and before.phase != "stopping":
            self._over_by_s = now_s + self.stack.stop_within_s + LEFT_WITHIN_S
        if self.stack.late and not before.late:
            self.diary.write(f"warning: not ended within {self.stack.stop_within_s:g} s: the rest is killed")

    def _tell_phase(self, before: str) -> None:
        if self.stack.phase != before:
            self.diary.write(
                f"{before} -> {self.stack.phase}{': ' + self.stack.reason if self.stack.reason else ''}"
            )
        if self.stack.phase == "serving" and before == "starting":
            self._serves_first()

    def _serves_first(self) -> None:
        # What the servers have made is known before anybody hears that they serve: it may be removed at once.
        self.runtime_guard.put_back()
        self.units.warn_only = False
        for warning in self.units.warnings:
            self._reporter.warning(warning)
        self._reporter.serving(self.plan)
        self._run(self.dashboard.keep())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else; a bug in it is written down and takes the stack down gracefully."""

        async def guarded() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except Exception:
                self._go_down_for_a_bug()

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _go_down_for_a_bug(self) -> None:
        self.diary.write(traceback.format_exc())
        self.warn("a bug in enuf: see enuf.log; the stack goes down")
        self._queue.put_nowait(events.StopRequested())

    def _perform(self, effect: events.Effect) -> None:  # noqa: C901 - one line per kind of order
        match effect:
            case events.Spawn(key):
                self.runtime_guard.put_back()
                self.runtime_guard.forget(key)  # a server makes its FIFO and its sockets anew
                if key == events.FRONT and self.plan.front:
                    self._reporter.progress(f"starting {self.plan.front.process.name}")
                self.units.spawn(key, self._next or self.plan)
            case events.Refresh(key):
                self.runtime_guard.forget(key)
                self.units.refresh(key)
            case events.Stop(key, drain):
                self.units.stop(key, drain=drain)
            case events.Kill(key):
                self.units.kill(key)
            case events.Publish(key):
                self.units.serve(key)
            case events.Unpublish():
                self.units.hide()
            case events.Release(key):
                self.runtime_guard.forget(key)
                self.units.discard(key)
            case events.Prepare(mode):
                self._run(self._prepare(mode))
            case events.RefreshFront():
                self._run(self._refresh_front())
            case events.CheckChain():
                self._reporter.progress(f"asking for {self.plan.url}")
                self._run(self._check_chain())
            case events.Accept():
                self._accept()
            case events.Answer(tickets, problem):
                self._answer(tickets, problem)
            case events.WakeAt(at_s):
                self._run(self._wake(at_s))
            case events.Close():
                pass

    async def _watch_for_hung_requests(self) -> None:
        process, log = self.plan.server.process, Path(self.plan.paths.log)
        await HungRequests(Path(process.log), process.hung, log / "access.log", self.diary).watch()

    def ask_reload(self) -> None:
        """Ask ourselves for a reload, and tell the terminal how it ended."""
        self._queue.put_nowait(events.ReloadRequested(self.reload_requests.open(self._tell_reloaded)))

    async def _wake(self, at_s: float) -> None:
        await sleep_until(at_s)
        self._queue.put_nowait(events.TimerFired())

    # -- the plan -------------------------------------------------------------------------------------------------

    async def _prove(self, maker: Child, pipe: int) -> None:
        """Complete the plan with what a throw-away import of the app tells, while the app server is starting."""
        started = self.plan
        try:
            self.plan = await finished_plan(self.children, maker, pipe, self.plan.wait_s * 2)
        except Exception as error:
            self._queue.put_nowait(events.ImportFailed(self._refusal(error)))
        else:
            for note in self.plan.notes:
                self._reporter.warning(note)
            otherwise = diff(started, self.plan).settings
            if otherwise:
                self.units.plan_anew(self.plan)
            self._queue.put_nowait(events.ImportSucceeded(otherwise))

    async def _prepare(self, mode: events.ReloadMode) -> None:
        self.runtime_guard.put_back()
        try:
            self._next, change = await prepare(self.children, self._make, self.plan, self.environ, mode)
        except (
            Exception
        ) as error:  # the machine waits for one of two answers, and what serves must not suffer
            self._next = None
            self._queue.put_nowait(events.PreparationFailed(self._refusal(error)))
        else:
            self._queue.put_nowait(events.Prepared(front=change.front, app=self._app_too(change)))

    @staticmethod
    def _app_too(change: PlanChange) -> bool:
        """A reload that was asked for is a code reload, unless the front alone has changed."""
        return change.app or not change.front

    async def _refresh_front(self) -> None:
        try:
            front = self.units.running.get(events.FRONT)
            problem = await refresh_front(front, self.plan, self._next or self.plan, self.units.write_front)
            reason = self._remember(problem) if problem else ""
        except Exception as error:
            reason = self._refusal(error)
        self._queue.put_nowait(events.FrontRefreshed(reason))

    async def _check_chain(self) -> None:
        try:
            problem = await chain_problem(self.plan, self._mark) if self.plan.health.enabled else ""
        except Exception as error:
            problem = self._refusal(error)
        self._queue.put_nowait(events.ChainBroken(problem) if problem else events.ChainAnswered())

    def _accept(self) -> None:
        self.plan = self._next or self.plan
        self._next = None
        try:
            write_files(self.plan, "server", Path(self.plan.paths.conf))
        except OSError as error:
            self.warn(f"cannot write {self.plan.paths.conf}: {error.strerror}; what runs is not affected")

    # -- orders from outside --------------------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop_asked)
        loop.add_signal_handler(signal.SIGINT, self._stop_asked)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it ignored
            loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        loop.add_signal_handler(signal.SIGUSR1, lambda: self._run(self.rotation.reopen()))
        loop.add_signal_handler(signal.SIGQUIT, lambda: self._queue.put_nowait(events.StopRequested()))
        self._terminal = has_terminal()

    def _stop_asked(self) -> None:
        self._stops_asked += 1
        if self._stops_asked == 1:
            self._reporter.progress("finishing the requests in flight (once more: stop now)")
        self._queue.put_nowait(events.StopRequested(at_once=self._stops_asked > 1))

    def _hung_up(self) -> None:
        """SIGHUP means reload, unless our terminal was closed: then nobody is left to stop us later."""
        if self._terminal and not has_terminal():
            self._queue.put_nowait(events.StopRequested())
        else:
            self._queue.put_nowait(events.ReloadRequested(self.reload_requests.open(self._tell_reloaded)))

    def _tell_reloaded(self, problem: EnufError | None) -> None:
        self._reporter.reloaded(self.generation, problem)

    async def _order(self, order: Order) -> dict[str, Any]:
        """Do what was asked on the control socket, and return the answer."""
        if order.verb == "status":
            problems = await problems_of(self) if order.checked else []
            return {**status_of(self), "problems": problems}
        if order.verb == "reload":
            ticket = self.reload_requests.open()
            self._queue.put_nowait(events.ReloadRequested(ticket, order.mode))
            problem = await self.reload_requests.answered(ticket)
            if problem is None:
                return {"generation": self.generation, "url": self.plan.url}
            raise reload_refusal(problem)
        if order.verb == "stop":
            self._queue.put_nowait(events.StopRequested(order.at_once))
            return {"stopping": True}
        raise PrivilegeNeeded(f"unknown order {order.verb!r}")

    def _answer(self, tickets: tuple[int, ...], problem: str) -> None:
        error = self._error(problem) if problem else None
        self._next = None if error else self._next
        show(self.plan, error)
        self.diary.write(format_refusal(error) if error else f"reloaded: g{self.generation} serves")
        self.reload_requests.answer(tickets, error)

    # -- what is known --------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the serving generation; 0 when none serves."""
        return int(self.stack.serving.key[1:]) if self.stack.serving else 0

    def _refusal(self, error: Exception) -> str:
        if not isinstance(error, EnufError | OSError):
            self.diary.write(traceback.format_exc())
        return self._remember(as_refusal(error))

    def _remember(self, error: EnufError) -> str:
        """Keep an error, so that its reason leads to it again; the oldest of many are forgotten."""
        reason = error.summary + (f"\n{error.detail}" if error.detail else "")
        self._errors.pop(reason, None)
        self._errors[reason] = error
        while len(self._errors) > ERRORS_KEPT:
            del self._errors[next(iter(self._errors))]
        return reason

    def _error(self, reason: str) -> EnufError:
        if reason in self._errors:
            return self._errors[reason]
        summary, _, detail = reason.partition("\n")
        return NotReady(summary, f"the logs are in {self.plan.paths.log}", detail=detail)

    def record(self) -> None:
        """Write down which processes are ours."""
        known = dict(self.units.running)
        if self.dashboard.child:
            known["dashboard"] = self.dashboard.child
        state = state_of_this_run(
            units=tuple(
                Recorded(key, child.pid, child.mark, child.holds)
                for key, child in known.items()
                if child.is_running
            ),
            stops_within_s=self.stack.stop_within_s,
            url=self.plan.url,
            topology=self.plan.topology.id,
            generation=self.generation,
        )
        if state == getattr(self, "_recorded", None) and Path(self.plan.paths.state).is_file():
            return
        problem = write_state(self.plan.paths, state)
        self._unrecorded = problem
        if problem:
            self.once(problem)
        else:
            self._recorded = state

    @property
    def warnings(self) -> list[str]:
        """What is not as it should be, in words."""
        log = Path(self.plan.paths.log)
        full = (
            f"the disk is full: nothing more can be written to {log}"
            if files.free_bytes(log) < ROOM_FOR_LOGS_BYTES
            else ""
        )
        lasting = [
            self.diary.problem,
            self._unrecorded,
            full,
            *self.units.without_logs.values(),
            *self.runtime_guard.warnings,
        ]
        return sorted({*self._warned, *filter(None, lasting)})

    def warn(self, text: str) -> None:
        """Say it once."""
        if text not in self._warned:
            self._warned.add(text)
            self.diary.write(f"warning: {text}")
            self._reporter.warning(text)

    @property
    def own_mark(self) -> str:
        """What our own requests call themselves, so that they are not counted."""
        return self._mark

    def once(self, text: str) -> None:
        """Write a warning down once; whoever knows of it says in the status how long it lasts."""
        if text not in self._noted:
            self._noted.add(text)
            self.diary.write(f"warning: {text}")

    def note(self, text: str) -> None:
        """Say something that is worth knowing and no problem."""
        self.diary.write(f"note: {text}")
        self._reporter.note(text)

    def _leave_nothing(self) -> None:
        for path in self.plan.paths.of_a_run:
            files.remove(Path(path))

"""The plan in force: completed during the start, replaced by a reload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from enuf.model.plan import Plan
from enuf.model.protocol import ReloadMode
from enuf.plan.diff import PlanChange, diff, loading_change
from enuf.run.machine import events
from enuf.run.notices import Notices
from enuf.run.process.children import Child, Children
from enuf.run.process.edited_files import keep_edited, remember_written, replaced_note
from enuf.run.process.readiness import chain_problem
from enuf.run.process.unit_files import write_files
from enuf.run.process.units import Units
from enuf.run.releases import ReleaseRecord
from enuf.run.reload.forked import finished_plan
from enuf.run.reload.preparation import Preparations
from enuf.run.reload.prepare import prepare, refresh_front
from enuf.run.reload.refusals import KnownErrors
from enuf.run.reload.replaced_code import naming_replaced_code
from enuf.run.reporter import Reporter
from enuf.run.running import RunningStack

NOT_PREPARED = "reload.before was not run for an earlier release: its database stays as the later one left it"


class PlanSteps:
    """The machine's effects on plans: each method performs one and posts its outcome."""

    def __init__(
        self,
        running: RunningStack,
        make: Callable[[], Plan],
        *,
        children: Children,
        units: Units,
        environ: Mapping[str, str],
        post: Callable[[events.Event], None],
        errors: KnownErrors,
        notices: Notices,
        reporter: Reporter,
        own_mark: str,
        releases: ReleaseRecord,
    ) -> None:
        """`make` makes a plan, in a child process; `own_mark` is the user agent of enuf's own requests."""
        self._running = running
        self._make = naming_replaced_code(make, running.plan.paths)
        self._children = children
        self._units = units
        self._environ = environ
        self._post = post
        self._errors = errors
        self._notices = notices
        self._reporter = reporter
        self._own_mark = own_mark
        self._releases = releases
        self._preparations = Preparations(children, environ, self._note_command)
        self._skipped = ""
        """Why the commands of the reload in progress were not run; empty where they were."""
        self._edited: tuple[str, ...] = ()
        """Files that were changed by hand since they were written; the reload in progress replaces them."""

    def note_edited(self) -> None:
        """Keep, before a start, the files that were changed by hand since the last one, and report them."""
        paths = self._running.plan.paths
        if note := replaced_note(keep_edited(Path(paths.conf)), paths.shortened(paths.conf)):
            self._notices.note(note)

    async def complete(self, maker: Child, pipe: int) -> None:
        """Complete the plan by a throw-away import of the app, while the app server is starting."""
        plan = self._running.plan
        try:
            self._running.plan = await finished_plan(self._children, maker, pipe, plan.wait_s * 2)
        except Exception as error:
            self._post(events.ImportFailed(self._errors.reason_of(error)))
        else:
            for note in self._running.plan.notes:
                self._reporter.warning(note)
            otherwise = diff(plan, self._running.plan).settings
            self._units.plan_anew(self._running.plan)
            self._post(events.ImportSucceeded(otherwise))
        finally:
            self._units.plan_is_final.set()

    async def prepare_first(self) -> None:
        """Run the commands of the first version, which was imported already, then let it start."""
        try:
            await self._preparations.run(self._running.plan, self._reporter.progress)
        except Exception as error:
            self._post(events.ImportFailed(self._errors.reason_of(error)))
        else:
            self._post(events.StartRequested(proven=True))

    async def prepare(self, mode: ReloadMode, *, commands: bool) -> None:
        """Make a new plan, test its parts, and run its commands."""
        running = self._running
        running.note, running.ran, self._skipped = "", (), ""
        try:
            running.next_plan, change = await prepare(
                self._children, self._make, running.plan, self._environ, mode
            )
            if running.next_plan.preparation and _reloads_app(change):
                if commands:
                    await self._preparations.run(running.next_plan, self._reporter.progress)
                else:
                    self._skipped = NOT_PREPARED
        # The machine waits for one of two outcomes, and the serving generation must not suffer.
        except Exception as error:
            running.next_plan = None
            self._post(events.PreparationFailed(self._errors.reason_of(error)))
        else:
            self._edited = keep_edited(Path(running.plan.paths.conf))
            self._post(events.Prepared(front=change.front, app=_reloads_app(change)))

    async def refresh_front(self) -> None:
        """Let the running front take its new configuration."""
        running, front = self._running, self._units.running.get(events.FRONT)
        try:
            problem = await refresh_front(front, running.plan, running.newest_plan, self._units.write_front)
            reason = self._errors.remember(problem) if problem else ""
        except Exception as error:
            reason = self._errors.reason_of(error)
        self._post(events.FrontRefreshed(reason))

    async def check_chain(self) -> None:
        """Send a request through the whole chain."""
        plan = self._running.plan
        try:
            problem = await chain_problem(plan, self._own_mark) if plan.health.enabled else ""
        except Exception as error:
            problem = self._errors.reason_of(error)
        self._post(events.ChainBroken(problem) if problem else events.ChainAnswered())

    def accept(self) -> None:
        """Put the plan of the reload in force and write its files where people look for them."""
        running = self._running
        before = running.plan.loading
        running.plan, running.next_plan = running.newest_plan, None
        conf = running.plan.paths.conf
        edited, self._edited = self._edited, ()
        notes = (
            loading_change(before, running.plan.loading),
            replaced_note(edited, running.plan.paths.shortened(conf)),
            self._skipped,
        )
        running.note = "; ".join(filter(None, notes))
        if running.note:
            self._notices.note(running.note)
        try:
            write_files(running.plan, "server", Path(conf))
            if edited and self._front_is_in_conf():
                write_files(running.plan, "front", Path(conf))
            names = [file.name for file in running.plan.files if file.reader != "host"]
            remember_written(names, Path(conf))
        except OSError as error:
            self._notices.warn(f"cannot write {conf}: {error.strerror}; what runs is not affected")
        self._releases.serves(running.plan)

    def _note_command(self, text: str) -> None:
        self._running.ran += (text,)
        self._notices.note(text)

    def _front_is_in_conf(self) -> bool:
        """Return True unless the front reads other files than the plan's, with logs at other places."""
        return events.FRONT not in self._units.without_logs


def _reloads_app(change: PlanChange) -> bool:
    """Return True unless the front alone has changed: a reload without any change is a reload of the code."""
    return change.app or not change.front

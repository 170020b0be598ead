"""The status of the stack, as the supervisor knows it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from enuf import __version__
from enuf.model.plan import Plan
from enuf.model.secrets import masked_code
from enuf.model.status import ProgramStatus, ServerStatus, StackStatus, StatusPaths, SupervisorStatus
from enuf.run.beside.group import BesideTheApp
from enuf.run.care.certificate import CertificateWatch
from enuf.run.care.checking import Checkup
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.care.host_certificate import HostCertificate
from enuf.run.care.hung import HungRequests
from enuf.run.care.runtime_guard import RuntimeGuard
from enuf.run.machine.events import FRONT
from enuf.run.notices import Notices
from enuf.run.process.units import Units
from enuf.run.recorder import StateRecorder
from enuf.run.releases import ReleaseRecord
from enuf.run.reload.requests import ReloadRequests
from enuf.run.running import RunningStack
from enuf.system import files
from enuf.system.journal import EventJournal

ROOM_FOR_LOGS_BYTES = 64 * 1024


class StatusSource:
    """Puts the status together: pids, versions and paths, without looking into the servers."""

    def __init__(
        self,
        running: RunningStack,
        *,
        units: Units,
        dashboard: DashboardProcess,
        reload_requests: ReloadRequests,
        runtime_guard: RuntimeGuard,
        checkup: Checkup,
        recorder: StateRecorder,
        certificate: CertificateWatch | HostCertificate,
        notices: Notices,
        journal: EventJournal,
        hung: HungRequests,
        beside: BesideTheApp,
        releases: ReleaseRecord,
    ) -> None:
        self._running = running
        self._units = units
        self._dashboard = dashboard
        self._reload_requests = reload_requests
        self._runtime_guard = runtime_guard
        self._checkup = checkup
        self._recorder = recorder
        self._certificate = certificate
        self._notices = notices
        self._journal = journal
        self._hung = hung
        self._beside = beside
        self._releases = releases

    async def checked_status(self) -> StackStatus:
        """Return the status with the problems that keep visitors from an answer right now."""
        problems = await self._checkup.problems()
        return replace(self.status(), problems=tuple(problems))

    def status(self) -> StackStatus:
        """Return the status."""
        plan, stack, refused = self._running.plan, self._running.stack, self._reload_requests.refusal()
        return StackStatus(
            state=stack.phase,
            reason=stack.reason or (refused.summary if refused else ""),
            url=plan.url,
            tls=self._certificate.status(),
            topology=plan.topology.id,
            generation=self._running.generation,
            app=masked_code(str(plan.app)),
            release=self._releases.status(),
            supervisor=SupervisorStatus(os.getpid()),
            front=_front_of_host(plan) or self._front(plan),
            server=self._server(plan),
            retiring=tuple(unit.key for unit in stack.retiring),
            # A server that was lent no socket has made its own, with a limit of its own.
            backlog_limit=plan.backlog_limit if plan.server.process.lends else None,
            unseen=plan.server.unseen,
            paths=StatusPaths(
                conf=plan.paths.conf,
                log=plan.paths.log,
                socket=plan.paths.app_socket,
                runtime=plan.paths.runtime,
            ),
            dashboard=self._dashboard.status(),
            reloads=self._reload_requests.outcomes,
            refused=refused,
            answers=self._hung.counts,
            maintenance=_maintenance(plan),
            beside=self._beside.processes(),
            jobs=self._beside.jobs(),
            exits=self._hung.exits,
            unit_exits=self._units.exits,
            enuf=__version__,
            suspended=self._checkup.suspended(),
            warnings=(*self._warnings(), *(plan.notes if plan.site else ())),
            plan_notes=plan.notes,
        )

    def _warnings(self) -> list[str]:
        log = Path(self._running.plan.paths.log)
        full = (
            f"the disk is full: nothing more can be written to {log}"
            if files.free_bytes(log) < ROOM_FOR_LOGS_BYTES
            else ""
        )
        passing = [
            self._journal.problem,
            self._recorder.problem,
            self._dashboard.problem,
            full,
            *self._units.without_logs.values(),
            *self._runtime_guard.warnings,
            *self._certificate.warnings(),
        ]
        return sorted({*self._notices.lasting, *filter(None, passing)})

    def _front(self, plan: Plan) -> ProgramStatus | None:
        return _program(plan, plan.front.process.name, self._pid(FRONT)) if plan.front else None

    def _server(self, plan: Plan) -> ServerStatus:
        serving = self._running.stack.serving
        program = _program(plan, plan.server.process.name, self._pid(serving.key) if serving else None)
        return ServerStatus(
            name=program.name,
            version=program.version,
            origin=program.origin,
            pid=program.pid,
            ports=tuple(str(address) for address in plan.server.ports),
            processes=plan.processes,
            threads=plan.threads,
        )

    def _pid(self, key: str) -> int | None:
        child = self._units.running.get(key)
        return child.pid if child else None


def _program(plan: Plan, name: str, pid: int | None) -> ProgramStatus:
    """Return the status of a program. Flask's own server is none: it has the version of the app's Flask."""
    tool, python = plan.toolchain.tools.get(name), plan.toolchain.python
    version, origin = (tool.version, tool.origin) if tool else (python.flask_version, python.origin)
    return ProgramStatus(name=name, version=version, origin=origin, pid=pid)


def _front_of_host(plan: Plan) -> ProgramStatus | None:
    """Return the host's own nginx, which runs without us.

    Return None for a stack with a front of its own, or without one.
    """
    if plan.site is None:
        return None
    return ProgramStatus(name="nginx", version=plan.site.nginx.version, origin="host", pid=None)


def _maintenance(plan: Plan) -> Literal["on", "off", "none"]:
    """Return whether the site is closed; nginx looks at the file for every request."""
    if not plan.pages.maintenance:
        return "none"
    return "on" if Path(plan.paths.closed).is_file() else "off"

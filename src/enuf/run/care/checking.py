"""Whether visitors get an answer right now: what `enuf status` asks.

Its own requests are not counted as a visitor's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from enuf.inspect.host_site import host_problem, visitor_of
from enuf.model.address import Address, UnixAddress
from enuf.model.plan import Plan
from enuf.model.process import ReadyDigest
from enuf.model.site import Site
from enuf.model.status import SuspendedProcess
from enuf.run.care.dashboard import DashboardProcess
from enuf.run.care.runtime_guard import RuntimeGuard
from enuf.run.control import Control
from enuf.run.machine.events import FRONT
from enuf.run.process.children import Child
from enuf.run.process.listeners import Listeners
from enuf.run.process.units import Units
from enuf.run.running import RunningStack
from enuf.system import sockets
from enuf.system.http_probe import send_get
from enuf.system.http_reply import NoReply
from enuf.system.process import is_suspended
from enuf.system.sites import record_in_force
from enuf.system.tls_probe import NO_PROXY

WITHIN_S = 2.0
REQUEST_ID = "X-Request-ID"


class Checkup:
    """A check of all that a visitor's request passes: sockets, links, servers."""

    def __init__(
        self,
        running: RunningStack,
        *,
        units: Units,
        listeners: Listeners,
        control: Control,
        dashboard: DashboardProcess,
        runtime_guard: RuntimeGuard,
        own_mark: str,
    ) -> None:
        """`own_mark` is the user agent of enuf's own requests."""
        self._running = running
        self._units = units
        self._listeners = listeners
        self._control = control
        self._dashboard = dashboard
        self._runtime_guard = runtime_guard
        self._own_mark = own_mark

    async def problems(self) -> list[str]:
        """Return the obstacles between visitors and an answer, one sentence each with its cure.

        Return an empty list while all is well.
        """
        if self._running.stack.phase not in ("serving", "reloading"):
            return []
        self._runtime_guard.put_back()
        problems = [*self._lost_sockets(), *self._stopped_servers()]
        if self._running.plan.site:
            return problems + await _host_problems(self._running.plan, self._own_mark)
        return problems + await self._front_problems()

    def _lost_sockets(self) -> Iterator[str]:
        for path in self._runtime_guard.lost:
            if path not in self._control.files and not self._dashboard.is_at(path):
                yield f"{path} was removed: it is replaced within seconds, else: enuf restart"

    def _stopped_servers(self) -> Iterator[str]:
        """Yield a problem for the front or the serving generation when a signal has stopped all its workers."""
        for name, child in self._serving_units():
            if _is_stopped(child):
                yield f"{name} does not answer: its processes were stopped by a signal: kill -CONT -{child.pid}"

    def suspended(self) -> tuple[SuspendedProcess, ...]:
        """Return the processes that a signal has suspended."""
        return tuple(
            SuspendedProcess(name, pid, is_worker=pid != child.pid)
            for name, child in self._serving_units()
            for pid in (child.pid, *child.others())
            if is_suspended(pid)
        )

    def _serving_units(self) -> Iterator[tuple[str, Child]]:
        """Yield the running main process of the front and of the serving generation, each with its program's name."""
        plan, serving = self._running.plan, self._running.stack.serving
        for unit, key in ((plan.front, FRONT), (plan.server, serving.key if serving else "")):
            child = self._units.running.get(key)
            if unit and child:
                yield unit.process.name, child

    async def _front_problems(self) -> list[str]:
        plan, front, listen = self._running.plan, self._running.plan.front, self._running.plan.listen
        # Without a front, we would wait in the app's own queue; and a socket that we hold takes everybody.
        asks = front is not None or not self._listeners.holds(listen)
        greeting = NO_PROXY if plan.proxied else b""  # without it nginx logs an error of a visitor
        if asks and (problem := await _connect_problem(listen.reachable, greeting)):
            return [f"nobody can connect to {plan.url}: {problem}; enuf restart binds it anew"]
        if front is None or not isinstance(front.process.readiness, ReadyDigest):
            return []
        name = front.process.name
        child = self._units.running.get(FRONT)
        if child is None:
            return [f"{name} is not running and is being started again: enuf logs --layer front"]
        if _is_stopped(child):
            return []  # `_stopped_servers` says so
        private = front.process.readiness
        try:
            await send_get("http", private.address, private.path, host="enuf", timeout_s=WITHIN_S)
        except NoReply as error:
            return [f"{name} does not answer: {error}; see enuf logs --layer front, or: enuf restart"]
        return []


def _is_stopped(child: Child) -> bool:
    """Return True if a signal has stopped all workers of a server, or the server that has none."""
    return all(is_suspended(pid) for pid in child.others() or [child.pid])


async def _connect_problem(address: Address, greeting: bytes = b"") -> str:
    """Connect, and send nothing but the greeting. Return why that failed, in words; empty when it worked."""
    if isinstance(address, UnixAddress):
        return "" if sockets.accepts(address.path) else f"nobody listens at {address.path}"
    try:
        async with asyncio.timeout(WITHIN_S):
            _, writer = await asyncio.open_connection(address.host, address.port)
    except TimeoutError:
        return f"no answer within {WITHIN_S:g} s"
    except OSError as error:
        return error.strerror or str(error)
    writer.write(greeting)
    writer.close()
    return ""


async def _host_problems(plan: Plan, own_mark: str) -> list[str]:
    """Ask the host's own nginx for the site, as a visitor does."""
    if plan.site is None or (asked := visitor_of(plan, _digest_in_force(plan.site))) is None:
        return []
    names_itself = any(REQUEST_ID in file.text for file in plan.files_of("host"))
    commands = plan.paths.service_commands
    problem = await host_problem(plan.site, asked, commands, own_mark, names_itself=names_itself)
    return [problem] if problem else []


def _digest_in_force(site: Site) -> str:
    """Return the digest of the file that root has written for the site; empty where the record does not say it."""
    record = record_in_force(site.name)
    return record.visitor.digest if record and record.visitor else ""

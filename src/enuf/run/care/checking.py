"""Do visitors get an answer right now? What `enuf status` asks, and nobody counts as a visitor's request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psutil

from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.plan import Plan
from enuf.model.process import ReadyDigest
from enuf.run.process.readiness import reachable
from enuf.run.reload.events import FRONT
from enuf.system import sockets
from enuf.system.http_probe import NoReply, ask

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor

WITHIN_S = 2.0
REQUEST_ID = "X-Request-ID"


async def problems_of(supervisor: Supervisor) -> list[str]:
    """Return what keeps visitors from an answer, a sentence each with its cure; nothing while all is well."""
    if supervisor.stack.phase not in ("serving", "reloading"):
        return []
    supervisor.runtime_guard.put_back()
    found = [*_lost(supervisor), *_still(supervisor)]
    if supervisor.plan.site:
        found += await _host_problems(supervisor.plan, supervisor.own_mark)
    else:
        found += await _front_problems(supervisor)
    return found


def _lost(supervisor: Supervisor) -> Iterator[str]:
    control = supervisor.control.files
    for path in supervisor.runtime_guard.lost:
        if path not in control and not supervisor.dashboard.is_at(path):
            yield f"{path} was removed: it is replaced within seconds, else: enuf restart"


def _still(supervisor: Supervisor) -> Iterator[str]:
    """Find a server whose processes were all stopped by a signal."""
    serving = supervisor.stack.serving
    child = supervisor.units.running.get(serving.key) if serving else None
    if child and all(_is_stopped(pid) for pid in child.others() or [child.pid]):
        name = supervisor.plan.server.process.name
        yield f"the processes of {name} were stopped by a signal: kill -CONT -{child.pid}"


def _is_stopped(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return False


async def _front_problems(supervisor: Supervisor) -> list[str]:
    front, listen = supervisor.plan.front, supervisor.plan.listen
    # Without a front, we would wait in the app's own queue; and a socket that we hold takes everybody.
    asks = front is not None or not supervisor.listeners.holds(listen)
    if asks and (problem := await _cannot_connect(reachable(listen))):
        return [f"nobody can connect to {supervisor.plan.url}: {problem}; enuf restart binds it anew"]
    if front is None or not isinstance(front.process.readiness, ReadyDigest):
        return []
    name = front.process.name
    if FRONT not in supervisor.units.running:
        return [f"{name} is not running and is being started again: enuf logs --layer front"]
    door = front.process.readiness
    try:
        await ask("http", door.address, door.path, host="enuf", timeout_s=WITHIN_S)
    except NoReply as error:
        return [f"{name} does not answer: {error}; see enuf logs --layer front, or: enuf restart"]
    return []


async def _cannot_connect(address: Address) -> str:
    """Say why nobody can connect there; empty when that works. Nothing is sent."""
    if isinstance(address, UnixAddress):
        return "" if sockets.accepts(address.path) else f"nobody listens at {address.path}"
    try:
        async with asyncio.timeout(WITHIN_S):
            _, writer = await asyncio.open_connection(address.host, address.port)
    except TimeoutError:
        return f"no answer within {WITHIN_S:g} s"
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return ""


async def _host_problems(plan: Plan, mark: str) -> list[str]:
    """Ask the host's own nginx for the site, as a visitor does. An app that is merely slow is no problem."""
    address = reachable(plan.listen)
    if not isinstance(address, TcpAddress):
        return []
    if problem := await _cannot_connect(address):
        return [f"the host's nginx does not listen at {address}: {problem}; sudo systemctl status nginx"]
    try:
        reply = await ask(
            "http", address, plan.health.path, host=plan.health.host, timeout_s=WITHIN_S, agent=mark
        )
    except NoReply as error:
        return [] if "within" in str(error) else [f"the host's nginx gives no answer for {plan.url}: {error}"]
    if reply.status in (502, 504):
        return [f"the host's nginx answers {reply.status}: it does not reach the app; journalctl -u nginx"]
    names_itself = any(REQUEST_ID in file.text for file in plan.files_of("host"))
    if names_itself and REQUEST_ID.lower() not in reply.headers:
        return [
            f"another site of the host's nginx answers for {plan.url}: sudo nginx -t && sudo systemctl reload nginx"
        ]
    return []

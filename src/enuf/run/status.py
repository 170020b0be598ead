"""What a running supervisor knows about itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from enuf.model.plan import Plan
from enuf.model.secrets import masked_code
from enuf.run.reload.events import FRONT

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor


def status_of(supervisor: Supervisor) -> dict[str, Any]:
    """The answer to `status`: pids, versions and paths, without looking into the servers."""
    plan, stack = supervisor.plan, supervisor.stack
    return {
        "state": stack.phase,
        "reason": stack.reason,
        "url": plan.url,
        "topology": plan.topology.id,
        "generation": supervisor.generation,
        "app": masked_code(str(plan.app)),
        "supervisor": {"pid": os.getpid()},
        "front": _front_of_host(plan) or _front(supervisor),
        "server": _server(supervisor),
        "retiring": [unit.key for unit in stack.retiring],
        # A server that was lent no socket has made its own, with a limit of its own.
        "backlog_limit": plan.backlog_limit if plan.server.process.lends else None,
        "unseen": {"wait": plan.server.unseen.wait, "queue": plan.server.unseen.queue},
        "paths": {
            "conf": plan.paths.conf,
            "log": plan.paths.log,
            "socket": plan.paths.app_socket,
            "runtime": plan.paths.runtime,
        },
        "dashboard": supervisor.dashboard.status(),
        "reloads": supervisor.reload_requests.outcomes,
        "warnings": [*supervisor.warnings, *(plan.notes if plan.site else ())],
    }


def _front(supervisor: Supervisor) -> dict[str, Any] | None:
    plan = supervisor.plan
    if plan.front is None:
        return None
    return {**_program(plan, plan.front.process.name), "pid": _pid(supervisor, FRONT)}


def _server(supervisor: Supervisor) -> dict[str, Any]:
    plan, serving = supervisor.plan, supervisor.stack.serving
    return {
        **_program(plan, plan.server.process.name),
        "pid": _pid(supervisor, serving.key) if serving else None,
        "ports": [str(address) for address in plan.server.ports],
        "processes": plan.processes,
        "threads": plan.threads,
    }


def _program(plan: Plan, name: str) -> dict[str, Any]:
    """Flask's own server is no program: it comes with the app's Flask."""
    tool, python = plan.toolchain.tools.get(name), plan.toolchain.python
    version, origin = (tool.version, tool.origin) if tool else (python.flask_version, python.origin)
    return {"name": name, "version": version, "origin": origin}


def _pid(supervisor: Supervisor, key: str) -> int | None:
    child = supervisor.units.running.get(key)
    return child.pid if child else None


def _front_of_host(plan: Plan) -> dict[str, Any] | None:
    """The host's own nginx, which runs without us."""
    if plan.site is None:
        return None
    return {"name": "nginx", "version": plan.site.nginx.version, "origin": "host", "pid": None}

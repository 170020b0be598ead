"""What a running supervisor knows about itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from enuf.model.plan import Plan
from enuf.run.events import FRONT

if TYPE_CHECKING:
    from enuf.run.supervisor import Supervisor


def status_of(supervisor: Supervisor) -> dict[str, Any]:
    """The answer to `status`: pids, versions and paths, without looking into the servers."""
    plan, stack, running = supervisor.plan, supervisor.stack, supervisor.units.running
    tools = plan.toolchain.tools
    server_key = stack.serving.key if stack.serving else ""
    server_child, front_child = running.get(server_key), running.get(FRONT)
    front = plan.front.process.name if plan.front else None
    return {
        "state": stack.phase,
        "reason": stack.reason,
        "url": plan.url,
        "topology": plan.topology.id,
        "generation": supervisor.generation,
        "app": str(plan.app),
        "supervisor": {"pid": os.getpid()},
        "front": _front_of_host(plan)
        or (
            front
            and {
                "name": front,
                "version": tools[front].version,
                "origin": tools[front].origin,
                "pid": front_child.pid if front_child else None,
            }
        ),
        "server": {
            "name": plan.server.process.name,
            "version": tools[plan.server.process.name].version
            if plan.server.process.name in tools
            else plan.toolchain.python.flask_version,
            "origin": tools[plan.server.process.name].origin
            if plan.server.process.name in tools
            else plan.toolchain.python.origin,
            "pid": server_child.pid if server_child else None,
            "ports": [str(address) for address in plan.server.ports],
            "processes": plan.processes,
            "threads": plan.threads,
        },
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
        "reloads": supervisor.tickets.outcomes,
        "warnings": [*supervisor.warnings, *(plan.notes if plan.site else ())],
    }


def _front_of_host(plan: Plan) -> dict[str, Any] | None:
    """The host's own nginx, which runs without us."""
    if plan.site is None:
        return None
    return {"name": "nginx", "version": plan.site.nginx.version, "origin": "host", "pid": None}

"""The supervisor of an installed site's stack, to its end; the program of the service imports little more than this."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from enuf.errors import EnufError
from enuf.model.plan import Plan
from enuf.run.process.acl_listeners import AclListeners
from enuf.run.supervisor import Supervisor
from enuf.start.handover import ServiceHandover
from enuf.start.service_reporter import ServiceReporter, failures_noted
from enuf.system.notify import notify
from enuf.system.runtime_dir import no_room
from enuf.system.stack_lock import StackLock


def run_service(handover: ServiceHandover, listeners: AclListeners, lock: StackLock) -> None:
    """Run the stack until systemd stops the service. Raise the EnufError that ended the stack."""
    plan, environ = handover.plan, handover.variables

    def make() -> Plan:
        from enuf.start.service_plan import plan_of_site

        return plan_of_site(handover.name, handover.invocation, environ, plan.paths)

    with failures_noted(plan.paths):
        error = _run(plan, make, listeners, environ)
    notify(environ, "STOPPING=1")
    lock.close()
    if error is not None:
        raise error


def _run(
    plan: Plan, make: Callable[[], Plan], listeners: AclListeners, environ: Mapping[str, str]
) -> EnufError | None:
    reporter = ServiceReporter(environ)
    supervisor = Supervisor(plan, make, None, listeners=listeners, reporter=reporter, environ=environ)
    try:
        return asyncio.run(supervisor.run())
    except OSError as error:
        return no_room(error)

"""The start of a stack that was handed over to this program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enuf.model.plan import Plan
from enuf.start.handover import Handover
from enuf.start.supervise import SupervisedStart

if TYPE_CHECKING:
    from enuf.settings.load import Loaded


def start_of(handover: Handover) -> SupervisedStart:
    """Return the start; what a reload imports is imported by its own process."""
    environ = handover.variables

    def make() -> Plan:
        from enuf.start.pipeline import full_plan

        return full_plan(handover.invocation, environ, handover.plan.paths)

    def loaded() -> Loaded:
        from enuf.start.pipeline import read_settings

        return read_settings(handover.invocation, environ)

    return SupervisedStart(
        plan=handover.plan,
        make=make,
        making=handover.making,
        loaded=loaded,
        environ=environ,
        warnings=list(handover.warnings),
        lock=handover.stack_lock,
        root_reader=handover.invocation.root_reader,
    )

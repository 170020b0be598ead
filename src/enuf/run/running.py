"""The plan in force, and the machine's state."""

from __future__ import annotations

from enuf.model.plan import Plan
from enuf.run.machine.stack import Stack
from enuf.run.process.stopping import stops_within_s


class RunningStack:
    """The plan in force and the machine's state, for every component of the supervisor.

    The supervisor alone replaces the state; the plan is replaced when a reload is accepted.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.next_plan: Plan | None = None
        """The plan of the reload in progress."""
        self.note = ""
        """What the last reload has changed beside the code, in one line."""
        self.ran: tuple[str, ...] = ()
        """What the commands before the last reload have printed."""
        self.stack = Stack(
            has_front=plan.front is not None,
            hand_over=plan.server.hand_over,
            drains_at_stop=bool(plan.site and plan.site.waits_at),
            stop_within_s=stops_within_s(plan),
        )

    @property
    def newest_plan(self) -> Plan:
        """The plan of the reload in progress, else the plan in force."""
        return self.next_plan or self.plan

    @property
    def generation(self) -> int:
        """The number of the serving generation; 0 when none serves."""
        return self.stack.serving.number if self.stack.serving else 0

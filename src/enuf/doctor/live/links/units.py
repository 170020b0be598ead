"""The units of systemd that the stack runs in."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink


def _describe(case: LiveCase) -> LinkResult | None:
    wanted = {case.server.unit} if case.server else set()
    if case.evidence.front.main:
        wanted.add(case.evidence.front.main.unit)
    for unit in case.evidence.units:
        if unit.name in wanted and unit.value("ActiveState") not in ("active", "reloading", "activating", ""):
            state = f"{unit.value('ActiveState')} ({unit.value('Result')})"
            return LinkResult(state="fault", text=f"systemd says that {unit.name} is {state}")
    names = ", ".join(unit.name for unit in case.evidence.units if unit.name in wanted)
    return LinkResult(state="ok", text=f"systemd says that {names} is active") if names else None


LINK = LiveLink(order=90, title="unit", describe=_describe)

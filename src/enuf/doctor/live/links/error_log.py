"""What nginx says about the request in its error log."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink
from enuf.doctor.live.evidence_lines import log_line


def _describe(case: LiveCase) -> LinkResult | None:
    if not case.evidence.front.is_nginx:
        return None
    logs = [each for each in case.evidence.logs if each.role == "front"]
    read = [each for each in logs if not each.problem]
    if not read:
        why = f"{logs[0].path}: {logs[0].problem}" if logs else "no error log is known"
        return (
            LinkResult(state="unknown", text=f"nginx's error log was not read ({why})")
            if case.fails
            else None
        )
    grave = [each for each in case.now if each.error.level not in ("info", "notice", "debug")]
    if grave:
        return LinkResult(
            state="fault", text=f"nginx logged: {grave[-1].error.text[:200]}", evidence=(log_line(grave[-1]),)
        )
    if case.fails:
        return LinkResult(state="ok", text="nginx logged no error about this request")
    return None


LINK = LiveLink(order=50, title="error log", describe=_describe)

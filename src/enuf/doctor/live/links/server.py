"""The app server behind the socket."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink
from enuf.doctor.live.evidence_lines import log_clock, process_line
from enuf.doctor.live.main_processes import main_process


def _describe(case: LiveCase) -> LinkResult | None:
    backend = case.backend
    if backend is None:
        return None
    main = main_process(backend.holders)
    if main is None:
        others = [each for each in backend.holders if each.program == "other"]
        if others:
            return LinkResult(
                state="ok", text=f"process {others[0].pid} holds it", evidence=(process_line(others[0]),)
            )
        if backend.listeners:
            return LinkResult(state="unknown", text="which process holds it, this user may not see")
        return None
    workers = case.server_workers
    count = f", {len(workers)} workers" if len(workers) != 1 else ", 1 worker"
    text = f"{main.program} (pid {main.pid}) runs since {log_clock(main.started_at)}{count}"
    if main.state == "T":
        return LinkResult(
            state="fault", text=f"{main.program} (pid {main.pid}) is stopped", evidence=(process_line(main),)
        )
    return LinkResult(state="ok", text=text, evidence=(process_line(main),))


LINK = LiveLink(order=70, title="server", describe=_describe)

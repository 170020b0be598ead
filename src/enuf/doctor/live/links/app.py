"""The app in the server: whether it was loaded, as the server's log says."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink
from enuf.doctor.live.evidence_lines import said_line


def _describe(case: LiveCase) -> LinkResult | None:
    said = case.said
    if case.backend is None or not said.lines or not case.is_said_by_server:
        return None
    if line := said.has("no app loaded", "unable to load app 0"):
        return LinkResult(
            state="fault", text=f"the app was not loaded ({said.path})", evidence=(said_line(line),)
        )
    if case.has_no_app:
        return LinkResult(state="fault", text="the answer is uWSGI's own: no app is loaded")
    if line := said.has("WSGI app 0 (mountpoint="):
        return LinkResult(state="ok", text="the app was loaded", evidence=(said_line(line),))
    return None


LINK = LiveLink(order=80, title="app", describe=_describe)

"""The program that listens at the URL."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink
from enuf.doctor.live.evidence_lines import process_line


def _describe(case: LiveCase) -> LinkResult:
    front, requested = case.evidence.front, case.evidence.requested
    if not front.listeners:
        if case.reply.failure == "refused":
            return LinkResult(state="fault", text=f"no program listens at port {requested.port}")
        return LinkResult(
            state="unknown", text=f"the kernel's table shows no listener at port {requested.port}"
        )
    at = ", ".join(dict.fromkeys(str(each.address) for each in front.listeners))
    main = front.main
    if main is None:
        return LinkResult(state="unknown", text=f"a program of another user listens at {at}")
    if not front.is_nginx:
        name = main.words[0].rpartition("/")[2] if main.words else "a program"
        return LinkResult(
            state="ok",
            text=f"{name} (pid {main.pid}) listens at {at}, without nginx",
            evidence=(process_line(main),),
        )
    text = f"nginx (pid {main.pid}) listens at {at}"
    if main.root:
        text = f"nginx (pid {main.pid}) listens at {at}; its files are those of {main.root}"
    return LinkResult(state="ok", text=text, evidence=(process_line(main),))


LINK = LiveLink(order=10, title="listener", describe=_describe)

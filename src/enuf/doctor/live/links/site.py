"""The server block and the location that nginx chooses for the URL."""

from __future__ import annotations

from enuf.doctor.facts.location_choice import as_written
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import LinkResult, LiveLink


def _describe(case: LiveCase) -> LinkResult | None:
    front = case.evidence.front
    if not front.is_nginx:
        return None
    if case.site is None:
        return LinkResult(state="unknown", text=front.problem or "nginx's configuration was not found")
    route = case.route
    if route.server is None:
        return LinkResult(
            state="fault",
            text=f"{front.configuration} has no server block at port {case.evidence.requested.port}",
        )
    block = route.server.directive
    chosen = "by its name" if route.by_name else "as the default of its address"
    text = f"the server block at {case.evidence.named(block.file)}:{block.line} answers, {chosen}"
    if not route.is_certain:
        return LinkResult(state="unknown", text=f"{text}; which location does, its patterns do not tell")
    where = f"; {as_written(route.location.directive)}" if route.location else ""
    directive = route.directive
    if directive is not None:
        return LinkResult(state="ok", text=f"{text}{where}; {directive.name} {directive.arg()}")
    return LinkResult(state="ok", text=f"{text}{where}; no pass to an app")


LINK = LiveLink(order=20, title="site", describe=_describe)

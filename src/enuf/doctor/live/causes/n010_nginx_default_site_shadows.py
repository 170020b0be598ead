"""A server block without the app answers, because it is the default of the address and no name fits."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.facts.listens import server_block_names
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed
from enuf.doctor.live.route import Route, passes_elsewhere


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    route, site = case.route, case.site
    if (
        site is None
        or route.server is None
        or route.by_name
        or not route.is_certain
        or route.handler == "pass"
    ):
        return
    elsewhere = passes_elsewhere(route, site)
    if not elsewhere or (route.handler == "return" and not _returns_a_page(route)):
        return
    block, requested = route.server.directive, case.evidence.requested
    inside = next(
        each
        for each in route.beside
        if any(
            each.directive in match.chain
            for match in site.find(elsewhere[0].name)
            if match.directive is elsewhere[0]
        )
    )
    names = " ".join(name for name in server_block_names(inside.directive) if name)
    found = case.of_code_anywhere("N010")
    evidence = (
        observed(f"{block.file}:{block.line}: this server block answers for {requested.host}"),
        observed(
            f"{inside.directive.file}:{inside.directive.line}: the app's block has server_name {names or 'none'}"
        ),
    )
    yield LiveProof(
        finding=found,
        message=f"the default site answers for {requested.host}: no server_name fits, and the server block at {block.file}:{block.line} "
        f"is the default of the address; the app is in the one for {names or 'no name'}",
        hint=f"remove the default site (sites-enabled/default), or add server_name {requested.host};",
        evidence=evidence,
        file=block.file,
        line=block.line,
    )


def _returns_a_page(route: Route) -> bool:
    """Return True for `return 200 ...`; other codes turn strangers away on purpose."""
    block = route.location or route.server
    lines = directives_in(block.directive, "return") if block else ()
    return bool(lines) and lines[-1].arg().startswith("2")


CAUSE = Cause(code="N010", name="nginx-default-site-shadows", severity="error", order=210, prove=_prove)

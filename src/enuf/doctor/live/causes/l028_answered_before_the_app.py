"""A 404 of nginx's own from a location that has a pass: the request did not reach the app."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed
from enuf.doctor.live.front_said import is_by_nginx
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

_NOT_FOUND = 404
_INTERNAL = (
    "the location is `internal`: nginx answers 404 to every visitor, and takes it for its own redirects alone",
    "take the line internal; out, or let the app send X-Accel-Redirect with this path",
)
_TRIED = (
    "try_files ends in =404: nginx answers 404 where there is no such file, and the pass beside it is never taken",
    "try_files $uri @app; with the pass in location @app { }; or no try_files",
)
"""What is wrong, and what to write instead."""


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    route = case.route
    if case.reply.status != _NOT_FOUND or not is_by_nginx(case) or not route.is_certain:
        return
    location = route.location
    if location is None or route.handler not in ("pass", "files"):
        return
    internal = next(iter(directives_in(location.directive, "internal")), None)
    tried = _ending_in_404(location) if route.handler == "pass" else None
    line = internal or tried
    if line is None:
        return
    message, hint = _INTERNAL if internal else _TRIED
    yield LiveProof(
        message=message,
        hint=hint,
        evidence=(observed(f"{line.file}:{line.line}: {' '.join((line.name, *line.args))}"),),
        file=line.file,
        line=line.line,
    )


def _ending_in_404(location: DirectiveMatch) -> ParsedDirective | None:
    tried = directives_in(location.directive, "try_files")
    return next((each for each in tried if each.args and each.args[-1] == "=404"), None)


CAUSE = Cause(code="L028", name="answered-before-the-app", severity="error", order=245, prove=_prove)

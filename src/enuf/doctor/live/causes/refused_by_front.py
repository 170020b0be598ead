"""Answers of nginx's own: 503 and 429 of a limit, 503 of maintenance, 403 of a rule or of a folder without an index."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line
from enuf.doctor.live.front_said import block_of, place_of, said_by_front, seen_here, severity_of
from enuf.syntax.nginx_tree import ParsedDirective

_ZONE = re.compile(r'by zone "(?P<zone>[^"]{1,200})"')
_FIRST_ERROR, _FORBIDDEN = 500, 403


def _of_limit(case: LiveCase) -> Iterator[LiveProof]:
    seen = seen_here(
        case,
        lambda error: (
            error.text.startswith(("limiting requests", "limiting connections"))
            and "dry run" not in error.text
        ),
    )
    match = _ZONE.search(seen.error.text) if seen else None
    if seen is None or match is None:
        return
    name = "limit_conn" if seen.error.text.startswith("limiting connections") else "limit_req"
    block = block_of(case)
    written = block.inherited(name) if block else ()
    file, line = place_of(
        next((each for each in written if match["zone"] in " ".join(each.args)), None), case
    )
    yield LiveProof(
        message=f"nginx refused a request by {name} of the zone {match['zone']}: the visitor sent more than the limit allows, and the app never saw the request",
        hint="a higher rate=, or burst=20 nodelay behind the zone; behind another proxy all visitors have one address: set_real_ip_from and real_ip_header",
        evidence=(log_line(seen),),
        file=file,
        line=line,
        severity=severity_of(seen),
    )


def _of_maintenance(case: LiveCase) -> Iterator[LiveProof]:
    status = case.reply.status
    if status < _FIRST_ERROR:
        return
    line = next(_returns(case, status), None)
    if line is None or said_by_front(case, "limiting "):
        return
    retry = case.reply.header("retry-after")
    yield LiveProof(
        message=f"nginx answers {status} by itself, as {line.file}:{line.line} says: the site is in maintenance",
        hint="remove that line, or the file that its condition asks for, and: sudo nginx -s reload; with enuf: enuf maintenance off",
        evidence=(
            f"{line.file}:{line.line}: {line.name} {' '.join(line.args)}",
            *((f"the answer: Retry-After: {retry}",) if retry else ()),
        ),
        file=line.file,
        line=line.line,
    )


def _returns(case: LiveCase, status: int) -> Iterator[ParsedDirective]:
    """Yield each `return` of a status, such as 503, of the location and of the server block, without its other locations."""
    for match in (case.route.location, case.route.server):
        for each in (match.directive.block or ()) if match else ():
            for line in (each, *each.below()) if each.name != "location" else ():
                if line.name == "return" and line.arg() == str(status):
                    yield line


def _of_rule(case: LiveCase) -> Iterator[LiveProof]:
    seen = said_by_front(case, "access forbidden by rule", "directory index of")
    if seen is None or not seen.is_now or case.reply.status != _FORBIDDEN:
        return
    if "by rule" in seen.error.text:
        block = block_of(case)
        denied = block.inherited("deny") if block else ()
        file, line = place_of(denied[0] if denied else None, case)
        message = "nginx refuses this visitor by its own rules allow and deny: the app never saw the request"
        hint = "allow the visitor's address; behind another proxy nginx sees the proxy's: set_real_ip_from and real_ip_header"
    else:
        file, line = case.place
        message = "nginx looks for an index file in a folder, finds none, and may not list the folder: the request does not reach the app"
        hint = "location / { include uwsgi_params; uwsgi_pass ...; } without root and index; or put index.html into the folder"
    yield LiveProof(message=message, hint=hint, evidence=(log_line(seen),), file=file, line=line)


CAUSES = (
    Cause(code="R023", name="limited-by-nginx", severity="error", order=420, prove=_of_limit),
    Cause(code="R024", name="maintenance-503", severity="error", order=240, prove=_of_maintenance),
    Cause(code="R025", name="refused-by-nginx", severity="error", order=250, prove=_of_rule),
)

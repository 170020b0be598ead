"""What causes ask of nginx's log and of the block that takes the request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from enuf.doctor.live.case import LiveCase, Seen
from enuf.doctor.live.route import chosen_route
from enuf.doctor.live.upstream_errors import FrontError
from enuf.model.finding import Finding, Severity
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective


def said_by_front(case: LiveCase, *texts: str) -> Seen | None:
    """Return the newest line of the error log about this request's way that contains one of the texts."""
    return seen_here(case, lambda error: any(text in error.text for text in texts))


def seen_here(case: LiveCase, fits: Callable[[FrontError], bool]) -> Seen | None:
    """Return the newest line that fits: about this request, else about an earlier one that took the same location."""
    return case.seen(lambda error: fits(error) and is_same_way(case, error))


def is_same_way(case: LiveCase, error: FrontError) -> bool:
    """Return False for a line about a request that nginx certainly handles in another location or server block."""
    requested = case.evidence.requested
    if case.site is None or not error.target or error.target == requested.target:
        return True
    host = error.host.rpartition(":")[0] if ":" in error.host and not error.host.endswith("]") else error.host
    other = msgspec.structs.replace(requested, host=host.strip("[]") or requested.host, target=error.target)
    address = case.reply.address.rpartition(":")[0].strip("[]") or "127.0.0.1"
    route = chosen_route(case.site, other, address)
    ours = [each.directive for each in (case.route.server, case.route.location) if each]
    theirs = [each.directive for each in (route.server, route.location) if each]
    return not route.is_certain or (
        len(ours) == len(theirs) and all(a is b for a, b in zip(ours, theirs, strict=True))
    )


def severity_of(seen: Seen | None) -> Severity:
    """Return `error` for a line about the request that was just sent; an earlier one of other visitors is a warning."""
    return "error" if seen is not None and seen.is_now else "warning"


def is_by_nginx(case: LiveCase) -> bool:
    """Return True if the body is a page of nginx's own, of this one or of one behind it."""
    return "<center>nginx" in case.reply.body


def block_of(case: LiveCase) -> DirectiveMatch | None:
    """Return the location that takes the request, else the server block."""
    return case.route.location or case.route.server


def value_in_force(case: LiveCase, name: str, usual: str) -> str:
    """Return the first argument of a directive that holds for the request, and nginx's own value where none does."""
    block = block_of(case)
    return (block.value(name) if block else "") or usual


def place_of(directive: ParsedDirective | None, case: LiveCase) -> tuple[str, int]:
    """Return the file and line of a directive, else of the pass or the block."""
    return (directive.file, directive.line) if directive is not None else case.place


def finding_here(case: LiveCase, *codes: str) -> Finding | None:
    """Return the first finding in the files about a line of the block that takes the request, the codes in this order."""
    lines = set(_lines(case))
    found = (
        each
        for code in codes
        for each in case.findings
        if each.code == code and (each.file, each.line) in lines
    )
    return next(found, None)


def _lines(case: LiveCase) -> Iterator[tuple[str, int]]:
    """Yield the places of the location with all inside, and of the server block without its other locations."""
    location, server = case.route.location, case.route.server
    if location is not None:
        yield location.directive.file, location.directive.line
        yield from ((each.file, each.line) for each in location.directive.below())
    if server is not None:
        yield server.directive.file, server.directive.line
        for each in server.directive.block or ():
            if each.name != "location":
                yield each.file, each.line
                yield from ((inner.file, inner.line) for inner in each.below())

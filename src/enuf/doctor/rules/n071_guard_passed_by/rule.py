"""A guarded location beside one without a guard that answers for a part of its paths."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import LocationChoice, as_written, file_of, location_path, passes_on
from enuf.doctor.facts.nginx import directives_in, hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.finding import Severity
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

_GUARDS = ("auth_basic", "auth_request", "auth_jwt", "deny", "internal")
_ASIDE = (
    "return",
    "stub_status",
    "deny",
    "allow",
    "auth_basic",
    "auth_request",
    "auth_jwt",
    "internal",
    "satisfy",
)

_OF_PAGES = (".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".woff", ".woff2", ".ttf")
"""Suffixes of what pages are made of, which apps seldom protect."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unguarded location that nginx prefers for paths below a guarded one."""
    for site in evidence.sites:
        by_block = {id(match.directive): match for match in site.find("location")}
        for server in site.servers():
            file = server.directive.file
            if not is_template(evidence, file) and not hides_lines(site, file):
                yield from _in_server(LocationChoice(server.directive), by_block)


def _in_server(choice: LocationChoice, by_block: dict[int, DirectiveMatch]) -> Iterator[Diagnostic]:
    for prefix, guarded in choice.prefixes.items():
        guard = _guard(guarded)
        if guard is None or prefix == "/":
            continue
        for path, other in _preferred(choice, prefix, guarded):
            match = by_block[id(other)]
            if _is_set_aside(match):
                continue
            severity = _severity(by_block[id(guarded)], match, path)
            if severity:
                yield _diagnostic(guarded, guard, other, path, severity)


def _guard(location: ParsedDirective) -> ParsedDirective | None:
    """Return the directive that guards a location, None if there is none or all are let in."""
    for each in directives_in(location, *_GUARDS):
        if each.arg() != "off" and (each.name != "deny" or each.arg() == "all"):
            return each
    return None


def _preferred(
    choice: LocationChoice, prefix: str, guarded: ParsedDirective
) -> Iterator[tuple[str, ParsedDirective]]:
    """Yield the locations that answer for paths below a prefix, each with such a path."""
    base = prefix if prefix.endswith("/") else f"{prefix}/"
    for each in choice.regexes if guarded.arg() != "^~" else ():
        paths = [f"{base}x.{extension}" for extension in each.extensions] or [f"{base}x"]
        paths.sort(key=lambda path: path.endswith(_OF_PAGES))
        path = next((path for path in paths if choice.chosen(path) is each.location), None)
        if path:
            yield path, each.location
    for inner, location in choice.prefixes.items():
        if inner.startswith(base) and inner != base:
            yield inner, location


def _is_set_aside(match: DirectiveMatch) -> bool:
    """Return True for a location that answers by itself, or says its own word about access."""
    location = match.directive
    if directives_in(location, *_ASIDE):
        return True
    return any(match.value(name) not in ("", "off") for name in ("auth_basic", "auth_request"))


def _severity(guarded: DirectiveMatch, other: DirectiveMatch, path: str) -> Severity | None:
    if passes_on(other.directive):
        if not passes_on(guarded.directive) and not directives_in(guarded.directive, "internal"):
            return None
        return "advice" if path.endswith(_OF_PAGES) else "warning"
    if location_path(other.directive).startswith("/"):
        return None
    same = file_of(guarded, path)
    return "error" if same and same == file_of(other, path) else None


def _diagnostic(
    guarded: ParsedDirective, guard: ParsedDirective, other: ParsedDirective, path: str, severity: Severity
) -> Diagnostic:
    is_regex = other.arg() in ("~", "~*")
    return at_directive(
        other,
        f"{path} comes here and not to {as_written(guarded)}, whose {guard.name} is not asked: nginx prefers a matching regular "
        "expression"
        if is_regex
        else f"{path} comes here and not to {as_written(guarded)}, whose {guard.name} does not hold for other locations",
        len(other.args) - 1,
        severity=severity,
        hint=f"location ^~ {location_path(guarded)} {{"
        if is_regex
        else f"{guard.name} {' '.join(guard.args)};  in this location too".replace(" ;", ";"),
        fix=by_hand("repeat the guard, or let the guarded location win"),
        evidence=(f"{guard.file}:{guard.line}: {guard.name} {guard.arg()}",),
    )


RULE = Rule("N071", "guard-passed-by", "warning", check)

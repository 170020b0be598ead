"""A location for file suffixes that takes the files away from a static location: nginx looks elsewhere for them."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import LocationChoice, as_written, file_of, passes_on
from enuf.doctor.facts.nginx import directives_in, hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.finding import Severity
from enuf.syntax.nginx_tree import DirectiveMatch

_ANSWERS = ("index", "autoindex", "try_files", "return", "rewrite", "deny")
"""What makes sense for the folder alone."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the static locations that a regex location beats, and the locations that no request reaches."""
    for site in evidence.sites:
        by_block = {id(match.directive): match for match in site.find("location")}
        for match in site.servers():
            server = match.directive
            if is_template(evidence, server.file) or hides_lines(site, server.file):
                continue
            choice = LocationChoice(server)
            yield from _beaten(choice, by_block)
            yield from _unreachable(choice)
            yield from _only_the_folder(choice)


def _beaten(choice: LocationChoice, by_block: dict[int, DirectiveMatch]) -> Iterator[Diagnostic]:
    for prefix, location in choice.prefixes.items():
        if (
            prefix.startswith("/.well-known")
            or location.arg() == "^~"
            or passes_on(location)
            or not directives_in(location, "alias", "root")
        ):
            continue
        base = prefix if prefix.endswith("/") else f"{prefix}/"
        for each in choice.regexes:
            path = next(
                (
                    path
                    for suffix in each.extensions
                    if choice.chosen(path := f"{base}x.{suffix}") is each.location
                ),
                "",
            )
            severity = _severity(by_block[id(location)], by_block[id(each.location)], path) if path else None
            if severity:
                other = (
                    "the app"
                    if passes_on(each.location)
                    else file_of(by_block[id(each.location)], path) or "nginx's own root"
                )
                yield at_directive(
                    each.location,
                    f"this regular expression wins over {as_written(location)}: {path} is looked for in {other}",
                    len(each.location.args) - 1,
                    severity=severity,
                    hint=f"location ^~ {prefix} {{",
                    fix=by_hand(f"write `location ^~ {prefix}`"),
                    evidence=(f"{location.file}:{location.line}: {as_written(location)}",),
                )


def _severity(static: DirectiveMatch, regex: DirectiveMatch, path: str) -> Severity | None:
    if directives_in(regex.directive, "return", "deny", "internal", "try_files"):
        return None
    if passes_on(regex.directive):
        return "advice"
    if directives_in(regex.directive, "alias"):
        return None  # its path is made of what the pattern captured
    wanted, found = file_of(static, path), file_of(regex, path)
    if not wanted or wanted == found or regex.value("root").startswith("$"):
        return None
    return "warning"


def _unreachable(choice: LocationChoice) -> Iterator[Diagnostic]:
    whole = choice.prefixes.get("/")
    if whole is not None and whole.arg() == "^~" and choice.regexes:
        other = choice.regexes[0].location
        reached = any(path != "/" and location.arg() != "^~" for path, location in choice.prefixes.items())
        if not reached:
            yield at_directive(
                whole,
                f"^~ forbids regular expressions for every path: {as_written(other)} is never asked",
                0,
                hint="location / {",
                fix=by_hand("write `location /` without ^~"),
            )


def _only_the_folder(choice: LocationChoice) -> Iterator[Diagnostic]:
    for path, location in choice.exact.items():
        folder = directives_in(location, "alias", "root")
        if path.endswith("/") and path != "/" and folder and not directives_in(location, *_ANSWERS):
            yield at_directive(
                location,
                f"= stands for {path} alone: the files below it do not come here",
                0,
                hint=f"location {path} {{",
                fix=by_hand(f"write `location {path}` without ="),
            )


RULE = Rule("N086", "regex-before-static-location", "warning", check)

"""A `return` at the level of the server, or beside a pass: what stands beside it is never reached."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import PASSES, as_written, location_path
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective

_ACME = "/.well-known"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the locations of a server that returns at once, and every pass beside a return."""
    for site in evidence.sites:
        for match in site.servers():
            if not is_template(evidence, match.directive.file):
                yield from _in_server(match.directive)
        for match in site.find("location"):
            answers = directives_in(match.directive, "return")
            handlers = directives_in(match.directive, *PASSES, "try_files")
            if answers and handlers and not is_template(evidence, match.directive.file):
                yield at_directive(
                    handlers[0],
                    f"never reached: the return in line {answers[0].line} answers every request of this location",
                    -1,
                    hint=f"remove {handlers[0].name}, or put the return into an if",
                    fix=by_hand("keep one of the two"),
                )


def _in_server(server: ParsedDirective) -> Iterator[Diagnostic]:
    answers = directives_in(server, "return")
    if not answers or directives_in(server, "error_page"):
        return
    for location in directives_in(server, "location"):
        if (
            not location.block
            or location_path(location).startswith("@")
            or _says_the_same(location, answers[0])
        ):
            continue
        for_certbot = location_path(location).startswith(_ACME)
        yield at_directive(
            answers[0],
            f"this return answers every request of the server before a location is chosen: {as_written(location)} is never reached",
            -1,
            severity="advice" if for_certbot else None,
            hint=f"location / {{ return {' '.join(answers[0].args)}; }}",
            fix=by_hand("put the return into `location /`"),
            evidence=(f"{location.file}:{location.line}: {as_written(location)}",),
        )
        return


def _says_the_same(location: ParsedDirective, answer: ParsedDirective) -> bool:
    """Return True for a location that would answer with the same redirect."""
    return any(each.args == answer.args for each in directives_in(location, "return"))


RULE = Rule("N075", "never-reached-after-return", "warning", check)

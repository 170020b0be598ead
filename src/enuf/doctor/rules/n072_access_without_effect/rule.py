"""`allow` and `deny` in an order, or beside a `return`, by which one of them does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective

_BLOCKS = ("location", "server", "http", "limit_except")
_TURNED_AWAY = ("400", "401", "403", "404", "405", "410", "421", "429", "444", "503")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report a `deny all` before an `allow`, an `allow` that nothing denies, and a `return` before both."""
    for site in evidence.sites:
        for match in site.find(*_BLOCKS):
            block = match.directive
            if block.block is None or is_template(evidence, block.file) or hides_lines(site, block.file):
                continue
            yield from _order(block)
            if block.name == "location":
                yield from _answered_before(block)


def _order(block: ParsedDirective) -> Iterator[Diagnostic]:
    lines = [each for each in block.block or () if each.name in ("allow", "deny")]
    closed = next((at for at, each in enumerate(lines) if each.name == "deny" and each.arg() == "all"), None)
    if closed is not None and any(each.name == "allow" for each in lines[closed:]):
        useless = next(each for each in lines[closed:] if each.name == "allow")
        yield at_directive(
            lines[closed],
            f"the first line that fits decides: deny all turns everybody away before allow {useless.arg()} is read",
            -1,
            severity="warning"
            if closed and any(each.name == "allow" for each in lines[:closed])
            else "error",
            hint=f"allow {useless.arg()};  above  deny all;",
            fix=by_hand("put `deny all;` below the `allow` lines"),
        )
    elif lines and all(each.name == "allow" and each.arg() != "all" for each in lines):
        yield at_directive(
            lines[0],
            "without a deny everybody is let in: allow only makes exceptions",
            -1,
            hint="deny all;  below the allow lines",
            fix=by_hand("add `deny all;` below the `allow` lines"),
        )


def _answered_before(location: ParsedDirective) -> Iterator[Diagnostic]:
    guards = [
        each
        for each in directives_in(location, "deny", "auth_basic", "auth_request")
        if each.arg() != "off" and (each.name != "deny" or each.arg() == "all")
    ]
    answers = [each for each in directives_in(location, "return") if each.arg() not in _TURNED_AWAY]
    if guards and answers:
        yield at_directive(
            answers[0],
            f"return answers before {guards[0].name} is asked: everybody gets this answer",
            -1,
            hint="try_files /nonexistent @answer;  with the return in location @answer",
            fix=by_hand("answer from a named location, which nginx reaches after the access checks"),
        )


RULE = Rule("N072", "access-without-effect", "warning", check)

"""An `if` without a `return` beside `try_files`: while its condition holds, try_files is not asked."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import PASSES
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective

_LEAVES = ("last", "redirect", "permanent")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `if` in a location with try_files that ends with nothing but settings."""
    for site in evidence.sites:
        for match in site.find("if"):
            location = match.chain[-1] if match.chain else None
            if location is None or location.name != "location" or is_template(evidence, location.file):
                continue
            tried = directives_in(location, "try_files")
            if not tried or tried[-1].args[:1] == ("/nonexistent",) or _leaves(match.directive):
                continue
            if directives_in(location, *PASSES) or _asks_for_the_file(match.directive):
                continue  # the pass answers in the if too; a file that is there needs no other try
            if set(tried[-1].args) <= {"$uri", "$uri/", "=404"}:
                continue  # nginx looks for just these files without try_files, too
            inner = match.directive.block or ()
            yield at_directive(
                match.directive,
                f"while this condition holds, nginx does not ask try_files: it looks for a file alone, and {tried[-1].args[-1]} "
                "is never tried",
                -1,
                severity=None if inner else "advice",
                hint="move the if, and a `set` in it, to the server block; choose values with map",
                fix=by_hand("move the condition out of the location with try_files"),
            )


def _asks_for_the_file(condition: ParsedDirective) -> bool:
    return any(arg.lstrip("(") in ("-f", "-e", "-d") for arg in condition.args)


def _leaves(condition: ParsedDirective) -> bool:
    """Return True if the block of a condition answers by itself or goes to another location."""
    if directives_in(condition, "return", *PASSES):
        return True
    return any(
        each.args[-1] in _LEAVES or each.arg(1).startswith("http")
        for each in directives_in(condition, "rewrite")
    )


RULE = Rule("N073", "try-files-beside-if", "error", check)

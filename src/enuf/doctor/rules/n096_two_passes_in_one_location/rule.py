"""Two directives in one location that both answer: nginx obeys the last one."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import PASSES
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_ANSWER = (*PASSES, "memcached_pass", "stub_status", "empty_gif")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every location with passes of two kinds."""
    for site in evidence.sites:
        for match in site.find("location"):
            held = [each for each in match.directive.block or () if each.name in _ANSWER]
            if len({each.name for each in held}) < 2 or is_template(evidence, match.directive.file):
                continue
            first, last = held[0], held[-1]
            if directives_in(match.directive, "return"):
                continue
            yield at_directive(
                first,
                f"no effect of {first.name}: {last.name} in line {last.line} answers all requests of this location",
                -1,
                hint="keep the one that the server behind nginx speaks",
                fix=by_hand(f"remove {first.name} or {last.name}"),
            )


RULE = Rule("N096", "two-passes-in-one-location", "warning", check)

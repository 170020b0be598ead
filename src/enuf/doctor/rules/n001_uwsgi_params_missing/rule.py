"""A `uwsgi_pass` without the parameters that describe the request to uWSGI (F145)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import (
    add_beside,
    begins_its_line,
    directives_in,
    has_unseen_include,
    is_complete_site,
    is_template,
    is_torn,
    params_in_force,
    uwsgi_passes,
)
from enuf.doctor.rule import Diagnostic, Rule, add_directives, at_directive, by_hand
from enuf.model.finding import Fix
from enuf.syntax.nginx_tree import DirectiveMatch

_LINE = "include uwsgi_params;"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass without a REQUEST_METHOD in force.

    An inner parameter that drops the outer ones counts.
    """
    outside = any(
        each.arg() == "REQUEST_METHOD"
        for site in evidence.sites
        for each in site.directives
        if each.name == "uwsgi_param"
    )
    for site, match in uwsgi_passes(evidence):
        held = params_in_force(match)
        unseen = {match.directive.file, *(block.file for block in match.chain)}
        if (
            match.around("server") is None
            or "REQUEST_METHOD" in held
            or any(has_unseen_include(site, file) for file in unseen)
        ):
            continue
        if is_template(evidence, match.directive.file) or not is_complete_site(site):
            continue
        if is_torn(site, match.directive.file):
            continue  # nginx refuses the file, and the line that is cut off may be the one with the parameters
        lost = bool(held) and _outer_has_it(match)
        yield at_directive(
            match.directive,
            "the uwsgi_param lines of this location replace all outer ones, so REQUEST_METHOD is lost: "
            "every request ends in 502"
            if lost
            else "uWSGI is sent no REQUEST_METHOD here, so every request ends in 502",
            severity="warning" if not held and outside and site.context != "main" else None,
            hint=_LINE,
            fix=_fix(evidence, match),
        )


def _outer_has_it(match: DirectiveMatch) -> bool:
    levels = match.levels
    return any(
        "REQUEST_METHOD" in levels.by_argument(levels.named(level, "uwsgi_param"))
        for level in (match.top, *(block.block or () for block in match.chain))
    )


def _fix(evidence: Evidence, match: DirectiveMatch) -> Fix:
    here = directives_in(match.chain[-1] if match.chain else None, "uwsgi_param")
    if here and match.inherited("uwsgi_param"):
        first = here[0] if here[0].file == match.directive.file else match.directive
        if begins_its_line(evidence, first):
            return add_directives(first, _LINE)
    if match.inherited("uwsgi_param"):
        return by_hand(f"add `{_LINE}` to this location")
    return add_beside(evidence, match, "uwsgi_param", _LINE)


RULE = Rule("N001", "uwsgi-params-missing", "error", check)

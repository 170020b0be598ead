"""A `uwsgi_pass` without the parameters that tell uWSGI what the request is (F145)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import (
    begins_its_line,
    beside,
    has_unseen_include,
    is_template,
    is_whole_site,
    own,
    params,
    uwsgi_passes,
)
from enuf.doctor.rule import Rule, Sign, add_directives, at_directive, by_hand
from enuf.model.finding import Fix
from enuf.syntax.nginx_tree import Found

_LINE = "include uwsgi_params;"


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every uwsgi_pass beside which no REQUEST_METHOD holds, also when an inner parameter dropped the outer ones."""
    outside = any(
        each.arg() == "REQUEST_METHOD"
        for site in evidence.sites
        for each in site.directives
        if each.name == "uwsgi_param"
    )
    for site, found in uwsgi_passes(evidence):
        held = params(found)
        unseen = {found.directive.file, *(block.file for block in found.chain)}
        if (
            found.around("server") is None
            or "REQUEST_METHOD" in held
            or any(has_unseen_include(site, file) for file in unseen)
        ):
            continue
        if is_template(evidence, found.directive.file) or not is_whole_site(site):
            continue
        lost = bool(held) and _outer_has_it(found)
        yield at_directive(
            found.directive,
            "the uwsgi_param lines of this location replace all outer ones, so REQUEST_METHOD is lost: "
            "every request ends in 502"
            if lost
            else "uWSGI is sent no REQUEST_METHOD here, so every request ends in 502",
            severity="warning" if not held and outside and site.context != "main" else None,
            hint=_LINE,
            fix=_fix(evidence, found),
        )


def _outer_has_it(found: Found) -> bool:
    levels = found.levels
    return any(
        "REQUEST_METHOD" in levels.by_argument(levels.named(level, "uwsgi_param"))
        for level in (found.top, *(block.block or () for block in found.chain))
    )


def _fix(evidence: Evidence, found: Found) -> Fix:
    here = own(found.chain[-1] if found.chain else None, "uwsgi_param")
    if here and found.inherited("uwsgi_param"):
        first = here[0] if here[0].file == found.directive.file else found.directive
        if begins_its_line(evidence, first):
            return add_directives(first, _LINE)
    if found.inherited("uwsgi_param"):
        return by_hand(f"add `{_LINE}` to this location")
    return beside(evidence, found, "uwsgi_param", _LINE)


RULE = Rule("N001", "uwsgi-params-missing", "error", check)

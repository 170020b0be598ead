"""Sites that a container gives to nginx as they are, and the programs that fill templates in."""

from __future__ import annotations

import re

from enuf.doctor.evidence import Evidence, SourceFile

TEMPLATE_PROGRAMS = r"jinja|\bj2|ansible|dockerize|gomplate|\bconfd\b|consul-template|envtpl|mustache|\bsed\b|render|\btpl\b|salt|helm|cookiecutter"
"""Signs of a program that fills templates in."""
_READ_BY_NGINX = re.compile(r"/etc/nginx/(?:nginx\.conf|conf\.d/[^/]+\.conf|sites-enabled/[^/]+)")


def unfilled_sites(evidence: Evidence, mark: re.Pattern[str], programs: re.Pattern[str]) -> list[SourceFile]:
    """Return the sites with a mark that containers give to nginx; none where a program that fills such marks in is named."""
    sites = [
        each
        for each in evidence.of_kind("nginx")
        if mark.search(each.text) and _is_read_by_nginx(evidence, each)
    ]
    return [] if sites and _is_filled_in(evidence, programs) else sites


def _is_read_by_nginx(evidence: Evidence, file: SourceFile) -> bool:
    """Return True if a container has the file where its nginx reads configurations."""
    machines = evidence.machines_with(file.path)
    return any(_READ_BY_NGINX.fullmatch(place) for each in machines for place in each.paths_of(file.path))


def _is_filled_in(evidence: Evidence, programs: re.Pattern[str]) -> bool:
    """Return True if an image, a compose file or a script names one of these programs."""
    return any(programs.search(each.text) for each in evidence.of_kind("dockerfile", "compose", "script"))

"""Marks of a template in a file that nginx reads as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand

_MARK = re.compile(r"\{\{[ \t]{0,20}[A-Za-z_][\w.]{0,100}+[^{}\n]{0,200}+\}\}")
_FILLS_IN = re.compile(
    r"jinja|\bj2|ansible|dockerize|gomplate|\bconfd\b|consul-template|envtpl|mustache|\bsed\b|render|\btpl\b|salt|helm|"
    r"cookiecutter",
    re.IGNORECASE,
)
"""Signs of a program that fills templates in."""
_READ_BY_NGINX = re.compile(r"/etc/nginx/(?:nginx\.conf|conf\.d/[^/]+\.conf|sites-enabled/[^/]+)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every site with {{ }} that a Dockerfile or a volume brings to nginx, where nothing fills it in."""
    sites = [
        each for each in evidence.of_kind("nginx") if _MARK.search(each.text) and _is_read(evidence, each)
    ]
    if not sites or any(
        _FILLS_IN.search(each.text) for each in evidence.of_kind("dockerfile", "compose", "script")
    ):
        return
    for file in sites:
        for number, line in enumerate(file.text.splitlines(), 1):
            mark = _MARK.search(line.partition("#")[0])
            if mark:
                yield at_line(
                    file.path,
                    number,
                    f"{mark[0]} is not filled in: the container gives nginx this file as it is, and nginx does not start",
                    mark.start() + 1,
                    mark.end() + 1,
                    hint="write the value, or fill the template in before nginx starts",
                    fix=by_hand("write the value"),
                )
                break


def _is_read(evidence: Evidence, file: SourceFile) -> bool:
    machines = evidence.machines_with(file.path)
    return any(_READ_BY_NGINX.fullmatch(place) for each in machines for place in each.paths_of(file.path))


RULE = Rule("N100", "template-not-filled-in", "error", check, is_about_templates=True)

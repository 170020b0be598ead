"""Marks of a template in a file that nginx reads as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.plain_sites import TEMPLATE_PROGRAMS, unfilled_sites
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand

_MARK = re.compile(r"\{\{[ \t]{0,20}[A-Za-z_][\w.]{0,100}+[^{}\n]{0,200}+\}\}")
_FILLS_IN = re.compile(TEMPLATE_PROGRAMS, re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every site with {{ }} that a Dockerfile or a volume brings to nginx, where nothing fills it in."""
    for file in unfilled_sites(evidence, _MARK, _FILLS_IN):
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


RULE = Rule("N100", "template-not-filled-in", "error", check, is_about_templates=True)

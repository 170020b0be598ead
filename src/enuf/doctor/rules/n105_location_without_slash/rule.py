"""A location whose path does not begin with a slash: no request comes there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.syntax.placeholders import is_filled_in_later

_PATH = re.compile(r"[\w-][\w./-]*")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every prefix or exact location that is written without its first slash."""
    for site in evidence.sites:
        for match in site.find("location"):
            location = match.directive
            plain = len(location.args) == 1 or location.arg() in ("=", "^~")
            path = location.args[-1] if location.args else ""
            if (
                is_filled_in_later(path)
                or is_template(evidence, location.file)
                or _is_of_a_chart(location.file)
            ):
                continue
            if plain and _PATH.fullmatch(path):
                yield at_directive(
                    location,
                    f"no request has the path {path}: every path begins with /, so nginx never chooses this location",
                    len(location.args) - 1,
                    hint=f"location {' '.join((*location.args[:-1], f'/{path}'))} {{",
                    fix=write_argument(location, len(location.args) - 1, f"/{path}"),
                )


def _is_of_a_chart(file: str) -> bool:
    """Return True for a ConfigMap of a Helm chart: an expression may bring the slash."""
    manifest, sign, _ = file.partition(EMBEDDED_SIGN)
    return bool(sign) and "/templates/" in manifest


RULE = Rule("N105", "location-without-slash", "warning", check)

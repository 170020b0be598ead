"""`${NAME}` of a shell in a site that nginx reads as it is: nothing fills the variable in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.plain_sites import TEMPLATE_PROGRAMS, unfilled_sites
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand
from enuf.model.nginx_variables import is_nginx_variable

_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]{2,60})\b\}?")
_NAMES = re.compile(
    r"^[ \t]*(?:server_name|listen|root|alias|proxy_pass|uwsgi_pass|server|ssl_certificate(?:_key)?)[ \t]"
)
_FILLS_IN = re.compile(rf"envsubst|\bperl\b|\bawk\b|{TEMPLATE_PROGRAMS}", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every variable in capitals of a site that a container gives to nginx as it is."""
    for file in unfilled_sites(evidence, _VARIABLE, _FILLS_IN):
        found = _first(file)
        if found:
            number, mark, is_name = found
            effect = (
                "no visitor has this name, so the server block answers only as the default"
                if is_name
                else "nginx does not start, or looks for a path of this very name"
            )
            yield at_line(
                file.path,
                number,
                f"nothing fills in {mark[0]}: nginx reads this file as it is, and knows no variables of the environment; {effect}",
                mark.start() + 1,
                mark.end() + 1,
                severity="warning" if is_name else None,
                hint="- ./site.conf.template:/etc/nginx/templates/default.conf.template   the image fills in templates",
                fix=by_hand("write the value, or mount the file as a template"),
            )


def _first(file: SourceFile) -> tuple[int, re.Match[str], bool] | None:
    """Return the first such variable with its line, and whether it is a name of a server."""
    own = set(re.findall(r"\b(?:set|map|geo)\b[^;{\n]*\$\{?([A-Z][A-Z0-9_]*)", file.text))
    for number, line in enumerate(file.text.splitlines(), 1):
        text = line.partition("#")[0]
        mark = _VARIABLE.search(text) if _NAMES.match(text) else None
        if mark and mark[1] not in own and not is_nginx_variable(mark[1].lower()):
            return number, mark, text.lstrip().startswith("server_name")
    return None


RULE = Rule("N113", "shell-variable-in-site", "error", check)

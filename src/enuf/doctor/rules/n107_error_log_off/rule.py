"""`error_log off`, which no nginx knows: it writes a file of this name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every error log with the name `off`."""
    for site in evidence.sites:
        for match in site.find("error_log"):
            directive = match.directive
            if directive.arg() == "off" and not is_template(evidence, directive.file):
                yield at_directive(
                    directive,
                    "only access_log can be off: nginx writes its errors into a file named off below its own folder, "
                    "and nobody rotates or finds it",
                    hint="error_log /dev/null crit;   or remove the line",
                    fix=by_hand("remove the line, or write `error_log /dev/null crit;`"),
                )


RULE = Rule("N107", "error-log-off", "warning", check)

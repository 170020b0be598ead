"""A dollar sign in a secret of a compose file, which compose takes for the beginning of a variable."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.doctor.service_variables import written_variables

_SECRET = re.compile(r"(?:^|_)(?:KEY|SECRET|PASSWORD|PASSWD|PASS|TOKEN)$")
_DOLLAR = re.compile(r"\$(?:\$|\{[^}]*\}|(?P<name>[A-Za-z_]\w*)|(?P<refused>))")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every secret in which compose would fill in a variable that has no name of one, or refuses the sign."""
    for service in evidence.services:
        for name, node, value in written_variables(service):
            taken = _taken(value) if _SECRET.search(name.upper()) and "{{" not in value else None
            if taken is not None:
                refused = taken == "$"
                yield at_line(
                    service.file,
                    node.line,
                    f"compose refuses the file: a single $ in {name} begins no variable"
                    if refused
                    else f"compose takes {taken} in {name} for a variable and writes nothing in its place: the app gets another value",
                    severity="error" if refused else None,
                    hint="$$   for each dollar sign of the value, or a value from a file of variables that is not committed",
                )


def _taken(value: str) -> str | None:
    """Return what compose takes for a variable in a value that is a secret itself, None if that is nothing."""
    for match in _DOLLAR.finditer(value[:1000]):
        name = match["name"]
        if match["refused"] is not None:
            return "$"
        if name and match.start() > 0 and not name.isupper():
            return f"${name}"
    return None


RULE = Rule("C029", "dollar-in-a-secret", "warning", check)

"""A header's own name in `uwsgi_param`: the app's environment gets that key, and no header."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument

_HEADERS = frozenset(
    ("host", "connection", "upgrade", "cookie", "authorization", "accept", "origin", "referer")
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every parameter that has the name of a header, unless the app asks for that key itself."""
    for site in evidence.sites:
        for match in site.find("uwsgi_param", "fastcgi_param", "scgi_param"):
            directive = match.directive
            name = directive.arg()
            if not _is_header(name) or is_template(evidence, directive.file) or _is_asked_for(evidence, name):
                continue
            plain = name.upper().replace("-", "_").removeprefix("HTTP_")
            right = plain if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{plain}"
            yield at_directive(
                directive,
                f"the app gets a variable called {name}, not a header: frameworks look for headers under {right}",
                hint=f"{directive.name} {right} {directive.arg(1)};",
                fix=write_argument(directive, 0, right, safe=False),
            )


def _is_header(name: str) -> bool:
    if not name or "$" in name:
        return False
    return "-" in name or (name.lower() in _HEADERS and not name.isupper())


def _is_asked_for(evidence: Evidence, name: str) -> bool:
    """Return True if a source reads the key from the WSGI environment."""
    keys = (f'environ["{name}"]', f"environ['{name}']", f'environ.get("{name}"', f"environ.get('{name}'")
    return any(key in python_file.text for python_file in evidence.python_files for key in keys)


RULE = Rule("N061", "header-name-in-uwsgi-param", "warning", check)

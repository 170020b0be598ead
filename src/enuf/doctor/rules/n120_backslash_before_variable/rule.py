"""A backslash before a variable in a site: the one that a here-document of a shell needs, and that nginx passes on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_ESCAPED = re.compile(
    r"\\\$\{?(?:host|http_host|remote_addr|scheme|request_uri|uri|args|server_name|proxy_add_x_forwarded_for|http_upgrade|"
    r"http_x_forwarded_proto|realpath_root|document_root)\b"
)
_OF_SHELL = re.compile(r"(?<!\\)\$\{[A-Z][A-Z0-9_]+\}")
"""A variable of the shell that fills the file in."""
_DIRECTIVES = (
    *(
        "proxy_set_header",
        "uwsgi_param",
        "add_header",
        "return",
        "try_files",
        "proxy_pass",
        "root",
        "alias",
        "set",
    ),
    *("proxy_redirect", "access_log", "limit_req_zone"),
)
_FILLS_IN = re.compile(r"\beval\b|<<[ \t]*-?[ \t]*[A-Z]+")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first variable behind a backslash of every site that no shell prints."""
    for site in evidence.sites:
        seen: set[str] = set()
        for match in site.find(*_DIRECTIVES):
            directive = match.directive
            index = next((n for n, text in enumerate(directive.args) if _ESCAPED.search(text)), None)
            if index is None or directive.file in seen or _is_printed(evidence, directive.file):
                continue
            seen.add(directive.file)
            plain = directive.arg(index).replace("\\$", "$")
            yield at_directive(
                directive,
                f"nginx keeps the backslash before the variable: it becomes the first character of what {directive.name} gives",
                index,
                hint=f"{plain}   in every line of this file: only a here-document of a shell needs \\$",
                fix=by_hand("remove the backslashes before the variables"),
            )


def _is_printed(evidence: Evidence, path: str) -> bool:
    """Return True if a shell script names the file and gives it to `eval`, or the file is a script itself."""
    file = evidence.file(path)
    name = path.rpartition("/")[2]
    scripts = evidence.of_kind("script", "dockerfile", "compose")
    return (
        file is None
        or file.text.startswith("#!")
        or _FILLS_IN.search(file.text) is not None
        or any("eval" in each.text and (name in each.text or _OF_SHELL.search(file.text)) for each in scripts)
    )


RULE = Rule("N120", "backslash-before-variable", "error", check)

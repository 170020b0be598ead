"""`envsubst` without a list of names: it fills in nginx's own variables too, with nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.rule import Diagnostic, Rule, at_line

_KINDS = ("script", "dockerfile", "compose", "supervisor")
_CALL = re.compile(
    r"\benvsubst[ \t]*<[ \t]*(?P<template>[\w./${}-]+)[ \t]*>|\benvsubst[ \t]*>[ \t]*\S+[ \t]*<[ \t]*(?P<other>[\w./${}-]+)"
)
_PIPED = re.compile(r"\bcat[ \t]+(?P<template>[\w./${}-]+)[ \t]*\|[ \t]*envsubst[ \t]*>")
_OF_NGINX = re.compile(
    r"\$(host|uri|request_uri|remote_addr|scheme|proxy_add_x_forwarded_for|http_[a-z_]+|args|document_root|server_name|"
    r"fastcgi_script_name|query_string|request_method|content_type|content_length|server_port|binary_remote_addr)\b"
)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every envsubst without names whose template holds variables of nginx."""
    for file in evidence.of_kind(*_KINDS):
        for number, line in enumerate(file.text.splitlines(), 1):
            if "envsubst" not in line or line.lstrip().startswith("#"):
                continue
            call = _CALL.search(line) or _PIPED.search(line)
            template = _template(evidence, call[1] or call[call.lastindex or 1]) if call else None
            found = _OF_NGINX.search(_COMMENT.sub("", template.text)) if template else None
            if call is None or template is None or found is None or _is_kept(file, found[1]):
                continue
            yield at_line(
                file.path,
                number,
                f"envsubst fills in every variable: ${found[1]} becomes nothing, and nginx refuses the file or passes an empty value",
                line.find("envsubst") + 1,
                hint=f"envsubst '$PORT $DOMAIN' {line[line.find('envsubst') + 8 :].strip()}",
                evidence=(f"{template.path}: ${found[1]}",),
            )


def _template(evidence: Evidence, path: str) -> SourceFile | None:
    """Return the file that is filled in, found by its name."""
    name = path.rpartition("/")[2]
    named = [file for file in evidence.files if file.path.rpartition("/")[2] == name]
    return named[0] if len(named) == 1 else None


def _is_kept(file: SourceFile, name: str) -> bool:
    """Return True if the script gives the variable its own name as its value."""
    return re.search(rf"\b{name}=['\"]?\\?\$", file.text) is not None


RULE = Rule("S042", "envsubst-empties-nginx-variables", "error", check)

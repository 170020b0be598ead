"""Names of a server that no request can have: with a comma, a scheme, a port or a path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_PORT = re.compile(r"[\w.*-]+(:[0-9]{1,5})")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every name of a server that is never compared as it was meant."""
    for site in evidence.sites:
        for match in site.find("server_name"):
            directive = match.directive
            for index, name in enumerate(directive.args):
                if _never_matches(name) and not is_template(evidence, directive.file):
                    yield at_directive(
                        directive,
                        f"no request has the name {name}: nginx compares the whole word with the host of a request",
                        index,
                        hint=_plain(name),
                        fix=write_argument(directive, index, _plain(name)) if _plain(name) else None,
                    )


def _never_matches(name: str) -> bool:
    if name.startswith("~") or "$" in name or not name.strip(","):
        return False
    if name == "default_server":  # a word of `listen`
        return True
    return "," in name or "/" in name or _PORT.fullmatch(name) is not None


def _plain(name: str) -> str:
    if name == "default_server":
        return "_"
    host = _SCHEME.sub("", name).partition("/")[0].strip(",")
    port = _PORT.fullmatch(host)
    return host.removesuffix(port[1]) if port else host.replace(",", " ")


RULE = Rule("N097", "server-name-never-matches", "warning", check)

"""A rewrite to another host that lacks the scheme: nginx takes the host for a path of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument

_HOST = re.compile(
    r"(?:\$(?:host|http_host|server_name)|(?:[a-z0-9-]+\.)+[a-z]{2,12})(?:[/:$].*)?", re.IGNORECASE
)
_ENDS_OF_FILES = re.compile(
    r"[^/$]*\.(?:html?|php|py|js|css|xml|txt|json|png|jpe?g|gif|ico|svg|cgi|wsgi)(?:[?$].*)?", re.IGNORECASE
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `rewrite` and every redirecting `return` whose target begins with a host."""
    for site in evidence.sites:
        for match in site.find("rewrite", "return"):
            directive = match.directive
            redirects = directive.name == "rewrite" or directive.arg() in ("301", "302", "303", "307", "308")
            target = directive.arg(1)
            if redirects and _is_host(target) and not is_template(evidence, directive.file):
                right = f"$scheme://{target}"
                sent = (
                    f"nginx sends visitors to the path /{target} of this site"
                    if directive.name == "return"
                    else f"nginx looks for a file or location {target} of this site"
                )
                yield at_directive(
                    directive,
                    f"without http:// or https:// this is no other site: {sent}",
                    1,
                    hint=right,
                    fix=write_argument(
                        directive, 1, right, asks="which scheme the other site has is not in the files"
                    ),
                )


def _is_host(target: str) -> bool:
    return _HOST.fullmatch(target) is not None and _ENDS_OF_FILES.fullmatch(target) is None


RULE = Rule("N106", "redirect-without-scheme", "warning", check)

"""`ssl_protocols` with versions that are broken: SSL 3, TLS 1.0, TLS 1.1."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.facts.secure_listens import is_secure
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import DirectiveMatch

_OLD = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every ssl_protocols that offers an old version to visitors."""
    for site in evidence.sites:
        for match in site.find("ssl_protocols"):
            directive = match.directive
            old = [arg for arg in directive.args if arg in _OLD]
            if old and not is_template(evidence, directive.file) and _is_in_force(evidence, match):
                yield at_directive(
                    directive,
                    f"{' and '.join(old)}: browsers have given up these versions, audits fail them, and old clients can be "
                    "made to use them",
                    directive.args.index(old[0]),
                    hint="ssl_protocols TLSv1.2 TLSv1.3;",
                    fix=by_hand("write `ssl_protocols TLSv1.2 TLSv1.3;`"),
                )


def _is_in_force(evidence: Evidence, match: DirectiveMatch) -> bool:
    """Return False for a line of the http block that every HTTPS server here replaces by its own."""
    if match.around("server") is not None:
        return True
    secure = [
        each
        for one in evidence.sites
        for each in one.servers()
        if any(is_secure(listen) for listen in listens(each.directive))
    ]
    return not secure or not all(directives_in(each.directive, "ssl_protocols") for each in secure)


RULE = Rule("N082", "old-tls-versions", "warning", check)

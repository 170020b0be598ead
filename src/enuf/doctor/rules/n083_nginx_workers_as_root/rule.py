"""`user root;`: each nginx worker, which reads what strangers send, may do everything on the machine."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `user root`."""
    for site in evidence.sites:
        for match in site.find("user"):
            if not match.chain and match.directive.arg() == "root":
                yield at_directive(
                    match.directive,
                    "nginx's workers run as root: a fault in one of them, or an alias too many, opens the whole machine",
                    hint="user www-data;  on Debian and Ubuntu, user nginx;  elsewhere",
                    fix=by_hand(
                        "write the user of the web server, and give it the rights to the socket and the files"
                    ),
                )


RULE = Rule("N083", "nginx-workers-as-root", "warning", check)

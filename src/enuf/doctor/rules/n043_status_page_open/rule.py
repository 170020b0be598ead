"""nginx's status page without any guard."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import has_unseen_include, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_tree import DirectiveMatch

_GUARDS = ("deny", "auth_basic", "auth_request", "auth_jwt", "satisfy", "ssl_verify_client")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every stub_status that anybody may ask for."""
    for site in evidence.sites:
        for match in site.find("stub_status"):
            if (
                _is_guarded(match)
                or has_unseen_include(site, match.directive.file)
                or is_template(evidence, site.file)
            ):
                continue
            yield at_directive(
                match.directive,
                "the status page is open to everybody: it shows how many visitors there are, and invites to watch load tests work",
                -1,
                hint="allow 127.0.0.1; deny all;",
            )


def _is_guarded(match: DirectiveMatch) -> bool:
    if any(match.inherited(name) for name in _GUARDS):
        return True
    server = match.around("server")
    if server is None:
        return True
    inside = [each.name for block in match.chain for each in block.block or ()]
    if "internal" in inside or any(
        each.args[:1] == ("unix:",) or each.arg().startswith("unix:") for each in server.inside("listen")
    ):
        return True
    return all(listen.host.startswith(("127.", "[::1]")) for listen in listens(server))


RULE = Rule("N043", "status-page-open", "warning", check)

"""Another site as the default on the app's port, which answers requests for every other name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import http_groups, listens, server_block_names
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

_PASSES = ("uwsgi_pass", "proxy_pass", "fastcgi_pass", "grpc_pass", "scgi_pass")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every default_server with a page of its own, on a port where an app answers by name."""
    for group in http_groups(evidence):
        app_ports = {
            listen.port for match in group if _is_app(match.directive) for listen in listens(match.directive)
        }
        for match in group:
            yield from _diagnostics(match, app_ports)


def _diagnostics(match: DirectiveMatch, app_ports: set[int]) -> Iterator[Diagnostic]:
    server = match.directive
    if (
        _is_app(server)
        or not _shows_a_page(match)
        or not set(server_block_names(server)) <= {"", "_", "localhost"}
    ):
        return
    for listen in listens(server):
        if listen.is_default and listen.directive and listen.port in app_ports:
            index = next((n for n, arg in enumerate(listen.directive.args) if arg.startswith("default")), 0)
            yield at_directive(
                listen.directive,
                f"this site is the default on port {listen.port}: by IP address or any other name "
                "visitors see its page, not the app",
                index,
                hint="remove this site (on Debian the link sites-enabled/default), "
                "or let it only refuse: return 444;",
                fix=by_hand("remove this default site"),
            )


def _is_app(block: ParsedDirective) -> bool:
    """Return True if a server block passes requests on to an app anywhere."""
    return any(each.name in _PASSES for each in block.below())


def _shows_a_page(match: DirectiveMatch) -> bool:
    """Return True if `/` is answered with content. A refusal or a redirect is a deliberate choice."""
    server = match.directive
    roots = [each for each in directives_in(server, "location") if each.args == ("/",)]
    returns = directives_in(server, "return") or (directives_in(roots[0], "return") if roots else ())
    if returns:
        return returns[0].arg().startswith("2")
    if directives_in(server, "rewrite", "deny", "ssl_reject_handshake"):
        return False
    return bool(match.inherited("root")) or bool(
        roots and directives_in(roots[0], "root", "try_files", "alias")
    )


RULE = Rule("N010", "nginx-default-site-shadows", "warning", check)

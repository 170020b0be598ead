"""Another site is the default on the app's port, so that it answers whoever comes by another name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import http_groups, listens, names_of
from enuf.doctor.facts.nginx import own
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand
from enuf.syntax.nginx_tree import Directive, Found

_PASSES = ("uwsgi_pass", "proxy_pass", "fastcgi_pass", "grpc_pass", "scgi_pass")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every default_server with a page of its own, on a port where an app answers by name."""
    for group in http_groups(evidence):
        app_ports = {
            listen.port for found in group if _is_app(found.directive) for listen in listens(found.directive)
        }
        for found in group:
            yield from _signs(found, app_ports)


def _signs(found: Found, app_ports: set[int]) -> Iterator[Sign]:
    server = found.directive
    if _is_app(server) or not _shows_a_page(found) or not set(names_of(server)) <= {"", "_", "localhost"}:
        return
    for listen in listens(server):
        if listen.is_default and listen.directive and listen.port in app_ports:
            number = next((n for n, arg in enumerate(listen.directive.args) if arg.startswith("default")), 0)
            yield at_directive(
                listen.directive,
                f"this site is the default on port {listen.port}: by IP address or any other name "
                "visitors see its page, not the app",
                number,
                hint="remove this site (on Debian the link sites-enabled/default), "
                "or let it only refuse: return 444;",
                fix=by_hand("remove this default site"),
            )


def _is_app(block: Directive) -> bool:
    """True when requests go on to an app from somewhere in a block."""
    stack = [block]
    while stack:
        each = stack.pop()
        if each.name in _PASSES:
            return True
        stack += each.block or ()
    return False


def _shows_a_page(found: Found) -> bool:
    """True when `/` is answered with content; refusing or leading elsewhere is a choice."""
    server = found.directive
    roots = [each for each in own(server, "location") if each.args == ("/",)]
    returns = own(server, "return") or (own(roots[0], "return") if roots else ())
    if returns:
        return returns[0].arg().startswith("2")
    if own(server, "rewrite", "deny", "ssl_reject_handshake"):
        return False
    return bool(found.inherited("root")) or bool(roots and own(roots[0], "root", "try_files", "alias"))


RULE = Rule("N010", "nginx-default-site-shadows", "warning", check)

"""A redirect to https:// in a server that serves the site over plain HTTP: behind a TLS terminator it never ends."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.facts.secure_listens import addresses_in_use, is_secure
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective

_LINE = 'if ($http_x_forwarded_proto = "http") { return 301 https://$host$request_uri; }'
_PASSES = ("uwsgi_pass", "proxy_pass")
_OWN_SCHEME = ("$scheme=http", "$scheme!=https", "$https=", "$https!=on")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every plain server that passes requests on and asks its own $scheme whether to redirect."""
    secure = {
        (match.directive.file, match.directive.line)
        for use in addresses_in_use(evidence)
        for match, listen in use.servers
        if use.speaks_tls or is_secure(listen)
    }
    for site in evidence.sites:
        for match in site.servers():
            server = match.directive
            is_plain = (server.file, server.line) not in secure and not is_template(evidence, server.file)
            redirect = _redirect_by_own_scheme(server) if is_plain and _passes_on(server) else None
            if redirect:
                yield at_directive(
                    redirect,
                    "this server speaks plain HTTP alone, so $scheme is always http here: behind a load balancer that ends "
                    "TLS, the browser is sent to https:// again and again",
                    hint=_LINE,
                    fix=by_hand("ask X-Forwarded-Proto of the load balancer, or let it redirect"),
                )


def _redirect_by_own_scheme(server: ParsedDirective) -> ParsedDirective | None:
    """Return the `if` on nginx's own scheme that redirects to https://, anywhere in the server."""
    redirects = (each for each in server.below() if each.name == "if" and _asks_own_scheme(each))
    return next(filter(_leads_to_https, redirects), None)


def _asks_own_scheme(condition: ParsedDirective) -> bool:
    text = "".join(condition.args).replace('"', "").replace("'", "").strip("()")
    return text in _OWN_SCHEME


def _leads_to_https(condition: ParsedDirective) -> bool:
    lines = directives_in(condition, "return", "rewrite")
    return any(arg.startswith("https://") for line in lines for arg in line.args)


def _passes_on(server: ParsedDirective) -> bool:
    return any(each.name in _PASSES for each in server.below())


RULE = Rule("N023", "https-redirect-loop", "warning", check)

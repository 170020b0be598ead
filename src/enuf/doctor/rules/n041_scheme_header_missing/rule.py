"""An app that asks nginx for the scheme, and a site with TLS that does not say it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import AppPair, Evidence
from enuf.doctor.facts.app_servers import bound_pairs, is_loopback_host
from enuf.doctor.facts.nginx import directives_in, has_unseen_include, is_template, params_in_force
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress, UnixAddress

_ASKS = re.compile(r"^[ \t]*SECURE_PROXY_SSL_HEADER[ \t]*=[ \t]*\(|^[^#\n]{0,200}\bProxyFix\(", re.MULTILINE)
_SETTLED = ("CSRF_TRUSTED_ORIGINS", "wsgi.url_scheme", "SECURE_PROXY_SSL_HEADER", "secure_scheme_headers")
_LINE = "proxy_set_header X-Forwarded-Proto $scheme;"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass over TLS without X-Forwarded-Proto to an app that reads it."""
    pairs = list(bound_pairs(evidence))
    if not pairs:
        return  # before all sources are searched
    asking = next((each for each in evidence.python_files if _ASKS.search(each.text)), None)
    for pair in pairs:
        if asking is None and not _is_django(evidence, pair):
            continue
        match = pair.site_pass.match
        names = {name.lower() for name in params_in_force(match, "proxy_set_header")}
        if match.directive.name != "proxy_pass" or "x-forwarded-proto" in names or not _speaks_tls(pair):
            continue
        if "upgrade" in names and match.around("location") and _says_it_elsewhere(evidence, pair):
            continue  # a location for sockets, which know no scheme
        if has_unseen_include(pair.site_pass.site, match.directive.file) or is_template(
            evidence, match.directive.file
        ):
            continue
        yield at_directive(
            match.directive,
            "the app reads X-Forwarded-Proto to learn that a visitor came over HTTPS, and nginx does not set it: "
            "http:// links, CSRF failures, or a redirect to https without end"
            if asking
            else "nginx does not tell gunicorn that a visitor came over HTTPS, so Django takes each request for http: links with http://, "
            "and from Django 4 on forms fail with 403 (CSRF: origin checking failed)",
            hint=_LINE,
            evidence=(asking.path,) if asking else (),
        )


def _is_django(evidence: Evidence, pair: AppPair) -> bool:
    """Return True for Django in a gunicorn that believes nginx, without a setting that makes up for the header."""
    file, address = pair.server.python_file, pair.site_pass.address
    near = isinstance(address, UnixAddress) or (
        isinstance(address, TcpAddress) and is_loopback_host(address.host)
    )
    settled = any(word in each.text for each in evidence.python_files for word in _SETTLED)
    is_django = file is not None and "get_wsgi_application" in file.text
    return is_django and near and pair.server.program == "gunicorn" and not settled


def _says_it_elsewhere(evidence: Evidence, pair: AppPair) -> bool:
    """Return True if another location of the same server block sets the header."""
    server = pair.site_pass.match.around("server")
    others = [each.site_pass.match for each in bound_pairs(evidence)]
    return any(
        other.around("server") is server
        and "x-forwarded-proto" in {name.lower() for name in params_in_force(other, "proxy_set_header")}
        for other in others
    )


def _speaks_tls(pair: AppPair) -> bool:
    server = pair.site_pass.match.around("server")
    return any("ssl" in listen.args for listen in directives_in(server, "listen"))


RULE = Rule("N041", "scheme-header-missing", "warning", check)

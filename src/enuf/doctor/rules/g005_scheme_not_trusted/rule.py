"""nginx says https, and the app server drops it because nginx is another machine or container."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppPair, Evidence, PythonServer
from enuf.doctor.facts.app_servers import app_kind, at_app_setting, bound_pairs, is_loopback_host
from enuf.doctor.facts.nginx import directives_in, params_in_force
from enuf.doctor.rule import Diagnostic, Rule
from enuf.model.address import TcpAddress

_READS_ITSELF = (
    "ProxyFix",
    "SECURE_PROXY_SSL_HEADER",
    "X_FORWARDED_PROTO",
    "ProxyHeadersMiddleware",
    "PREFERRED_URL_SCHEME",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app that learns the scheme from its server alone, behind TLS that ends in another container."""
    if any(word in each.text for each in evidence.python_files for word in _READS_ITSELF):
        return
    for pair in bound_pairs(evidence):
        server = pair.server
        is_new = server.setting("forwarded_allow_ips") is None and server.settings.knows(
            "forwarded_allow_ips"
        )
        if (
            server.program in ("gunicorn", "uvicorn")
            and is_new
            and app_kind(server)
            and _is_elsewhere(pair, server)
            and _says_https(pair)
        ):
            yield at_app_setting(
                server,
                "forwarded_allow_ips",
                f"{server.program} believes X-Forwarded-Proto of 127.0.0.1 alone, and nginx is another container: "
                "the app builds http:// links and redirects on an https:// site",
                hint="--forwarded-allow-ips '*'   # only while the port is not published",
            )


def _is_elsewhere(pair: AppPair, server: PythonServer) -> bool:
    address = pair.site_pass.address
    other = isinstance(address, TcpAddress) and not is_loopback_host(address.host)
    return server.in_container and other


def _says_https(pair: AppPair) -> bool:
    """Return True if the site ends TLS and passes the scheme on."""
    match = pair.site_pass.match
    server = match.around("server")
    secure = any("ssl" in listen.args for listen in directives_in(server, "listen"))
    return secure and any(
        name.lower() == "x-forwarded-proto" for name in params_in_force(match, "proxy_set_header")
    )


RULE = Rule("G005", "scheme-not-trusted", "warning", check)

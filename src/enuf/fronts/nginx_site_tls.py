"""HTTPS of a site of the host's own nginx: what stands in its server, and the servers beside it.

Protocols, ciphers and sessions stand in the site's own server, because the level above belongs to all sites.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_acme import challenge_locations, leave_plain_http, serves_plainly
from enuf.fronts.nginx_server import site_block
from enuf.fronts.nginx_tls import (
    certificate,
    http2,
    https_address,
    listen_words,
    no_certificate,
    shows_without_name,
    tls_defaults,
    to_https,
)
from enuf.fronts.nginx_www import www_servers
from enuf.model.address import ANY_IPV4, ANY_IPV6, Address, TcpAddress
from enuf.model.site import Site
from enuf.syntax.nginx import Block, Directive, Heading, Node, block, directive

_SESSIONS = "enuf_tls"
"""The site's own store of sessions; nginx refuses one name with two sizes."""


class SiteLines(msgspec.Struct, frozen=True):
    """Lines of the site's servers that stand above servers in a nginx of enuf's own."""

    logs: list[Node]
    limits: list[Node]


def for_host(request: FrontRequest, site: Site) -> FrontRequest:
    """Return the request for the host's own nginx, with its version."""
    nginx = replace(request.toolchain.tools["nginx"], version=site.nginx.version)
    tools = {**request.toolchain.tools, "nginx": nginx}
    return replace(request, toolchain=replace(request.toolchain, tools=tools), site=site)


def site_listens(addresses: Sequence[Address], site: Site, words: tuple[str, ...] = ()) -> list[Node]:
    """Return the `listen` lines, each once: what everybody reaches is one for IPv4 and one for IPv6, as in the host's other sites."""
    lines = dict[str, None]()
    for address in addresses:
        if not isinstance(address, TcpAddress) or address.host not in (ANY_IPV4, ANY_IPV6):
            lines[str(address)] = None
            continue
        lines[str(address.port)] = None
        if site.nginx.has_ipv6:
            lines[f"[::]:{address.port}"] = None
    return [directive("listen", line, *words) for line in lines]


def https_lines(request: FrontRequest) -> list[Node]:
    """Return the lines of the site's server for HTTPS."""
    if request.tls is None:
        return []
    defaults = [node for node in tls_defaults(request, _SESSIONS) if isinstance(node, Heading | Directive)]
    return [*defaults, *http2(request), *certificate(request)]


def https_variables(request: FrontRequest) -> list[Node]:
    """Return the variables that the lines of the site's server use; nginx knows them above servers only."""
    return [node for node in tls_defaults(request, _SESSIONS) if isinstance(node, Block)]


def beside_site(
    request: FrontRequest, site: Site, names: Sequence[str], every_name: Sequence[str], lines: SiteLines
) -> list[Node]:
    """Return the servers beside the site's own: for names that no site has, and for plain HTTP."""
    nobody = _nobody(request, site)
    if request.tls is None:
        return nobody
    plain = site_listens(request.redirecting, site, default_words(request))
    if not plain or not serves_plainly(request):
        return [*nobody, *_redirect(request, plain, every_name, lines.logs)]
    leaves = [*leave_plain_http(request, https_address(request)), *challenge_locations(request)]
    return [
        *nobody,
        Heading("Plain HTTP: serves the site until there is a certificate, then leads to HTTPS"),
        *www_servers(request, site_listens(request.redirecting, site), lines.logs),
        site_block(request, plain, [*lines.logs, *lines.limits, *leaves], names),
    ]


def default_words(request: FrontRequest) -> tuple[str, ...]:
    """Return the word of a `listen` line that makes the site the default site of that port."""
    return ("default_server",) if request.settings.install.default_site else ()


def _nobody(request: FrontRequest, site: Site) -> list[Node]:
    """Return the server that nginx takes for unknown names if this file is the first to name the port.

    It is never the `default_server`, which the host's administrator may want to be another.
    """
    if request.settings.install.default_site or _answers_unknown(request):
        return []
    return [
        block(
            "server",
            children=[
                *site_listens(request.listen, site, listen_words(request)),
                *site_listens(request.redirecting if request.tls else (), site),
                *http2(request),
                *no_certificate(request),
                directive("server_name", f"{site.full_name}.invalid"),
                directive("return", 444),
            ],
            comment="Names that no site of this host has, where no other site is the default server: no answer.",
        )
    ]


def _answers_unknown(request: FrontRequest) -> bool:
    """Return True for a site that answers visitors without one of its names: load balancers, over HTTPS also at an IP address."""
    return shows_without_name(request) if request.tls else bool(request.settings.serve.health_path)


def _redirect(
    request: FrontRequest, plain: Sequence[Node], names: Sequence[str], logs: Iterable[Node]
) -> list[Node]:
    if not plain:
        return []
    return [
        Heading("Plain HTTP: leads to HTTPS"),
        block(
            "server",
            children=[
                *plain,
                directive("server_name", *names),
                *logs,
                *to_https(request, challenge_locations(request)),
            ],
        ),
    ]

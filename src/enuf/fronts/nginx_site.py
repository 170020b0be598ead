"""A site of the host's own nginx: one file that is included in the `http` block, beside other sites.

Every name that the host's sites share (variables, the upstream, the log format) contains the site's name.
Directives that would apply to other sites are in the `server` block.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from msgspec.structs import replace

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_access import access_maps
from enuf.fronts.nginx_answer import answer_header_maps
from enuf.fronts.nginx_cache import cache_zones
from enuf.fronts.nginx_facts import facts
from enuf.fronts.nginx_http import access_format, client_limits, gzip, upstream, ways_to_send
from enuf.fronts.nginx_limits import limit_zones
from enuf.fronts.nginx_names import without_hash
from enuf.fronts.nginx_pages import pages_maps
from enuf.fronts.nginx_raw import raw_http
from enuf.fronts.nginx_server import site_block
from enuf.fronts.nginx_site_tls import (
    SiteLines,
    beside_site,
    default_words,
    for_host,
    https_lines,
    https_variables,
    site_listens,
)
from enuf.fronts.nginx_static import static_maps
from enuf.fronts.nginx_tls import listen_words
from enuf.fronts.nginx_websocket import handshake_map
from enuf.fronts.nginx_www import www_servers, www_variables
from enuf.model.host_names import answered_names
from enuf.model.plan import ConfigFile
from enuf.model.site import Site
from enuf.syntax.nginx import Block, Directive, Heading, Node, Remark, directive, to_text

_LONGEST_IDENTIFIER = 4
"""The shorter the names of variables, the more of them share a bucket of nginx's table. Where it lacks room, `nginx -t`
notes that the table should be larger, which is the host's own setting (F271)."""
_NO_NAME = ("_",)
"""The usual server_name of a default site, which no host has."""
_OURS = re.compile(r"(?<![A-Za-z0-9])enuf_")
_OUR_VARIABLE = re.compile(r"\$(\{?)enuf_")

_HEADER = """\
The site {name} of the host's nginx: the app in {project}.
Written by `enuf install`, which also writes it again after a change of the settings; `enuf uninstall` removes it.
The app's servers are the service {unit}."""


def site_file(request: FrontRequest, site: Site) -> ConfigFile:
    """Return the file of the site.

    Its digest in every line of the log proves that the host's nginx works by the file.
    """
    digest = hashlib.sha256(to_text(_nodes(request, site, "")).encode()).hexdigest()[:16]
    text = to_text(_nodes(request, site, digest))
    return ConfigFile(name=f"{site.full_name}.conf", reader="host", text=text, digest=digest)


def identifier(name: str) -> str:
    """Return the site's name as a part of a variable's name, short and unique."""
    plain = name.replace("-", "_")
    if len(plain) <= _LONGEST_IDENTIFIER:
        return plain
    return base64.b32encode(hashlib.sha256(name.encode()).digest())[:_LONGEST_IDENTIFIER].decode().lower()


def _nodes(request: FrontRequest, site: Site, digest: str) -> list[Node]:
    request, settings = for_host(request, site), request.settings
    shared = [*facts(settings.serve), *handshake_map(request)]
    header = _HEADER.format(name=site.name, project=request.paths.project, unit=site.unit)
    nodes: list[Node] = [
        Heading("Log: who asked for what, how long the app took, and the id of the request"),
        directive("log_format", "enuf_log", *_signed(access_format(request), digest)),
        *(node for node in shared if not isinstance(node, Directive)),
        *https_variables(request),
        *www_variables(request),
        *answer_header_maps(settings.http),
        *static_maps(request),
        *pages_maps(request),
        *upstream(request),
        *cache_zones(request, site.cached_pages),
        *access_maps(request),
        *limit_zones(request),
    ]
    nodes += raw_http(request)
    logs: list[Node] = [
        directive("access_log", site.access_log, "enuf_log"),
        directive("error_log", site.error_log, "notice"),
    ]
    limits: list[Node] = [
        *ways_to_send(),
        *client_limits(request),
        *gzip(request),
        *(node for node in shared if isinstance(node, Directive)),
        Heading("The app"),
    ]
    words = listen_words(request)
    listens = site_listens(request.listen, site, words)
    own_listens = site_listens(request.listen, site, (*words, *default_words(request)))
    names = without_hash(answered_names(settings.serve.hosts)) or _NO_NAME
    every_name = without_hash(answered_names(settings.serve.every_name)) or _NO_NAME
    nodes += [
        Heading("The site"),
        *beside_site(request, site, names, every_name, SiteLines(logs, limits)),
        *www_servers(request, listens, [*logs, *https_lines(request)]),
        site_block(request, own_listens, [*logs, *https_lines(request), *limits], names),
    ]
    return [Remark(header), *_named(nodes, identifier(site.name))]


def _signed(format_: tuple[str, ...], digest: str) -> tuple[str, ...]:
    *begin, last = format_
    if last.endswith("}"):
        return (*begin, f'{last[:-1]},"site":"{digest}"}}')
    return (*begin, f"{last} site={digest}")


def _named(nodes: Iterable[Node], site: str) -> list[Node]:
    """Return the lines with our names made unique for the site: `$enuf_host` becomes `$e_shop_host`."""
    named: list[Node] = []
    for node in nodes:
        match node:
            # in a map, an expression stands where a name does elsewhere
            case Directive(name=name, args=args):
                args = tuple(_own(arg, site) for arg in args)
                named.append(replace(node, name=_own(name, site), args=args))
            case Block(args=args, children=children):
                args = tuple(_own(arg, site) for arg in args)
                named.append(replace(node, args=args, children=tuple(_named(children, site))))
            case _:
                named.append(node)
    return named


def _own(text: str, site: str) -> str:
    return _OURS.sub(f"enuf_{site}_", _OUR_VARIABLE.sub(rf"$\g<1>e_{site}_", text))

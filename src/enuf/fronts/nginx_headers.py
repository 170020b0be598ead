"""Request headers for an app server that speaks HTTP, in place of those that a client may have forged."""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_dev import AFAR
from enuf.fronts.nginx_params import dropped, replaced, said
from enuf.fronts.nginx_trust import REQUEST_ID
from enuf.syntax.nginx import Node, Remark, directive


def proxy_headers(request: FrontRequest, host: str) -> list[Node]:
    """Return the `proxy_set_header` lines of a location that passes requests to the app."""
    close = directive(
        "proxy_set_header",
        "Connection",
        "close",
        comment="A connection that is kept (nginx does so by itself since 1.29.7) would lead to the old version after a reload.",
    )
    return [directive("proxy_http_version", "1.1"), close, *_facts(request, host)]


def handshake_headers(request: FrontRequest, host: str) -> list[Node]:
    """Return these lines of the location that passes the handshakes of WebSockets to the app."""
    why = "nginx passes neither header on by itself: they belong to a connection (RFC 9110, 7.6.1)."
    return [
        directive("proxy_http_version", "1.1"),
        directive("proxy_set_header", "Upgrade", "websocket", comment=why),
        directive("proxy_set_header", "Connection", "upgrade"),
        *_facts(request, host),
    ]


def _facts(request: FrontRequest, host: str) -> list[Node]:
    serve = request.settings.serve
    prefix = serve.prefix
    nodes: list[Node] = [
        Remark("What only we can know; a client that sends such a header is not believed:"),
        _header("Host", host),
        *(_header(_name(param), value) for param, value in replaced(serve) if param.startswith("HTTP_")),
        *(_header(_name(param), value) for param, value in said(serve, host)),
        Remark("Headers that could be taken for such a fact, and Proxy (httpoxy), are not passed on:"),
        *(_header(_name(param), "") for param in dropped(serve)),
    ]
    if prefix:
        nodes += [Remark("serve.prefix, as gunicorn wants to be told:"), _header("SCRIPT_NAME", prefix)]
    if request.dev:
        nodes.append(_header("X-Enuf-Afar", AFAR))
    if request.settings.http.request_id:
        nodes += [
            Remark("One number for this request in every log, in the app and in the answer:"),
            _header("X-Request-ID", REQUEST_ID),
        ]
    return nodes


def _name(param: str) -> str:
    """Return the header's name of a CGI variable: `X-Real-Ip` for `HTTP_X_REAL_IP`."""
    return "-".join(word.capitalize() for word in param.removeprefix("HTTP_").split("_"))


def _header(name: str, value: str) -> Node:
    return directive("proxy_set_header", name, value)

"""The parameters of a request for the app, in place of the stock `uwsgi_params`.

The stock file lets a client choose the scheme and its own address (F135, F159), loses chunked bodies (F151)
and, on Debian, the port of the Host header (F148). A parameter called HTTP_X replaces the client's header X
(F144).
"""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_dev import AFAR
from enuf.fronts.nginx_facts import HTTPS, PASSED, PATH_INFO, port
from enuf.fronts.nginx_trust import (
    FORWARDED_HOST,
    FORWARDED_PORT,
    FORWARDED_PREFIX,
    HOST,
    REQUEST_ID,
    SCHEME,
    client,
)
from enuf.model.host_names import plain_name
from enuf.settings.sections.serve import Serve
from enuf.syntax.nginx import Node, Remark, directive

LARGEST_HEAD_BYTES = 32_192
"""A uwsgi packet has at most 65,535 bytes (F160), and the address is in it twice: as REQUEST_URI, and as
PATH_INFO or QUERY_STRING. So twice this must fit, and 1,100 bytes for all the rest."""

_SAID_BY_PROXIES = (
    ("HTTP_X_FORWARDED_PORT", FORWARDED_PORT),
    ("HTTP_X_FORWARDED_PREFIX", FORWARDED_PREFIX),
)
_DROPPED = (
    "HTTP_X_FORWARDED_SSL",
    "HTTP_X_FORWARDED_SCHEME",
    *(name for name, _ in _SAID_BY_PROXIES),
    "HTTP_X_SCHEME",
    "HTTP_X_SCRIPT_NAME",
    "HTTP_FORWARDED",
    "HTTP_PROXY",
)
_DOUBLED = ("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING")


def replaced(serve: Serve) -> tuple[tuple[str, str], ...]:
    """Return what is in every request, in place of what a client sends under these names."""
    address = client(serve)
    return (
        ("REQUEST_SCHEME", SCHEME),
        ("UWSGI_SCHEME", SCHEME),
        ("HTTP_X_FORWARDED_PROTO", SCHEME),
        ("HTTP_X_FORWARDED_FOR", address),
        ("HTTP_X_REAL_IP", address),
        ("HTTP_X_REQUEST_START", f"t={PASSED}"),
    )


def said(serve: Serve, host: str) -> tuple[tuple[str, str], ...]:
    """Return what is sent unless empty: the public host, port and prefix, as ProxyFix reads them."""
    if not serve.believed_proxies:
        return (("HTTP_X_FORWARDED_HOST", host),)
    return (("HTTP_X_FORWARDED_HOST", FORWARDED_HOST if host == HOST else host), *_SAID_BY_PROXIES)


def dropped(serve: Serve) -> tuple[str, ...]:
    """Return the names that no client may send."""
    may_pass = {name for name, _ in _SAID_BY_PROXIES} if serve.believed_proxies else set[str]()
    return tuple(name for name in _DROPPED if name not in may_pass)


def uwsgi_params(request: FrontRequest, host: str) -> list[Node]:
    """Return the `uwsgi_param` lines of a location that passes requests to the app."""
    serve = request.settings.serve
    nodes: list[Node] = [Remark("The request, as WSGI wants it:"), *map(_param, _request(request))]
    nodes.append(Remark("What only we can know; a client that sends such a header is not believed:"))
    nodes += [_param(pair) for pair in replaced(serve)]
    nodes += [
        _param_if_any(name, value)
        for name, value in (("HTTPS", HTTPS), ("HTTP_HOST", host), *said(serve, host))
    ]
    nodes.append(
        Remark("Headers that could be taken for such a fact, and Proxy (httpoxy), are not passed on:")
    )
    nodes += [_param((name, "")) for name in dropped(serve)]
    nodes.append(
        Remark(
            "nginx has read the whole body and tells its length above. Passed on, `Transfer-Encoding: chunked`\n"
            "would make Flask ignore that length and see an empty body; WSGI forbids the other two:"
        )
    )
    nodes += [_param((name, "")) for name in _DOUBLED]
    if request.dev:
        nodes.append(_param_if_any("HTTP_X_ENUF_AFAR", AFAR))
    if request.settings.http.request_id:
        nodes += [
            Remark("One number for this request in every log, in the app and in the answer:"),
            _param(("HTTP_X_REQUEST_ID", REQUEST_ID)),
        ]
    return nodes


def largest_head(wanted_bytes: int) -> int:
    """Return the largest size of a request's head in bytes whose uwsgi packet is not too large."""
    return min(wanted_bytes, LARGEST_HEAD_BYTES)


def _request(request: FrontRequest) -> tuple[tuple[str, str], ...]:
    serve = request.settings.serve
    prefix = serve.prefix
    return (
        ("REQUEST_METHOD", "$request_method"),
        ("REQUEST_URI", "$request_uri"),
        ("SCRIPT_NAME", prefix),
        ("PATH_INFO", PATH_INFO if prefix else "$document_uri"),
        ("QUERY_STRING", "$query_string"),
        ("SERVER_PROTOCOL", "$server_protocol"),
        ("CONTENT_TYPE", "$content_type"),
        ("CONTENT_LENGTH", "$content_length"),
        ("SERVER_NAME", plain_name(serve.hosts)),
        ("SERVER_PORT", port(serve)),
        ("REMOTE_ADDR", client(serve)),
        ("REMOTE_PORT", "$remote_port"),
    )


def _param(pair: tuple[str, str]) -> Node:
    return directive("uwsgi_param", *pair)


def _param_if_any(name: str, value: str) -> Node:
    return directive("uwsgi_param", name, value, "if_not_empty")

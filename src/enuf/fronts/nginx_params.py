"""The parameters of a request for the app, in place of the stock `uwsgi_params`.

The stock file lets a client choose the scheme and its own address (F135, F159), loses chunked bodies (F151)
and, on Debian, the port of the Host header (F148). A parameter called HTTP_X replaces the client's header X
(F144).
"""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_facts import HOST, HTTPS, NOTHING, PASSED, PATH_INFO, REQUEST_ID, SCHEME
from enuf.model.address import TcpAddress
from enuf.syntax.nginx import Node, Remark, directive

LARGEST_HEAD_BYTES = 32_192
"""A uwsgi packet has at most 65,535 bytes (F160), and the address is in it twice: as REQUEST_URI, and as
PATH_INFO or QUERY_STRING. So twice this must fit, and 1,100 bytes for all the rest."""

REPLACED = (
    ("REQUEST_SCHEME", SCHEME),
    ("UWSGI_SCHEME", SCHEME),
    ("HTTP_X_FORWARDED_PROTO", SCHEME),
    ("HTTP_X_FORWARDED_FOR", "$remote_addr"),
    ("HTTP_X_REAL_IP", "$remote_addr"),
    ("HTTP_X_REQUEST_START", f"t={PASSED}"),
)
_PRESENT_OR_NOT = (
    ("HTTPS", HTTPS),
    ("HTTP_HOST", HOST),
    ("HTTP_X_FORWARDED_HOST", HOST),
)
DROPPED = (
    "HTTP_X_FORWARDED_SSL",
    "HTTP_X_FORWARDED_SCHEME",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_SCHEME",
    "HTTP_X_SCRIPT_NAME",
    "HTTP_FORWARDED",
    "HTTP_PROXY",
)
_DOUBLED = ("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING")


def uwsgi_params(request: FrontRequest) -> list[Node]:
    """Return the `uwsgi_param` lines of a location that passes requests to the app."""
    nodes: list[Node] = [Remark("The request, as WSGI wants it:"), *map(_param, _request(request))]
    nodes.append(Remark("What only we can know; a client that sends such a header is not believed:"))
    nodes += [_param(pair) for pair in REPLACED]
    nodes += [_param_if_any(name, value) for name, value in _PRESENT_OR_NOT]
    nodes.append(
        Remark("Headers that could be taken for such a fact, and Proxy (httpoxy), are not passed on:")
    )
    nodes += [_param_if_any(name, NOTHING) for name in DROPPED]
    nodes.append(
        Remark(
            "nginx has read the whole body and tells its length above. Passed on, `Transfer-Encoding: chunked`\n"
            "would make Flask ignore that length and see an empty body; WSGI forbids the other two:"
        )
    )
    nodes += [_param_if_any(name, NOTHING) for name in _DOUBLED]
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
    prefix = request.settings.serve.prefix
    # WSGI wants a port also where there is none, on a unix socket.
    port = "$server_port" if isinstance(request.listen, TcpAddress) else "80"
    return (
        ("REQUEST_METHOD", "$request_method"),
        ("REQUEST_URI", "$request_uri"),
        ("SCRIPT_NAME", prefix),
        ("PATH_INFO", PATH_INFO if prefix else "$document_uri"),
        ("QUERY_STRING", "$query_string"),
        ("SERVER_PROTOCOL", "$server_protocol"),
        ("CONTENT_TYPE", "$content_type"),
        ("CONTENT_LENGTH", "$content_length"),
        ("SERVER_NAME", "$server_name"),
        ("SERVER_PORT", port),
        ("REMOTE_ADDR", "$remote_addr"),
        ("REMOTE_PORT", "$remote_port"),
    )


def _param(pair: tuple[str, str]) -> Node:
    return directive("uwsgi_param", *pair)


def _param_if_any(name: str, value: str) -> Node:
    return directive("uwsgi_param", name, value, "if_not_empty")

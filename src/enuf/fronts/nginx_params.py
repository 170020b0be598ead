"""What nginx tells the app about a request, in place of the stock `uwsgi_params`.

The stock file lets a client choose the scheme and its own address (F135, F159), loses chunked bodies (F151)
and, on Debian, the port of the Host header (F148). A parameter called HTTP_X replaces the client's header X (F144).
"""

from __future__ import annotations

from enuf.syntax.nginx import Node, Remark, directive

NOTHING = "$enuf_nothing"


def uwsgi_params(
    *, script_name: str, path_info: str, scheme: str, request_id: str | None
) -> tuple[Node, ...]:
    """The `uwsgi_param` lines of a location that passes requests to the app."""
    request = (
        ("REQUEST_METHOD", "$request_method"),
        ("REQUEST_URI", "$request_uri"),
        ("SCRIPT_NAME", script_name),
        ("PATH_INFO", path_info),
        ("QUERY_STRING", "$query_string"),
        ("SERVER_PROTOCOL", "$server_protocol"),
        ("CONTENT_TYPE", "$content_type"),
        ("CONTENT_LENGTH", "$content_length"),
        ("DOCUMENT_ROOT", "$document_root"),
        ("SERVER_NAME", "$server_name"),
        ("SERVER_PORT", "$server_port"),
        ("REMOTE_ADDR", "$remote_addr"),
        ("REMOTE_PORT", "$remote_port"),
    )
    replaced = (
        ("HTTP_HOST", "$host$enuf_port"),
        ("REQUEST_SCHEME", scheme),
        ("UWSGI_SCHEME", scheme),
        ("HTTP_X_FORWARDED_PROTO", scheme),
        ("HTTP_X_FORWARDED_FOR", "$remote_addr"),
        ("HTTP_X_FORWARDED_HOST", "$host$enuf_port"),
        ("HTTP_X_REAL_IP", "$remote_addr"),
    )
    dropped = (
        "HTTP_X_FORWARDED_SSL",
        "HTTP_X_FORWARDED_PREFIX",
        "HTTP_X_FORWARDED_PORT",
        "HTTP_FORWARDED",
        "HTTP_PROXY",
    )
    doubled = ("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING")
    nodes: list[Node] = [Remark("The request, as WSGI wants it")]
    nodes += [_param(name, value) for name, value in request]
    nodes.append(Remark("Facts that only we know: a client that sends these headers itself is not believed"))
    nodes += [_param(name, value) for name, value in replaced]
    nodes += [directive("uwsgi_param", name, NOTHING, "if_not_empty") for name in dropped]
    nodes.append(
        Remark(
            "nginx has already read the body and knows its length. Sent on, `Transfer-Encoding: chunked`\n"
            "would make Flask ignore that length and see an empty body."
        )
    )
    nodes += [directive("uwsgi_param", name, NOTHING, "if_not_empty") for name in doubled]
    if request_id is not None:
        nodes.append(Remark("One number for this request in every log and in the answer"))
        nodes.append(_param("HTTP_X_REQUEST_ID", request_id))
    return tuple(nodes)


def _param(name: str, value: str) -> Node:
    return directive("uwsgi_param", name, value)

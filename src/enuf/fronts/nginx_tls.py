"""HTTPS in nginx: the lines of a `listen`, of a server, and the server that redirects from plain HTTP.

Protocols and ciphers are those of Mozilla's intermediate guideline (F172).
"""

from __future__ import annotations

from collections.abc import Sequence

from enuf.fronts.base import FrontRequest, TlsFiles
from enuf.fronts.nginx_trust import HOST, variable
from enuf.model.address import HTTPS_PORT, Address, TcpAddress
from enuf.model.host_names import answered_names, plain_address
from enuf.model.tool import Tool
from enuf.settings.sections.tls import Tls
from enuf.syntax.nginx import Heading, Node, block, directive

HTTP2_DIRECTIVE = (1, 25, 1)
"""From this version on `http2 on;`; before, a word of `listen`."""
REJECT_HANDSHAKE = (1, 19, 4)
CONF_COMMAND = (1, 19, 4)
"""From this version on `ssl_conf_command` hands words to OpenSSL."""
HSTS = "$enuf_strict_transport_security"
HSTS_HEADER = "Strict-Transport-Security"
_PLAIN = "@enuf_plain_http"
_CIPHERS = ":".join(
    (
        *("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        *("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        *("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"),
    )
)


def listen_words(request: FrontRequest) -> tuple[str, ...]:
    """Return the words of a `listen` line that make its address speak TLS, HTTP/2 in an older nginx, and the PROXY protocol."""
    if request.tls is None:
        return plain_words(request)
    return ("ssl", *(() if _has_http2_directive(request) else ("http2",)), *plain_words(request))


def plain_words(request: FrontRequest) -> tuple[str, ...]:
    """Return the words of the `listen` line of an address without TLS."""
    return ("proxy_protocol",) if request.settings.serve.proxy_protocol else ()


def http2(request: FrontRequest) -> list[Node]:
    """Return the line for HTTP/2 of a newer nginx; it holds for every server at the same addresses."""
    if request.tls is None or not _has_http2_directive(request):
        return []
    return [directive("http2", "on")]


def _nginx(request: FrontRequest) -> Tool:
    return request.toolchain.tools["nginx"]


def _has_http2_directive(request: FrontRequest) -> bool:
    return _nginx(request).version_numbers >= HTTP2_DIRECTIVE


def tls_defaults(request: FrontRequest, sessions: str = "enuf") -> list[Node]:
    """Return the lines for all servers: protocols, ciphers, sessions, and the HSTS variable.

    `sessions` is the name of the store of sessions.
    """
    if request.tls is None:
        return []
    return [
        Heading("HTTPS: TLS 1.2 and 1.3, after Mozilla's intermediate guideline"),
        directive("ssl_protocols", "TLSv1.2", "TLSv1.3"),
        directive("ssl_ciphers", _CIPHERS, comment="Of TLS 1.2; those of TLS 1.3 are all good."),
        directive("ssl_prefer_server_ciphers", "on", comment="In this order,"),
        *_chacha_first(request),
        directive(
            "ssl_session_cache",
            f"shared:{sessions}:1m",
            comment="For some 4,000 visitors who come back soon.",
        ),
        directive("ssl_session_timeout", "1d"),
        directive(
            "ssl_session_tickets", "off", comment="Their key would stay the same until nginx is started anew."
        ),
        *_hsts(request.settings.tls),
    ]


def _chacha_first(request: FrontRequest) -> list[Node]:
    """Return the exception for clients that begin with ChaCha20: their processor has no instructions for AES."""
    if _nginx(request).version_numbers < CONF_COMMAND:
        return []
    why = "but ChaCha20 for clients that prefer it: phones without instructions for AES."
    return [directive("ssl_conf_command", "Options", "PrioritizeChaCha", comment=why)]


def _hsts(tls: Tls) -> list[Node]:
    if tls.hsts is None:
        return []
    return [
        variable(
            "$https:$upstream_http_strict_transport_security",
            HSTS,
            ("default", ""),
            ("on:", f"max-age={int(tls.hsts.seconds)}"),
            comment="tls.hsts: browsers use nothing but HTTPS for so many seconds. An app's own header stays.",
        )
    ]


def certificate(request: FrontRequest) -> list[Node]:
    """Return the lines of a server that name its certificate."""
    return [*_pair(request.tls), *_spoken_plainly()] if request.tls else []


def _pair(files: TlsFiles) -> list[Node]:
    return [
        directive("ssl_certificate", files.certificate, comment=files.origin),
        directive("ssl_certificate_key", files.key),
    ]


def _spoken_plainly() -> list[Node]:
    """Return the redirect for plain HTTP that arrives at the HTTPS address."""
    return _on_plain_http(_no_host(), directive("return", 308, f"https://{HOST}$request_uri"))


def _on_plain_http(*answer: Node) -> list[Node]:
    why = "http:// typed for https:// at this port."
    return [
        directive("error_page", 497, "=", _PLAIN, comment=why),
        block("location", _PLAIN, children=answer),
    ]


def _no_host() -> Node:
    """Return the refusal of a request that names no host: there is no address to redirect it to."""
    return block(
        "if",
        f"({HOST}",
        "~",
        "^$",
        ")",
        children=[directive("return", 400)],
        comment="HTTP/1.0 without a host.",
    )


def no_certificate(request: FrontRequest) -> list[Node]:
    """Return the lines of the server for unknown names: it ends the handshake, and shows no certificate.

    A client that connects to an IP address, like the health check of a load balancer, sends no name: a site that answers
    such clients must show a certificate.
    """
    if request.tls is None:
        return []
    closed = _on_plain_http(directive("return", 444))
    if shows_without_name(request) or _nginx(request).version_numbers < REJECT_HANDSHAKE:
        return [*_pair(request.tls), *closed]
    why = "An unknown name gets no certificate: it would name the sites that are here."
    return [directive("ssl_reject_handshake", "on", comment=why), *closed]


def shows_without_name(request: FrontRequest) -> bool:
    """Return True for a site that must show its certificate to a client that sends no name."""
    serve = request.settings.serve
    return bool(serve.health_path) or any(map(plain_address, serve.hosts))


def redirect(
    request: FrontRequest, listens: Sequence[Node], answered: Sequence[Node], others: Sequence[Node]
) -> list[Node]:
    """Return the server that sends visitors of plain HTTP to HTTPS, by a redirect that keeps path and method.

    `answered` are the locations that are answered here too: load balancers and authorities ask without HTTPS.
    `others` are those of the server for other host names.
    """
    if not listens:
        return []
    hosts = request.settings.serve.every_name
    names = answered_names(hosts) or ("_",)
    unknown = [block("server", children=[*listens, directive("server_name", "_"), *others])]
    words = plain_words(request)
    plain = (
        [directive("listen", str(address), *words) for address in request.redirecting] if hosts else listens
    )
    return [
        Heading("Plain HTTP: leads to HTTPS"),
        *(unknown if hosts else ()),
        block("server", children=[*plain, directive("server_name", *names), *to_https(request, answered)]),
    ]


def to_https(request: FrontRequest, answered: Sequence[Node]) -> list[Node]:
    """Return the lines that send every request to HTTPS, save for those of the locations `answered`."""
    leads = [_no_host(), directive("return", 308, https_address(request))]
    return [*answered, block("location", "/", children=leads)] if answered else leads


def https_address(request: FrontRequest) -> str:
    """Return where plain HTTP leads: the path and query at the HTTPS address."""
    return f"https://$host{_port(request.listen[0])}$request_uri"


def _port(address: Address) -> str:
    if not isinstance(address, TcpAddress) or address.port == HTTPS_PORT:
        return ""
    return f":{address.port}"

"""Who the visitor is and what was asked for, as a proxy in front says, which is believed from `serve.trusted_proxies` alone.

Address, scheme and id of a request hold for every app. The public host, port and prefix are handed on as headers, which
Werkzeug's ProxyFix reads (`x_host`, `x_port`, `x_prefix`): many proxies pass on an X-Forwarded-Host that the visitor sent,
so whether to believe it is the app's word.
"""

from __future__ import annotations

from collections.abc import Iterator

from enuf.fronts.nginx_forwarded import FORWARDED_CLIENT, SAID_HOST, SAID_SCHEME, forwarded
from enuf.model.address import ANY_IPV6, TcpAddress
from enuf.settings.sections.serve import Serve
from enuf.syntax.nginx import Block, Node, block, directive

SCHEME = "$enuf_scheme"
REQUEST_ID = "$enuf_request_id"
HOST = "$enuf_host"
FORWARDED_HOST = "$enuf_xf_host"
FORWARDED_PORT = "$enuf_xf_port"
FORWARDED_PREFIX = "$enuf_xf_prefix"
_CLIENT = "$enuf_client"
_TRUSTED = "$enuf_trusted"
_NEAR = "$enuf_near"
_SCHEME_OF_PORT = "$enuf_scheme_of_port"
_HOPS = "$enuf_hops"
UNIX = "unix:"

_AFTER = "(?:,[^,]*)"
"""One more element of a list."""
MOST_HOPS = 3
"""So many trusted proxies behind the first one are counted; of a longer chain, the last one is believed."""
LONGEST_ID = 128
_ID = rf"[A-Za-z0-9._~:/+=@-]{{1,{LONGEST_ID}}}"
"""UUIDs, ULIDs, hex, base64 and the ids of the usual clouds; nothing that has a meaning in a log line or in
HTML."""
_HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
_PORT = r"\d{1,5}"
_PREFIX = r"(?:/[A-Za-z0-9._~!&()*+;=:@%-]+)+"
"""Without `//`: a redirect below it would lead to another host."""


def variable(source: str, target: str, *pairs: tuple[str, str], comment: str = "") -> Block:
    """Return the `map` block of a variable."""
    return block("map", source, target, children=[directive(*pair) for pair in pairs], comment=comment)


def client(serve: Serve) -> str:
    """Return the variable that holds the visitor's address."""
    return _CLIENT if serve.trusted_proxies or _takes_both(serve) else "$remote_addr"


def _takes_both(serve: Serve) -> bool:
    return any(isinstance(each, TcpAddress) and each.host == ANY_IPV6 for each in serve.addresses)


def trust(serve: Serve) -> list[Node]:
    """Return the variables of scheme, id and visitor of a request: nginx's own, or those of a proxy that the user trusts (F146)."""
    if serve.proxy_protocol:
        return proxied(serve.trusted_proxies)
    if not serve.trusted_proxies:
        return [
            variable("$scheme", SCHEME, ("default", "$scheme"), comment=_OURS),
            variable("$request_id", REQUEST_ID, ("default", "$request_id")),
            *(_client("$remote_addr", prefix="") if _takes_both(serve) else ()),
        ]
    return [
        *_real_ip(serve.trusted_proxies, "X-Forwarded-For", _WHY),
        *_trusted(serve.trusted_proxies),
        *forwarded(serve.trusted_proxies, _TRUSTED),
        _scheme(SAID_SCHEME),
        variable(
            f"{_TRUSTED}:$http_x_request_id",
            REQUEST_ID,
            ("default", "$request_id"),
            (f"~^1:({_ID})$", "$1"),
        ),
        *_client(f"{FORWARDED_CLIENT} $remote_addr", prefix=" "),
    ]


def proxied(proxies: tuple[str, ...]) -> list[Node]:
    """Return these variables where a header of the PROXY protocol stands before every connection (serve.proxy_protocol)."""
    return [
        *_real_ip(proxies, "proxy_protocol", _WHY_PROXIED),
        *_trusted(proxies),
        variable(
            "$scheme:$proxy_protocol_server_port",
            _SCHEME_OF_PORT,
            ("default", "$scheme"),
            ("http:443", "https"),
            comment="The port that the visitor connected to: a proxy has taken HTTPS off there.",
        ),
        _scheme(_SCHEME_OF_PORT),
        variable("$request_id", REQUEST_ID, ("default", "$request_id")),
        *_client("$remote_addr", prefix=""),
    ]


def _scheme(unsaid: str) -> Block:
    """Return the variable of the scheme; `unsaid` is that of a trusted proxy that sends no X-Forwarded-Proto."""
    return variable(
        f"{_TRUSTED}:$http_x_forwarded_proto",
        SCHEME,
        ("default", "$scheme"),
        (r"~*^1:\s*(?:https|wss)\s*(?:,|$)", "https"),
        (r"~*^1:\s*(?:http|ws)\s*(?:,|$)", "http"),
        ("1:", unsaid),
        comment="Of several schemes the first: the one that the visitor used.",
    )


def forwarded_facts(serve: Serve) -> list[Node]:
    """Return the variables of the public host, port and prefix, where trusted proxies may say them."""
    if not serve.believed_proxies:
        return []
    below = f"$1{serve.prefix}"
    return [
        _hops(),
        _listed("x_forwarded_host", FORWARDED_HOST, _HOST, ("~^1:[^:]*:$", SAID_HOST), default=HOST),
        _listed("x_forwarded_port", FORWARDED_PORT, _PORT),
        _listed("x_forwarded_prefix", FORWARDED_PREFIX, _PREFIX, value=below, end="/?"),
    ]


_OURS = "Scheme and id are nginx's own; with serve.trusted_proxies they may be those of a proxy in front."
_WHY = (
    "serve.trusted_proxies: only these may say who the visitor is (X-Forwarded-For), what was asked for\n"
    "(X-Forwarded-Proto, -Host, -Port, -Prefix, or Forwarded) and which id the request has (X-Request-ID)."
)
_WHY_PROXIED = (
    "serve.proxy_protocol: only these may say who the visitor is, in the header of the PROXY protocol, and the scheme\n"
    "(X-Forwarded-Proto). Other headers may be the visitor's own: such a proxy often passes on what it gets."
)


def _real_ip(proxies: tuple[str, ...], said_by: str, why: str) -> Iterator[Node]:
    for number, proxy in enumerate(proxies):
        yield directive("set_real_ip_from", proxy, comment="" if number else why)
    yield directive("real_ip_header", said_by)
    yield directive("real_ip_recursive", "on")


def _trusted(proxies: tuple[str, ...]) -> Iterator[Node]:
    """Return the variable that is 1 for a connection that comes from a trusted proxy.

    `geo` knows networks only, and no unix sockets.
    """
    networks = [directive(proxy, 1) for proxy in proxies if proxy != UNIX]
    by_network = _NEAR if UNIX in proxies else _TRUSTED
    yield block("geo", "$realip_remote_addr", by_network, children=[directive("default", 0), *networks])
    if UNIX in proxies:
        yield variable("$realip_remote_addr", _TRUSTED, ("default", _NEAR), (UNIX, "1"))


def _client(source: str, prefix: str) -> Iterator[Node]:
    """Return the variable of the visitor's address.

    IPv4 as such, also where it came through a socket for IPv6.
    """
    said = (("~^([^ ]+) ", "$1"),) if prefix else ()
    yield variable(
        source,
        _CLIENT,
        ("default", "$remote_addr"),
        *said,
        (rf"~^{prefix}::ffff:(\d+\.\d+\.\d+\.\d+)$", "$1"),
        comment="The visitor's address.",
    )


def _hops() -> Block:
    """Count how many of the addresses in X-Forwarded-For come after the visitor's: those of trusted proxies."""
    begin = r"^(\S+) (?:.*,)?\s*\[?\1\]?(?::\d+)?\s*"
    return variable(
        "$remote_addr $http_x_forwarded_for",
        _HOPS,
        ("default", "0"),
        *((f"~{begin}{_AFTER * hops}$", str(hops)) for hops in range(MOST_HOPS + 1)),
        comment="How many trusted proxies stand in X-Forwarded-For after the visitor. In a list of hosts, as many come after\n"
        "the public one; what stands before it may be the visitor's own.",
    )


def _listed(
    header: str,
    target: str,
    form: str,
    *more: tuple[str, str],
    default: str = "",
    value: str = "$1",
    end: str = "",
) -> Block:
    """Return the variable of the element of a list that the outermost trusted proxy wrote."""
    pairs = [("default", default), *more]
    for hops in range(MOST_HOPS + 1):
        # as many elements come after as hops do; in a shorter list, the first one
        before = rf"(?:.*,(?=[^,]*{_AFTER * hops}$))?"
        after = f"{_AFTER}{{0,{hops}}}" if hops else ""
        pairs.append((rf"~^1:{hops}:{before}\s*({form}){end}\s*{after}$", value))
    return variable(f"{_TRUSTED}:{_HOPS}:$http_{header}", target, *pairs)

"""Limits of one client: requests in a time, and requests at the same moment.

They stand in the locations that pass requests to the app. Files that nginx sends itself do not count: one page has dozens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_answer import answer_headers, default_page
from enuf.fronts.nginx_forwarded import FORWARDED_CLIENT
from enuf.fronts.nginx_paths import WHOLE_SITE, by_path, longest_first
from enuf.fronts.nginx_trust import variable
from enuf.settings.schema import Settings
from enuf.settings.values import Rate
from enuf.syntax.nginx import Block, Heading, Node, block, directive

OLDEST = (1, 17, 6)
"""The first version that tells the log which limit it was."""
TOO_MANY = "429"
_ZONE = "8m"
"""Room for some 60,000 clients; the one that was not seen for the longest makes room for a new one."""
_VISITOR = "$enuf_peer"
_COUNTED = "$enuf_who"
AFTER = "$enuf_after"
_REQUESTS, _CONNECTIONS = "enuf_requests", "enuf_connections"


def limit_zones(request: FrontRequest) -> list[Node]:
    """Return the lines above all servers: who is counted, and where the counts are."""
    settings = request.settings
    limits = settings.limits
    if not limits.of_clients:
        return []
    everywhere = by_path({WHOLE_SITE: _VISITOR}, settings, "", "")
    nodes: list[Node] = [
        Heading("Limits of one client"),
        *_visitor(settings),
        variable("$uri", _COUNTED, *everywhere, comment="Who is counted; empty for what must always work."),
    ]
    if limits.requests:
        nodes.append(_zone(_COUNTED, _REQUESTS, limits.requests))
    for number, path in _numbered(settings):
        own = f"{_COUNTED}_{number}"
        nodes.append(variable("$uri", own, *by_path({path: _VISITOR}, settings, "", "")))
        nodes.append(_zone(own, f"{_REQUESTS}_{number}", limits.paths[path]))
    if limits.connections:
        nodes.append(directive("limit_conn_zone", _COUNTED, f"zone={_CONNECTIONS}:{_ZONE}"))
    return [*nodes, _after(settings), _reason()]


def _numbered(settings: Settings) -> Iterator[tuple[int, str]]:
    return enumerate(longest_first(settings.limits.paths), 1)


def _zone(key: str, name: str, rate: Rate) -> Node:
    return directive("limit_req_zone", key, f"zone={name}:{_ZONE}", f"rate={rate.count}r/{rate.unit}")


def _visitor(settings: Settings) -> list[Node]:
    """Return the variable that tells clients apart: the address, of IPv6 the first 64 bits, which one client has for itself."""
    network = "$enuf_net"
    nodes = [
        variable(
            "$binary_remote_addr",
            network,
            ("default", "$binary_remote_addr"),
            (r"~(?s)^\x00{10}\xff\xff(.{4})$", "$1"),
            (r"~(?s)^(.{8}).{8}$", "$1"),
            comment="A client: an IPv4 address, also where it came over IPv6, or an IPv6 network /64.",
        )
    ]
    if not settings.serve.believed_proxies:
        return [*nodes, variable(network, _VISITOR, ("default", network))]
    said = (
        ("default", FORWARDED_CLIENT),
        ("", network),
        ("~*^((?:[0-9a-f]+:){4})", "$1"),
        ("~*^(.*::(?:[0-9a-f]+:)*?)(?:[0-9a-f]+:){3}[0-9a-f]+$", "$1"),
        ("~*^(.*::)", "$1"),
    )
    return [*nodes, variable(FORWARDED_CLIENT, _VISITOR, *said)]


def _after(settings: Settings) -> Block:
    """Return the variable with the seconds after which one more request is let through."""
    usual = _seconds(settings.limits.requests)
    own = {path: str(max(usual, _seconds(rate))) for path, rate in settings.limits.paths.items()}
    return variable(
        "$uri", AFTER, *by_path(own, settings, str(usual), str(usual)), comment="For Retry-After."
    )


def _seconds(rate: Rate | None) -> int:
    return math.ceil(rate.unit_s / rate.count) if rate else 1


def _reason() -> Block:
    return variable(
        "$limit_req_status:$limit_conn_status",
        "$enuf_limit",
        ("default", ""),
        ("~^REJECTED", "requests"),
        ("~:REJECTED$", "connections"),
        comment="For the log: which limit it was.",
    )


def client_limit_lines(request: FrontRequest) -> list[Node]:
    """Return the lines of a location of the app."""
    settings = request.settings
    limits = settings.limits
    rates = [(_REQUESTS, limits.requests)] if limits.requests else []
    rates += [(f"{_REQUESTS}_{number}", limits.paths[path]) for number, path in _numbered(settings)]
    nodes = [directive("limit_req", f"zone={zone}", *_burst(rate)) for zone, rate in rates if rate]
    if limits.connections:
        nodes.append(directive("limit_conn", _CONNECTIONS, limits.connections))
    return list[Node](nodes)


def _burst(rate: Rate) -> tuple[str, ...]:
    """Return the words for the requests that may come at once: nginx counts those beside the first."""
    return (f"burst={rate.at_once - 1}", "nodelay") if rate.at_once > 1 else ()


def too_many(request: FrontRequest) -> list[Node]:
    """Return the lines of the site for a client that has asked too much."""
    limits = request.settings.limits
    if not limits.of_clients:
        return []
    kinds = (("req", limits.requests or limits.paths), ("conn", limits.connections))
    why = "The access log names the limit; a line of the error log for each such request would fill the disk."
    return [
        *(directive(f"limit_{kind}_status", TOO_MANY) for kind, is_on in kinds if is_on),
        *(directive(f"limit_{kind}_log_level", "info", comment=why) for kind, is_on in kinds if is_on),
        *([_looked_up_early()] if TOO_MANY in request.pages.errors else _page(request)),
    ]


def _looked_up_early() -> Node:
    """Return the line that looks up the seconds by the path that was asked for: later the path is that of the error's page."""
    return directive(
        "set", "$enuf_wait", AFTER, comment="Looked up now: in the page for 429 the path is another one."
    )


def _page(request: FrontRequest) -> list[Node]:
    """Return our own page, where the settings have none."""
    return [
        directive("error_page", TOO_MANY, "@enuf_too_many"),
        block(
            "location",
            "@enuf_too_many",
            children=[
                directive("default_type", "text/html"),
                *answer_headers(request.settings),
                directive("add_header", "Retry-After", AFTER, "always"),
                directive("return", TOO_MANY, default_page("Too many requests", "Too many requests")),
            ],
        ),
    ]

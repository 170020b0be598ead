"""The header `Forwarded` (RFC 7239) of a trusted proxy, where it sends none of the X-Forwarded headers.

A proxy that speaks X-Forwarded passes on what a visitor sent as `Forwarded`: there it is not read at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from enuf.syntax.nginx import Block, Node, block, directive

FORWARDED_CLIENT = "$enuf_said_for"
SAID_HOST = "$enuf_said_host"
SAID_SCHEME = "$enuf_said_proto"

_ELEMENTS = 3
"""So many are looked at, from the last one on: the nearest proxy wrote that."""
_ELEMENT = r'(?:[^",]|"[^"]*")*'
_IPV4, _IPV6, _PORT = r"\d{1,3}(?:\.\d{1,3}){3}", r"[0-9a-f:.]{2,45}", r"(?::\w+)?"


def forwarded(proxies: tuple[str, ...], trusted: str) -> Iterator[Node]:
    """Return the variables of what the header says, in the first element, from the end, whose visitor is no trusted proxy."""
    yield block(
        "map",
        f"{trusted}:$http_x_forwarded_for$http_x_forwarded_proto$http_x_forwarded_host",
        "$enuf_said",
        children=[directive("default", ""), directive("1:", "$http_forwarded")],
        comment="Forwarded (RFC 7239), from a trusted proxy that sends no X-Forwarded headers.",
    )
    for number in range(1, _ELEMENTS + 1):
        yield _element(number)
        if number < _ELEMENTS:
            yield from _is_proxy(number, proxies)
    yield _chosen()
    yield _client()
    yield _value(SAID_SCHEME, "proto", "https", "http", default="$scheme")
    yield _host()


def _element(number: int) -> Block:
    """Return the variable of the element of this number from the end."""
    rest = f",{_ELEMENT}" * (number - 1)
    return _map(
        "$enuf_said",
        f"$enuf_part_{number}",
        ("default", ""),
        (f"~^(?:.*,)?({_ELEMENT}){rest}$", "$1"),
    )


def _is_proxy(number: int, proxies: tuple[str, ...]) -> Iterator[Node]:
    """Return the variables that tell whether that element names another trusted proxy."""
    yield _map(
        f"$enuf_part_{number}",
        f"$enuf_for_{number}",
        ("default", "-"),
        *_addresses(),
    )
    networks = [directive(proxy, 1) for proxy in proxies if proxy != "unix:"]
    yield block(
        "geo",
        f"$enuf_for_{number}",
        f"$enuf_proxy_{number}",
        children=[directive("default", 0), *networks],
    )


def _addresses() -> Iterator[tuple[str, str]]:
    for form in (f"({_IPV4}){_PORT}", rf"\[({_IPV6})\]{_PORT}"):
        opening = r'(?:^|;)\s*for="?'
        yield rf'~*{opening}{form}"?\s*(?:;|$)', "$1"


def _chosen() -> Block:
    flags = "".join(f"$enuf_proxy_{number}" for number in range(1, _ELEMENTS))
    return _map(
        f"{flags}:$enuf_part_2:$enuf_part_3",
        "$enuf_by_visitor",
        ("default", "$enuf_part_1"),
        ("~^11:.*:.", "$enuf_part_3"),
        ("~^1.:.+:", "$enuf_part_2"),
    )


def _client() -> Block:
    return _map("$enuf_by_visitor", FORWARDED_CLIENT, ("default", ""), *_addresses())


def _value(target: str, name: str, *words: str, default: str) -> Block:
    pairs = [(rf'~*(?:^|;)\s*{name}="?{word}"?\s*(?:;|$)', word) for word in words]
    return _map("$enuf_by_visitor", target, ("default", default), *pairs)


def _host() -> Block:
    form = r"((?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)"
    return _map(
        "$enuf_by_visitor",
        SAID_HOST,
        ("default", "$enuf_host"),
        (rf'~*(?:^|;)\s*host="?{form}"?\s*(?:;|$)', "$1"),
    )


def _map(source: str, target: str, *pairs: tuple[str, str]) -> Block:
    return block("map", source, target, children=[directive(*pair) for pair in pairs])

"""The server block and the location that nginx chooses for a request, and where they pass it. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import unquote

import msgspec

from enuf.doctor.evidence import Pass
from enuf.doctor.facts.listens import Listen, listens, server_block_names
from enuf.doctor.facts.location_choice import PASSES, LocationChoice
from enuf.doctor.facts.location_patterns import path_pattern
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.live.evidence import Requested
from enuf.doctor.read.sites import read_passes
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective

Handler = Literal["pass", "return", "files", "unknown"]
NESTING_LIMIT = 8
_ANY_IPV4, _ANY_IPV6 = ("*", "0.0.0.0"), ("::", "[::]")  # noqa: S104 - compared, not bound


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What nginx does with a request, as its configuration says."""

    server: DirectiveMatch | None = None
    """The server block; None if none listens at the address."""
    location: DirectiveMatch | None = None
    """The location; None where the server block itself answers, or where a pattern cannot be tried."""
    passes: tuple[Pass, ...] = ()
    """One for each member of the upstream."""
    handler: Handler = "unknown"
    by_name: bool = False
    """True if a server_name fits the host; else the block is the default one of its address."""
    beside: tuple[DirectiveMatch, ...] = ()
    """The other server blocks at the same address."""
    is_certain: bool = True

    @property
    def directive(self) -> ParsedDirective | None:
        """The pass that takes the request."""
        return self.passes[0].match.directive if self.passes else None


def chosen_route(config: NginxConfig, requested: Requested, address: str) -> Route:
    """Return the route of a request that arrives at an IP address of this machine."""
    candidates = list(_at_address(config, requested.port, address))
    if not candidates:
        return Route()
    blocks = [match for match, _ in candidates]
    named = _by_name(blocks, requested.host.lower())
    default = next((match for match, listen in candidates if listen.is_default), blocks[0])
    chosen = named or default
    beside = tuple(each for each in blocks if each is not chosen)
    route = Route(server=chosen, by_name=named is not None, beside=beside)
    return _in_block(config, route, chosen, _decoded(requested.path))


def passes_elsewhere(route: Route, config: NginxConfig) -> tuple[ParsedDirective, ...]:
    """Return the passes of other server blocks at the same address than the one that takes the request."""
    inside = {id(each.directive) for each in route.beside}
    matches = config.find(*PASSES)
    return tuple(m.directive for m in matches if inside & {id(block) for block in m.chain})


def _decoded(path: str) -> str:
    return re.sub("//+", "/", unquote(path))


def _at_address(config: NginxConfig, port: int, address: str) -> Iterator[tuple[DirectiveMatch, Listen]]:
    """Yield the server blocks that nginx looks at for a connection: those of the exact address, else of all addresses."""
    found = [
        (match, listen)
        for match in config.servers()
        if any(block.name == "http" for block in match.chain) or config.context == "http"
        for listen in listens(match.directive)
        if listen.port == port
    ]
    exact = [pair for pair in found if _is_same(pair[1].host, address)]
    wild = _ANY_IPV6 if ":" in address else _ANY_IPV4
    seen: set[int] = set()
    for match, listen in exact or [pair for pair in found if pair[1].host in wild] or _two_families(found):
        if id(match.directive) not in seen:
            seen.add(id(match.directive))
            yield match, listen


def _two_families(
    found: list[tuple[DirectiveMatch, Listen]],
) -> list[tuple[DirectiveMatch, Listen]]:
    """Return the blocks at `[::]` that take IPv4 as well."""
    return [
        pair
        for pair in found
        if pair[1].host in _ANY_IPV6 and pair[1].directive and "ipv6only=off" in pair[1].directive.args
    ]


def _is_same(written: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(written.strip("[]")) == ipaddress.ip_address(address)
    except ValueError:
        return False


def _by_name(blocks: Iterable[DirectiveMatch], host: str) -> DirectiveMatch | None:
    """Return the block whose name fits: the exact one, the longest `*.x`, the longest `x.*`, the first pattern."""
    best: tuple[int, int] = (0, 0)
    chosen = None
    for match in blocks:
        for name in server_block_names(match.directive):
            rank = _rank(name, host)
            if rank > best:
                best, chosen = rank, match
    return chosen


def _rank(name: str, host: str) -> tuple[int, int]:
    if not name or not host:
        return (0, 0)
    if name == host or (name.startswith(".") and name[1:] == host):
        return (4, 0)
    if name.startswith(("*.", ".")) and host.endswith(name.lstrip("*")):
        return (3, len(name.lstrip("*")))
    if name.endswith(".*") and host.startswith(name[:-1]):
        return (2, len(name))
    if name.startswith("~"):
        pattern = path_pattern(name[1:], ignore_case=True)
        return (1, 0) if pattern is not None and pattern.search(host) else (0, 0)
    return (0, 0)


def _in_block(config: NginxConfig, route: Route, server: DirectiveMatch, path: str) -> Route:
    if directives_in(server.directive, "return"):
        return msgspec.structs.replace(route, handler="return")
    found, is_certain = _location(server.directive, path)
    is_certain = is_certain and not directives_in(server.directive, "rewrite")
    matches = {id(match.directive): match for match in config.find("location")}
    location = matches.get(id(found)) if found is not None else None
    route = msgspec.structs.replace(route, location=location, is_certain=is_certain)
    if not is_certain and found is None:
        return route
    return _handled(config, route, location or server)


def _location(block: ParsedDirective, path: str, depth: int = 0) -> tuple[ParsedDirective | None, bool]:
    """Return the location of a path inside a block, and whether every pattern on the way could be tried."""
    choice = LocationChoice(block)
    if path in choice.exact:
        return choice.exact[path], True
    prefix = choice.prefix(path)
    found, is_certain = prefix, True
    if prefix is not None and depth < NESTING_LIMIT:
        inner, is_certain = _location(prefix, path, depth + 1)
        if inner is not None:
            found = inner
            if inner.arg() in ("=", "~", "~*"):
                return inner, is_certain
    if prefix is not None and prefix.arg() == "^~":
        return found, is_certain
    for each in choice.regexes:
        if each.pattern is None:
            is_certain = False
        elif each.matches(path):
            return each.location, is_certain
    return found, is_certain


def _handled(config: NginxConfig, route: Route, match: DirectiveMatch) -> Route:
    passes = directives_in(match.directive, *PASSES)
    if passes:
        return msgspec.structs.replace(route, handler="pass", passes=_passes(config, passes[-1]))
    if directives_in(match.directive, "return"):
        return msgspec.structs.replace(route, handler="return")
    named = _named_fallback(route, match)
    if named is not None:
        passes = directives_in(named, *PASSES)
        if passes:
            return msgspec.structs.replace(route, handler="pass", passes=_passes(config, passes[-1]))
    return msgspec.structs.replace(route, handler="files")


def _passes(config: NginxConfig, directive: ParsedDirective) -> tuple[Pass, ...]:
    return tuple(each for each in read_passes((config,)) if each.match.directive is directive)


def _named_fallback(route: Route, match: DirectiveMatch) -> ParsedDirective | None:
    """Return the location `@name` to which `try_files` hands a request without a file."""
    tried = directives_in(match.directive, "try_files")
    if not tried and route.location is None and route.server is not None:
        tried = directives_in(route.server.directive, "try_files")
    name = tried[-1].args[-1] if tried and tried[-1].args else ""
    if not name.startswith("@") or route.server is None:
        return None
    below = (each for each in route.server.directive.below() if each.name == "location")
    return next((each for each in below if each.args == (name,)), None)

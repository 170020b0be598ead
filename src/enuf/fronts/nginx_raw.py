"""The lines of [raw]: copied as they are into a nginx of enuf's own, and written anew for the host's nginx.

The host's nginx gets the lines as enuf has read and judged them, so no two readers can differ about their meaning.
Names that all sites share, variables and zones, become the site's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from enuf.fronts.base import FrontRequest
from enuf.model.nginx_variables import is_nginx_variable
from enuf.syntax.nginx import Block, Directive, Node, Remark, Verbatim, directive
from enuf.syntax.nginx_tree import ParsedDirective

RawLevel = Literal["http", "server"]
LEVELS: tuple[RawLevel, ...] = ("http", "server")

_AROUND: dict[RawLevel, tuple[str, str]] = {"http": ("http { ", "}"), "server": ("http { server { ", "}}")}
_FILE = "/raw"
_MAKES_LAST = frozenset(("map", "geo", "split_clients"))
_MAKES_FIRST = frozenset(("set", "auth_request_set"))
_MAKES_ZONE = frozenset(("limit_req_zone", "limit_conn_zone"))
_VARIABLE = re.compile(r"\$(\{?)(\w+)")
_OWN = "enuf_raw_"
"""The beginning of the project's own names, to which the site's name is added."""


class RawFault(msgspec.Struct, frozen=True):
    """A line that cannot be read, or that would read another file."""

    line: int
    text: str


class RawLines(msgspec.Struct, frozen=True):
    """Lines as they were read."""

    directives: tuple[ParsedDirective, ...]
    faults: tuple[RawFault, ...]


class OwnNames(msgspec.Struct, frozen=True):
    """Names that the project's lines make, without `$`."""

    variables: frozenset[str]
    zones: frozenset[str]


def read_lines(text: str, level: RawLevel) -> RawLines:
    """Read lines that stand in nginx's `http` or `server` block."""
    from enuf.syntax.nginx_read import NginxSources, read_nginx  # slow, and only a site with [raw] needs it

    begin, end = _AROUND[level]
    whole = f"{begin}{text}\n{end}\n"  # on the line of the brace, so that lines count from 1
    config = read_nginx(_FILE, NginxSources(read=lambda path: whole if path == _FILE else None))
    faults = [
        RawFault(each.line, f"include: {each.pattern} would be read as root") for each in config.includes
    ]
    faults += [RawFault(each.line, each.text) for each in config.problems if each.kind != "absent"]
    inside = config.directives
    for _ in begin.split("{")[:-1]:
        if len(inside) != 1 or inside[0].block is None:
            return RawLines((), (*faults, RawFault(1, "the lines are no whole statements")))
        inside = inside[0].block
    faults += [
        RawFault(each.line, "a value holds a control character") for each in _all(inside) if _is_odd(each)
    ]
    return RawLines(inside, tuple(sorted(faults, key=lambda each: each.line)))


def _is_odd(each: ParsedDirective) -> bool:
    return any(ord(char) < 32 and char not in "\t\n" for word in (each.name, *each.args) for char in word)


def _all(directives: Iterable[ParsedDirective]) -> Iterator[ParsedDirective]:
    for each in directives:
        yield each
        yield from each.below()


def own_names(levels: Iterable[Iterable[ParsedDirective]]) -> OwnNames:
    """Return the names that these directives make for themselves. Names of nginx's and enuf's are not theirs."""
    variables, zones = set[str](), set[str]()
    for each in (each for level in levels for each in _all(level)):
        if each.args and each.name in _MAKES_LAST | _MAKES_FIRST:
            variables.add(each.args[-1 if each.name in _MAKES_LAST else 0].removeprefix("$"))
        if each.name in _MAKES_ZONE:
            zones.update(word[5:].partition(":")[0] for word in each.args if word.startswith("zone="))
    return OwnNames(frozenset(name for name in variables if not is_nginx_variable(name)), frozenset(zones))


def raw_http(request: FrontRequest) -> list[Node]:
    """Return the lines of raw.nginx_http, and those of root's own file."""
    return _raw(request, "http")


def raw_server(request: FrontRequest) -> list[Node]:
    """Return the lines of raw.nginx_server, and those of root's own file."""
    return _raw(request, "server")


def _raw(request: FrontRequest, level: RawLevel) -> list[Node]:
    raw, site = request.settings.raw, request.site
    texts: dict[RawLevel, str] = {"http": raw.nginx_http, "server": raw.nginx_server}
    key = f"raw.nginx_{level}"
    if site is None:
        return [Verbatim(texts[level], key)] if texts[level] else []
    nodes: list[Node] = []
    if texts[level]:
        read = {each: read_lines(texts[each], each).directives for each in LEVELS}
        names = own_names(read.values())
        nodes = [Remark(f"{key}: the project's own lines"), *(_as_node(each, names) for each in read[level])]
    if level in site.own:
        # A pattern that finds nothing is no error: nginx starts, with all sites, when the file is gone.
        pattern = f"{site.own_file(level)[:-1]}[f]"
        nodes.append(
            directive(
                "include", pattern, comment="Root's own lines. The [f] lets nginx start without the file."
            )
        )
    return nodes


def _as_node(each: ParsedDirective, names: OwnNames) -> Node:
    args = tuple(_renamed(each.name, word, names) for word in each.args)
    if each.block is None:
        return Directive(each.name, args, holds_lines=True)
    children = tuple(_as_node(inner, names) for inner in each.block)
    return Block(each.name, args, children, holds_lines=True)


def _renamed(directive_name: str, word: str, names: OwnNames) -> str:
    if directive_name == "limit_conn" and word in names.zones:
        return _OWN + word
    if word.startswith("zone=") and word[5:].partition(":")[0] in names.zones:
        return f"zone={_OWN}{word[5:]}"

    def own(match: re.Match[str]) -> str:
        return f"${match[1]}{_OWN}{match[2]}" if match[2] in names.variables else match[0]

    return _VARIABLE.sub(own, word)

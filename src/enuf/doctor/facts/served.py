"""The folders whose files an nginx site hands out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_patterns import KeptBack, is_denied
from enuf.doctor.facts.nginx import HANDLERS, own, prefix_of
from enuf.syntax.nginx_tree import Directive, Found, NginxConfig

_SERVED_LIMIT = 200


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A folder whose files anyone may fetch, and the directive that says so."""

    folder: str
    prefix: str
    directive: Directive
    server: Directive
    kept_back: KeptBack


def served_folders(site: NginxConfig) -> Iterator[Served]:
    """Every folder that a site hands out files from, as far as its paths are plain; the first hundreds."""
    return islice(_all_served(site), _SERVED_LIMIT)


def _all_served(site: NginxConfig) -> Iterator[Served]:
    inside: dict[int, list[Found]] = {}
    for each in site.find("location"):
        for block in each.chain:
            if block.name == "server":
                inside.setdefault(id(block), []).append(each)
    for found in site.servers():
        server = found.directive
        kept_back = KeptBack(server)
        locations = inside.get(id(server), [])
        if not own(server, "return") and all(prefix_of(each.directive) != "/" for each in locations):
            yield from _served(found, "/", server, kept_back)
        for each in locations:
            prefix = prefix_of(each.directive)
            if prefix and not own(each.directive, *HANDLERS) and not is_denied(each.directive):
                yield from _served(each, prefix, server, kept_back)


def _served(found: Found, prefix: str, server: Directive, kept_back: KeptBack) -> Iterator[Served]:
    block = found.directive
    alias = own(block, "alias")
    roots = found.inherited("root")
    directive = alias[-1] if alias else roots[-1] if roots else None
    path = directive.arg() if directive else ""
    if directive is None or not path.startswith("/") or "$" in path:
        return
    folder = path if alias else path.rstrip("/") + prefix
    yield Served(
        folder=posixpath.normpath(folder),
        prefix=prefix,
        directive=directive,
        server=server,
        kept_back=kept_back,
    )


def names_in(evidence: Evidence, folder: str) -> tuple[str, ...]:
    """What is in a folder: as the file system says, else as far as its files were read."""
    fact = evidence.fact(folder)
    if fact.kind == "folder":
        return fact.names
    start = f"{folder.rstrip('/')}/"
    inside = (file.path.removeprefix(start) for file in evidence.files if file.path.startswith(start))
    return tuple(dict.fromkeys(path.partition("/")[0] for path in inside))

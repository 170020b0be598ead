"""The folders whose files an nginx site serves."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.dockerignore import kept_names
from enuf.doctor.facts.location_patterns import DenyingLocations, is_denied
from enuf.doctor.facts.nginx import HANDLERS, directives_in, prefix_of
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective

_SERVED_LIMIT = 200


class ServedFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder whose files anyone may fetch, with the directive that names the folder."""

    folder: str
    prefix: str
    directive: ParsedDirective
    server: ParsedDirective
    denying: DenyingLocations


def served_folders(site: NginxConfig) -> Iterator[ServedFolder]:
    """Yield every folder that a site serves files from, as far as its paths are plain, up to a limit."""
    return islice(_all_served(site), _SERVED_LIMIT)


def _all_served(site: NginxConfig) -> Iterator[ServedFolder]:
    inside: dict[int, list[DirectiveMatch]] = {}
    for each in site.find("location"):
        for block in each.chain:
            if block.name == "server":
                inside.setdefault(id(block), []).append(each)
    for match in site.servers():
        server = match.directive
        denying = DenyingLocations(server)
        locations = inside.get(id(server), [])
        if not directives_in(server, "return") and all(
            prefix_of(each.directive) != "/" for each in locations
        ):
            yield from _served(match, "/", server, denying)
        for each in locations:
            prefix = prefix_of(each.directive)
            if prefix and not directives_in(each.directive, *HANDLERS) and not is_denied(each.directive):
                yield from _served(each, prefix, server, denying)


def _served(
    match: DirectiveMatch, prefix: str, server: ParsedDirective, denying: DenyingLocations
) -> Iterator[ServedFolder]:
    block = match.directive
    alias = directives_in(block, "alias")
    roots = match.inherited("root")
    directive = alias[-1] if alias else roots[-1] if roots else None
    path = directive.arg() if directive else ""
    if directive is None or not path.startswith("/") or "$" in path:
        return
    folder = path if alias else path.rstrip("/") + prefix
    yield ServedFolder(
        folder=posixpath.normpath(folder),
        prefix=prefix,
        directive=directive,
        server=server,
        denying=denying,
    )


def names_in_folder(evidence: Evidence, site: NginxConfig, folder: str) -> tuple[str, ...]:
    """Return the names in a folder that a site serves: from the file system, else from the files that were read.

    A folder of a container has the names of the checked folder that is copied or mounted there.
    """
    machines = evidence.machines_with(site.file)
    if machines:
        folder = next((found for each in machines if (found := each.source(folder))), "")
        return kept_names(evidence, folder, _names(evidence, folder)) if folder else ()
    return _names(evidence, folder)


def _names(evidence: Evidence, folder: str) -> tuple[str, ...]:
    fact = evidence.fact(folder)
    if fact.kind == "folder":
        return fact.names
    start = f"{folder.rstrip('/')}/"
    inside = (file.path.removeprefix(start) for file in evidence.files if file.path.startswith(start))
    return tuple(dict.fromkeys(path.partition("/")[0] for path in inside))

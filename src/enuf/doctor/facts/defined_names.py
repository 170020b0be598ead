"""Names of log formats and zones that a site uses, and that its nginx does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.machine import Container
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_MAIN = "/etc/nginx/nginx.conf"
_OF_IMAGE = frozenset(("combined", "main"))
"""The formats of nginx itself, and of the nginx.conf in the official image."""
_PLAIN = re.compile(r"[\w-]+")


def undefined_names(evidence: Evidence, site: NginxConfig) -> Iterator[tuple[ParsedDirective, str, str]]:
    """Yield the directive, the kind and the name of what is missing; none unless a container shows the whole nginx.conf."""
    if not _is_in_stock_image(evidence, site):
        return
    formats = _OF_IMAGE | {
        match.directive.arg() for each in evidence.sites for match in each.find("log_format")
    }
    for match in site.find("access_log"):
        name = match.directive.arg(1)
        if _PLAIN.fullmatch(name) and name not in formats:
            yield match.directive, "log_format", name
    zones = {
        name
        for each in evidence.sites
        for match in each.find("limit_req_zone")
        for name in _zones(match.directive)
    }
    for match in site.find("limit_req"):
        for name in _zones(match.directive):
            if name not in zones:
                yield match.directive, "limit_req_zone", name


def _is_in_stock_image(evidence: Evidence, site: NginxConfig) -> bool:
    """Return True for a file of conf.d in a container of the official image whose nginx.conf nothing replaces."""
    machines = [
        each
        for each in evidence.machines_with(site.file)
        if any(place.startswith("/etc/nginx/") for place in each.paths_of(site.file))
    ]
    return bool(machines) and all(_is_stock(evidence, each, site) for each in machines)


def _is_stock(evidence: Evidence, machine: Container, site: NginxConfig) -> bool:
    name = machine.image.rpartition("/")[2].partition(":")[0]
    places = [place for file in evidence.of_kind("nginx") for place in machine.paths_of(file.path)]
    in_folder = any(place.startswith("/etc/nginx/conf.d/") for place in machine.paths_of(site.file))
    return name == "nginx" and in_folder and _MAIN not in places


def _zones(directive: ParsedDirective) -> list[str]:
    """Return the names in `zone=name` and `zone=name:10m`."""
    return [
        each.removeprefix("zone=").partition(":")[0] for each in directive.args if each.startswith("zone=")
    ]

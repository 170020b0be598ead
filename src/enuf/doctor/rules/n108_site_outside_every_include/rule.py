"""A site brought to a path of a container that nginx's own configuration does not include."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import nginx_package
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig

_READ = re.compile(r"/etc/nginx/(?:nginx\.conf|conf\.d/[^/]+\.conf|templates/(?:.+/)?[^/]+\.template)")
_TABLES = ("mime.types", "_params", "fastcgi.conf")
_NOT_ALONE = re.compile(
    r"/etc/nginx/(?:templates|snippets|includes?|locations?|common|partials|ssl|certs?|html|stream[\w.-]*)/"
)
"""Folders of parts, and that of the templates that the image fills in."""
_NOT_A_SITE = re.compile(
    r"/etc/nginx/(?:snippets|includes?|locations?|common|partials|ssl|certs?|html|stream[\w.-]*)/"
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every file with server blocks that the stock image has below /etc/nginx, and that nothing includes."""
    yield from _beside_own_main_file(evidence)
    yield from _main_file_elsewhere(evidence)
    for site in evidence.sites:
        servers = [match.directive for match in site.servers() if match.directive.file == site.file]
        if not servers or site.context != "http" or is_template(evidence, site.file):
            continue
        machines = [each for each in evidence.machines_with(site.file) if _places(each, site.file)]
        if not machines or not all(_is_stock(each) for each in machines):
            continue
        places = [place for each in machines for place in _places(each, site.file)]
        is_read = any(_READ.fullmatch(each) or _NOT_A_SITE.match(each) for each in places)
        if not is_read and not _is_named(evidence, site):
            yield at_directive(
                servers[0],
                f"the image's nginx.conf includes conf.d/*.conf alone: {places[0]} is never read, and visitors see the welcome page",
                -1,
                hint="mount or copy the file to /etc/nginx/conf.d/default.conf",
                fix=by_hand("bring the file to /etc/nginx/conf.d/default.conf"),
                evidence=(f"{machines[0].deployment}:{machines[0].line}: {machines[0].name}",),
            )


def _beside_own_main_file(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every site of a container whose own nginx.conf includes other folders of the container alone."""
    for site in evidence.sites:
        servers = [match.directive for match in site.servers() if match.directive.file == site.file]
        if not servers or site.context != "http" or is_template(evidence, site.file):
            continue
        for machine in evidence.machines_with(site.file):
            places = [place for place in machine.paths_of(site.file) if place.startswith("/etc/nginx/")]
            main = next(
                (each for each in evidence.sites if "/etc/nginx/nginx.conf" in machine.paths_of(each.file)),
                None,
            )
            patterns = _patterns(main) if main else ()
            if nginx_package(machine) != "nginx.org":
                continue  # Debian's package links sites-available/default
            if not places or not patterns or any(_NOT_ALONE.match(each) for each in places):
                continue
            folders = {posixpath.dirname(each) for each in patterns}
            if any(posixpath.dirname(place) in folders for place in places):
                continue  # read, or switched off by its name
            yield at_directive(
                servers[0],
                f"nginx.conf of this container includes {', '.join(patterns)}: {places[0]} is never read, and no port is opened for it",
                -1,
                hint=f"include {posixpath.dirname(places[0])}/*;   in nginx.conf, or the file in a folder that is included",
                fix=by_hand("bring the file to a folder that nginx.conf includes"),
                evidence=(f"{main.file}: include" if main else "",),
            )
            break


def _main_file_elsewhere(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every whole configuration that the stock image has below /etc/nginx, and not where nginx reads it."""
    for site in evidence.sites:
        first = next(
            (each for each in site.directives if each.name == "http" and each.file == site.file), None
        )
        machines = evidence.machines_with(site.file)
        places = [place for each in machines for place in _places(each, site.file)]
        if first is None or not places or is_template(evidence, site.file) or _is_named(evidence, site):
            continue
        read = "/etc/nginx/nginx.conf" in places or any(
            each.endswith((".template", ".default")) for each in places
        )
        if read or not all(
            _is_official(each) and "-c" not in " ".join(each.command).split() for each in machines
        ):
            continue
        yield at_directive(
            first,
            f"nginx reads /etc/nginx/nginx.conf, and {places[0]} is never read: the image's own settings are in force",
            -1,
            hint="mount or copy the file to /etc/nginx/nginx.conf",
            fix=by_hand("bring the file to /etc/nginx/nginx.conf"),
            evidence=(f"{machines[0].deployment}:{machines[0].line}: {machines[0].name}",),
        )


def _is_official(machine: Container) -> bool:
    return machine.image.rpartition("/")[2].partition(":")[0] in ("nginx", "nginx-unprivileged")


def _patterns(main: NginxConfig) -> tuple[str, ...]:
    """Return the folders that a main file includes in its http block; none if it includes single sites or variables."""
    names = [include.pattern for include in main.includes if include.file == main.file]
    found = [
        posixpath.normpath(posixpath.join("/etc/nginx", name)) for name in names if not name.endswith(_TABLES)
    ]
    return tuple(found) if all("*" in name and "$" not in name for name in found) else ()


def _places(machine: Container, path: str) -> list[str]:
    """Return the places below nginx's folder, without those in conf.d: a name without .conf switches a site off there."""
    places = [place for place in machine.paths_of(path) if place.startswith("/etc/nginx/")]
    return [place for place in places if _READ.fullmatch(place) or not place.startswith("/etc/nginx/conf.d/")]


def _is_stock(machine: Container) -> bool:
    """Return True for nginx's own image with its own nginx.conf and its own command."""
    name = machine.image.rpartition("/")[2].partition(":")[0]
    own = any(
        place.target.rstrip("/") in ("/etc/nginx", "/etc/nginx/nginx.conf") for place in machine.places.places
    )
    plain = not machine.command or machine.command[:1] == ("nginx",)
    return name in ("nginx", "nginx-unprivileged") and not own and plain and "-c" not in machine.command


def _is_named(evidence: Evidence, site: NginxConfig) -> bool:
    """Return True if another configuration or a script names the file or its folder."""
    folder, name = posixpath.split(site.file)
    files = evidence.of_kind("nginx", "script", "dockerfile")
    words = (name, f"{posixpath.basename(folder)}/*", "sites-enabled")
    return any(file.path != site.file and _mentions(file.text, words) for file in files)


def _mentions(text: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"(?:include|cp|mv|ln|sed|rm)\b[^\n]*{re.escape(word)}", text) for word in words)


RULE = Rule("N108", "site-outside-every-include", "warning", check)

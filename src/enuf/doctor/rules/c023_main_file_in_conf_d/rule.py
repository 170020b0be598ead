"""A whole nginx.conf in the folder whose files nginx includes inside of http."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_INCLUDED = ("/etc/nginx/conf.d", "/etc/nginx/sites-enabled", "/etc/nginx/http.d")
_OF_MAIN = ("http", "events", "user", "worker_processes", "pid", "daemon", "stream")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every file with directives of the main context that a container of the stock nginx includes in http."""
    for site in evidence.sites:
        first = next(
            (each for each in site.directives if each.name in _OF_MAIN and each.file == site.file), None
        )
        if first is None or is_template(evidence, site.file):
            continue
        machines = evidence.machines_with(site.file)
        if any("/etc/nginx/nginx.conf" in each.paths_of(site.file) for each in machines):
            continue  # another container has the file where it belongs
        for machine in machines:
            place = next((each for each in machine.paths_of(site.file) if _is_included(each)), "")
            if place and _is_stock(machine):
                yield at_directive(
                    first,
                    f"nginx includes {place} inside of http, where `{first.name}` is not allowed: it does not start",
                    -1,
                    hint="copy or mount this file to /etc/nginx/nginx.conf",
                    fix=by_hand("put the file at /etc/nginx/nginx.conf"),
                    evidence=(f"{machine.dockerfile or machine.deployment}:{machine.line}",),
                )
                break


def _is_included(path: str) -> bool:
    folder, name = posixpath.split(path)
    return folder in _INCLUDED and (name.endswith(".conf") or folder.endswith("sites-enabled"))


def _is_stock(machine: Container) -> bool:
    """Return True for nginx's own image that keeps its nginx.conf."""
    name = machine.image.rpartition("/")[2].partition(":")[0]
    own = any(
        each.target.rstrip("/") in ("/etc/nginx/nginx.conf", "/etc/nginx") for each in machine.places.places
    )
    return name in ("nginx", "nginx-unprivileged") and not own


RULE = Rule("C023", "main-file-in-conf-d", "error", check)

"""A Django project in a container that collects its static files where nginx does not look for them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, Pass
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.containers import path_seen_from
from enuf.doctor.facts.django_static import path_of_static_url, served_at, static_root_in
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.facts.server_machines import machines_of, server_passes
from enuf.doctor.machine import Container, run_together
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_READ_BY_NGINX = ("/etc/nginx/", "/usr/local/nginx/", "/usr/local/openresty/", "/opt/bitnami/nginx/")
_COPIES = re.compile(r"^(?>.*?\b(?:cp|mv|ln|rsync|copytree)\b).*", re.MULTILINE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every STATIC_ROOT that no file of the folder served at STATIC_URL can come from."""
    seen: set[tuple[str, str]] = set()
    for server, site_pass in server_passes(evidence):
        # a project that is copied whole brings the site into the container of the app, too
        fronts = [each for each in site_pass.machines if _reads(each, site_pass)]
        machines = run_together(fronts, machines_of(evidence, server))
        if any(_agree(evidence, server, site_pass, each) for each in machines):
            continue  # another compose file brings both together
        for each in machines:
            for diagnostic in _compared(evidence, server, site_pass, each):
                if (diagnostic.file, diagnostic.message) not in seen:
                    seen.add((diagnostic.file, diagnostic.message))
                    yield diagnostic


def _reads(machine: Container, site_pass: Pass) -> bool:
    """Return True if the file of a site lies where the nginx of a container reads configurations."""
    return any(place.startswith(_READ_BY_NGINX) for place in machine.paths_of(site_pass.site.file))


def _agree(
    evidence: Evidence, server: AnyServer, site_pass: Pass, machines: tuple[Container, Container]
) -> bool:
    """Return True if two containers certainly share the folder that one fills and the other serves."""
    near, far = machines
    url, root = path_of_static_url(evidence, server), static_root_in(evidence, server, far)
    if root is None or not url:
        return False
    served = served_at(evidence, site_pass, url)
    shared = near.places.source(served[1]) if served else ""
    return bool(shared) and shared == far.places.source(root[2])


def _compared(
    evidence: Evidence, server: AnyServer, site_pass: Pass, machines: tuple[Container, Container]
) -> Iterator[Diagnostic]:
    near, far = machines
    url = path_of_static_url(evidence, server)
    root = static_root_in(evidence, server, far)
    service = far.service
    if root is None or not url:
        return
    if service and service_is_dev(service, evidence):
        return
    python_file, node, collected = root
    served = served_at(evidence, site_pass, url)
    if served is None or _tries_more(site_pass, served[0].line):
        return
    filled = _filled_from(evidence, near, far, served[1])
    if not filled and _is_of_nginx_alone(evidence, near, served[1]) and far.places.source(collected):
        yield at_node(
            python_file.path,
            node,
            f"collectstatic writes to {collected}, and nginx serves {served[1]}, a folder of the host that the container of the app "
            "does not have: static files are missing",
            hint="one folder or volume for both containers",
            evidence=(f"{served[0].file}:{served[0].line}",),
        )
    if not filled or filled == collected or _are_one(far, filled, collected):
        return
    if _is_copied(evidence, (filled, served[1], collected)):
        return
    shown = "" if filled == served[1] else f", which is {filled} in the container of the app"
    yield at_node(
        python_file.path,
        node,
        f"collectstatic writes to {collected}, and nginx serves {served[1]}{shown}: static files are missing",
        hint=f'STATIC_ROOT = "{filled}"',
        fix=by_hand("let STATIC_ROOT and the volume of nginx name one folder"),
        evidence=(f"{served[0].file}:{served[0].line}",),
    )


def _tries_more(site_pass: Pass, line: int) -> bool:
    """Return True if try_files stands beside the directive on a line: the app may answer for what is missing."""
    server = site_pass.match.around("server")
    return any(
        directives_in(each, "try_files") and any(inner.line == line for inner in each.block or ())
        for each in directives_in(server, "location")
    )


def _filled_from(evidence: Evidence, near: Container, far: Container, folder: str) -> str:
    """Return the path in the app's container of the folder that nginx serves, empty if it has none or more is known of it."""
    if near is far:
        source = near.places.source(folder)
        return "" if source.startswith("/") and _has_files(evidence, source) else folder
    shared = near.places.source(folder)
    if not shared or shared.startswith("image:") or (shared.startswith("/") and _has_files(evidence, shared)):
        return ""
    return path_seen_from(far, near, folder)


def _is_of_nginx_alone(evidence: Evidence, near: Container, folder: str) -> bool:
    """Return True for a folder without files, beside the compose file, that no other container mounts."""
    source = near.places.source(folder)
    start = posixpath.dirname(near.deployment)
    if not source.startswith(f"{start}/") or _has_files(evidence, source):
        return False
    others = [each for each in evidence.machines if each.deployment == near.deployment and each is not near]
    mounted = [place.source.rstrip("/") for each in others for place in each.places.places]
    return not any(
        f"{source}/".startswith(f"{each}/") or each.startswith(f"{source}/") for each in mounted if each
    )


def _are_one(machine: Container, one: str, other: str) -> bool:
    """Return True if two paths of a container are one folder, by its mounts or by links."""
    source = machine.places.source(one)
    return bool(source) and source == machine.places.source(other)


def _has_files(evidence: Evidence, folder: str) -> bool:
    start = f"{folder.rstrip('/')}/"
    return any(file.path.startswith(start) for file in evidence.files)


def _is_copied(evidence: Evidence, folders: tuple[str, ...]) -> bool:
    """Return True if a script or an image copies files from or to one of the folders."""
    names = {posixpath.basename(folder) for folder in folders}
    for file in evidence.of_kind("script", "dockerfile", "compose", "other"):
        for line in _COPIES.findall(file.text):
            if any(name in line for name in names):
                return True
    return False


RULE = Rule("A042", "collected-files-not-served", "warning", check)

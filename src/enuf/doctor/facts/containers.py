"""Containers that run together: which of them share a path, and which ports other machines reach."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, OuterPort
from enuf.doctor.evidence import Evidence, Pair, Pass, Server
from enuf.doctor.facts.app_servers import is_loopback_host
from enuf.doctor.machine import Container, run_together
from enuf.syntax.nginx_tree import NginxConfig

_NGINX_ORG = (
    "nginx",
    "nginx-unprivileged",
    "openresty",
    "nginx-proxy",
    "nginx-ingress",
    "uwsgi-nginx",
    "uwsgi-nginx-flask",
)
_ALPINE = ("alpine", "linuxserver")


def together(site_pass: Pass, server: Server) -> tuple[tuple[Container, Container], ...]:
    """Return the containers of a site and of a server that belong to one deployment."""
    return run_together(site_pass.machines, server.machines)


def are_apart(pair: Pair) -> bool:
    """Return True if the site and the server certainly run in different containers."""
    pairs = together(pair.site_pass, pair.server)
    return bool(pairs) and all(near is not far for near, far in pairs)


def path_seen_from(near: Container, far: Container, path: str) -> str:
    """Return the path in the container `near` of what lies at a path in `far`, empty if they do not share it."""
    if near is far:
        return path
    shared = far.places.source(path)
    for place in near.places.places:
        source = place.source.rstrip("/")
        if shared and shared == source:
            return place.target
        if shared.startswith(f"{source}/"):
            return posixpath.join(place.target, shared[len(source) + 1 :])
    return ""


def published(server: Server, port: int) -> OuterPort | None:
    """Return how a port of the server's container is published to other machines, None if it is not."""
    name = server.config.main_file.rpartition("/")[2]
    for machine in server.machines:
        if server.start is None and machine.command and name not in " ".join(machine.command):
            continue  # the container runs something else
        for each in machine.service.ports if machine.service else ():
            if each.leads_to(port) and not is_loopback_host(each.host):
                return each
    return None


def is_completed_by_another_file(evidence: Evidence, service: ComposeService) -> bool:
    """Return True if another compose file beside or above this one has the service too: compose joins what both say."""
    folder = f"{posixpath.dirname(service.file)}/"
    return any(
        each.name == service.name
        and each.file != service.file
        and folder.startswith(f"{posixpath.dirname(each.file)}/")
        for each in evidence.services
    )


def is_override(path: str) -> bool:
    """Return True for a compose file that completes another one by its name, which may lie in another folder."""
    return "override" in posixpath.basename(path)


def images_of(evidence: Evidence, site: NginxConfig) -> Iterator[Container]:
    """Return an iterator over the containers whose nginx reads a site."""
    return iter(evidence.machines_with(site.file))


def nginx_package(machine: Container) -> str:
    """Return whose nginx a container has: `nginx.org`, `debian`, `alpine`, or empty if that is unknown."""
    name = machine.image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    if name in _NGINX_ORG:
        return "nginx.org"
    if "nginx" in machine.packages:
        return "alpine" if "apk" in machine.installers else "debian" if "apt" in machine.installers else ""
    return ""


def distribution(machine: Container) -> str:
    """Return the distribution of a container's image: `alpine`, `arch`, `debian`, or empty if that is unknown."""
    image = machine.image.lower()
    if "apk" in machine.installers or any(word in image for word in _ALPINE):
        return "alpine"
    if "pacman" in machine.installers or "archlinux" in image:
        return "arch"
    if machine.installers & {"dnf", "microdnf", "yum"}:
        return "fedora"
    return "debian" if "apt" in machine.installers else ""

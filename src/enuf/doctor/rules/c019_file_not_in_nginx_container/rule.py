"""A certificate or a password file that nginx opens at its start, and that its container does not have."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import held_in_container
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_OPENED = (
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_dhparam",
    "ssl_trusted_certificate",
    "ssl_client_certificate",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every file of TLS outside of all volumes of a service that runs the image of nginx as it is."""
    for site in evidence.sites:
        for service in _services(evidence, site):
            missing = [each for each in _files(site, _OPENED) if not _is_there(service, each.arg())]
            yield from _passwords(evidence, site, service)
            if missing and not is_template(evidence, site.file):
                first = missing[0]
                yield at_directive(
                    first,
                    f"the container of {service.name} has no {first.arg()}: nginx does not start",
                    argument=1,
                    hint=f"volumes: - {posixpath.dirname(first.arg())}:{posixpath.dirname(first.arg())}:ro",
                    evidence=(f"{service.file}:{service.line}: {service.name}",),
                )


def _passwords(evidence: Evidence, site: NginxConfig, service: ComposeService) -> Iterator[Diagnostic]:
    """Report the first file of passwords that the container does not have: nginx starts, and lets nobody in."""
    for each in _files(site, ("auth_basic_user_file",)):
        if not _is_there(service, each.arg()) and not is_template(evidence, site.file):
            yield at_directive(
                each,
                f"the container of {service.name} has no {each.arg()}: nginx answers 403 to everybody, with the right password too",
                severity="warning",
                hint=f"volumes: - ./{posixpath.basename(each.arg())}:{each.arg()}:ro",
                evidence=(f"{service.file}:{service.line}: {service.name}",),
            )
            return


def _services(evidence: Evidence, site: NginxConfig) -> Iterator[ComposeService]:
    """Yield the services that mount the site into the stock image, and are no part of another compose file's."""
    for service in evidence.services:
        stock = service.image.rpartition("/")[2].partition(":")[0] == "nginx" and service.build is None
        changed = any(
            service.node.at(name)
            for name in ("command", "entrypoint", "configs", "secrets", "extends", "build")
        )
        if (
            stock
            and not changed
            and "/etc/nginx" in service.held(site.file)
            and not _is_extended(evidence, service)
        ):
            yield service


def _is_extended(evidence: Evidence, service: ComposeService) -> bool:
    """Return True if another file may add volumes to the service."""
    same = [each for each in evidence.services if each.name == service.name and each is not service]
    beside = [each for each in same if posixpath.dirname(each.file) == posixpath.dirname(service.file)]
    return any(not each.image and each.node.at("build") is None for each in beside)


def _files(site: NginxConfig, names: tuple[str, ...]) -> list[ParsedDirective]:
    found = [match.directive for name in names for match in site.find(name)]
    return [
        each
        for each in found
        if each.file == site.file and each.arg().startswith("/") and "$" not in each.arg()
    ]


def _is_there(service: ComposeService, path: str) -> bool:
    return held_in_container(service, posixpath.normpath(path))


RULE = Rule("C019", "file-not-in-nginx-container", "error", check)

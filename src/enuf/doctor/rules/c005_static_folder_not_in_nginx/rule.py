"""A folder that nginx serves and that its container does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import held_in_container, service_of_site
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.served import served_folders
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_OF_THE_IMAGE = ("/usr/share/nginx", "/etc/nginx", "/var/log/nginx", "/var/cache", "/tmp", "/dev", "/proc")  # noqa: S108 - compared
_BRINGS_FILES = re.compile(r"\b(?:git|curl|wget|tar|unzip|npm|yarn|mkdir|cp|mv|ln)\b")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served folder that no volume and no COPY brings into nginx's container."""
    for site in evidence.sites:
        here = service_of_site(evidence, site.file)
        if here is None or not _is_known(here) or is_template(evidence, site.file):
            continue
        if _is_extended(evidence, here):
            continue  # the service that extends this one may mount the folder
        for served in served_folders(site):
            folder = served.folder
            if (
                folder == "/"
                or folder.startswith(_OF_THE_IMAGE)
                or held_in_container(here, folder)
                or _is_around(here, folder)
                or _looks_elsewhere(site, served.directive)
            ):
                continue
            yield at_directive(
                served.directive,
                f"the container of nginx has no {folder}: everything below {served.prefix} is 404",
                hint=f"- static:{folder}   below volumes: of {here.name}, the same volume that the app writes to",
            )


def _is_known(service: ComposeService) -> bool:
    """Return True for nginx's own image, whose folders are known."""
    if service.node.at("build") and service.build is None:
        return False
    if not service.base.rpartition("/")[2].startswith("nginx") or any(
        not each.target for each in service.volumes
    ):
        return False
    if (
        service.node.at("volumes_from")
        or service.node.at("configs")
        or len(service.volumes) < len(service.node.each("volumes"))
    ):
        return False
    return not any(_BRINGS_FILES.search(run) for run in (service.build.runs if service.build else ()))


def _is_extended(evidence: Evidence, service: ComposeService) -> bool:
    return any(
        each.node.word("extends", "service") == service.name
        for each in evidence.services
        if each is not service
    )


def _looks_elsewhere(site: NginxConfig, root: ParsedDirective) -> bool:
    """Return True if try_files beside a root names files below other folders."""
    return any(
        root in match.chain[-1].below()
        and any(not each.startswith(("$", "@", "=")) and "$" in each for each in match.directive.args)
        for match in site.find("try_files")
        if match.chain
    )


def _is_around(service: ComposeService, folder: str) -> bool:
    """Return True for a folder above a mounted or copied one."""
    return any(mount.target.startswith(folder.rstrip("/") + "/") for mount in service.volumes)


RULE = Rule("C005", "static-folder-not-in-nginx", "warning", check)

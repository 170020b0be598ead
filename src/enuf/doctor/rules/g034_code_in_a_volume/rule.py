"""A named volume over the code of an image: docker fills the volume once, and the code of every later image is hidden."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, VolumeMount
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.django_static import static_root_in
from enuf.doctor.facts.server_machines import machines_of, server_passes
from enuf.doctor.rule import Diagnostic, Rule, at_line


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every named volume of an app's service at the folder, or above it, that the image copies the project into."""
    yield from _of_static_files(evidence)
    served = {id(server.service) for server in evidence.app_servers if server.service}
    for service in evidence.services:
        if id(service) not in served or service_is_dev(service, evidence):
            continue
        for mount in service.volumes:
            if _is_named(mount) and _holds_code(service, mount.target):
                yield at_line(
                    service.file,
                    mount.line,
                    f"the volume {mount.source} keeps {mount.target} of the first image: the code of every later image of {service.name} is "
                    "hidden behind it",
                    hint=f"- {mount.source}:{posixpath.join(mount.target, 'staticfiles')}   a volume for files that the app writes alone",
                )


def _is_named(mount: VolumeMount) -> bool:
    return bool(mount.source) and mount.source[0] not in "/.~$"


def _holds_code(service: ComposeService, target: str) -> bool:
    folder = posixpath.normpath(target)
    steps = service.build.copies if service.build else ()
    whole = [
        posixpath.normpath(each.target)
        for each in steps
        if each.sources in ((".",), ("./",)) and not each.stage
    ]
    return folder != "/" and any(each == folder or each.startswith(f"{folder}/") for each in whole)


def _of_static_files(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every named volume at the folder in which the image collected static files that no start collects again."""
    if any("collectstatic" in file.text for file in evidence.of_kind("compose", "script")):
        return
    seen: set[tuple[str, int]] = set()
    for server, _ in server_passes(evidence):
        for machine in machines_of(evidence, server):
            service = machine.service
            root = static_root_in(evidence, server, machine) if service and service.build else None
            if not service or not service.build or root is None or service_is_dev(service, evidence):
                continue
            mount = next((each for each in service.volumes if each.target.rstrip("/") == root[2]), None)
            collects = any("collectstatic" in run for run in service.build.runs)
            if mount and _is_named(mount) and collects and (service.file, mount.line) not in seen:
                seen.add((service.file, mount.line))
                yield at_line(
                    service.file,
                    mount.line,
                    f"the volume {mount.source} keeps the static files of the first image: what later images of {service.name} collect in "
                    f"{root[2]} is hidden behind it",
                    hint="collectstatic --noinput in the start script of the container, before the server",
                )


RULE = Rule("G034", "code-in-a-volume", "warning", check)

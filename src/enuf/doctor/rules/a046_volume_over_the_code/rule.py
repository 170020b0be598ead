"""A named volume over what the image brings, its code or its collected static files: a new image changes nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, VolumeMount
from enuf.doctor.evidence import AnyServer, Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.django_static import static_root_in
from enuf.doctor.facts.server_machines import machines_of
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_line

_REFILLS = re.compile(r"\b(?:rsync|cp[ \t]+-\w*[ra]\w*|git[ \t]+(?:pull|clone))\b")
_REMOVED = re.compile(r"\bdown\b[^\n]{0,80}[ \t](?:-v|--volumes)\b|\bvolume[ \t]+(?:rm|prune)\b")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every named volume around the code of a server, or over the static files, that the image of its service brings."""
    scripts = evidence.of_kind("script")
    if any(_REMOVED.search(each.text) for each in scripts):
        return
    refilled = any(_REFILLS.search(each.text) for each in scripts)
    collected = any("collectstatic" in each.text for each in evidence.of_kind("compose", "script"))
    seen: set[tuple[str, int]] = set()
    for server, machine, service in _built(evidence):
        for mount in service.volumes:
            if (service.file, mount.line) in seen or not mount.is_named or "$" in mount.source:
                continue
            found = None if refilled else _of_code(server, machine, service, mount)
            found = found or (None if collected else _of_static_files(evidence, server, machine, mount))
            if found:
                seen.add((service.file, mount.line))
                yield found


def _built(evidence: Evidence) -> Iterator[tuple[AnyServer, Container, ComposeService]]:
    """Yield each server with a container whose image a compose file for production builds."""
    for server in all_servers(evidence):
        for machine in machines_of(evidence, server):
            service = machine.service
            if service and service.build and not service_is_dev(service, evidence):
                yield server, machine, service


def _of_code(
    server: AnyServer, machine: Container, service: ComposeService, mount: VolumeMount
) -> Diagnostic | None:
    around = f"{mount.target.rstrip('/')}/"
    if any(each.target.startswith(around) for each in service.volumes if each is not mount):
        return None  # a mount inside may bring the code
    paths = [path for each in server.python_files for path in machine.paths_of(each.path)]
    inside = bool(paths) and all(path.startswith(around) for path in paths)
    if not inside and not _holds_project(service, mount.target):
        return None
    return at_line(
        service.file,
        mount.line,
        f"the volume {mount.source} keeps the code of the first image at {mount.target}: after every later build {service.name} "
        "still runs the old code",
        hint=f"a volume for the folder that is shared alone, such as - {mount.source}:{around}static",
        evidence=(f"{service.build.file}: COPY to {mount.target}",) if service.build else (),
    )


def _holds_project(service: ComposeService, target: str) -> bool:
    """Return True if the image copies the whole context of the build into a folder, or below the folder."""
    folder = posixpath.normpath(target)
    steps = service.build.copies if service.build else ()
    whole = [
        posixpath.normpath(each.target)
        for each in steps
        if each.sources in ((".",), ("./",)) and not each.stage
    ]
    return folder != "/" and any(each == folder or each.startswith(f"{folder}/") for each in whole)


def _of_static_files(
    evidence: Evidence, server: AnyServer, machine: Container, mount: VolumeMount
) -> Diagnostic | None:
    service = machine.service
    root = static_root_in(evidence, server, machine)
    if service is None or service.build is None or root is None or mount.target.rstrip("/") != root[2]:
        return None
    if not any("collectstatic" in run for run in service.build.runs):
        return None
    return at_line(
        service.file,
        mount.line,
        f"the volume {mount.source} keeps the static files of the first image: what later images of {service.name} collect in "
        f"{root[2]} is hidden behind it",
        hint="collectstatic --noinput in the start script of the container, before the server",
    )


RULE = Rule("A046", "volume-over-the-code", "warning", check)

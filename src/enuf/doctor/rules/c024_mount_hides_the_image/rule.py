"""A folder of the host mounted over what the image built: the container does not see it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, ImageBuild
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.django_static import static_root_in
from enuf.doctor.facts.mounts import covering_mount, is_on_host
from enuf.doctor.facts.server_machines import machines_of, server_passes
from enuf.doctor.rule import Diagnostic, Rule, at_line

_TARGET = re.compile(r"\bpip3?\s+install\b[^;&|]*?\s(?:-t|--target)[= ]\s*(\S+)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every bind mount over packages, or over a script that the service's command names, which the host lacks."""
    for service in evidence.services:
        build = service.build
        if build is None or service_is_dev(service, evidence):
            continue
        for path, what in (
            *_packages(build),
            *_scripts(service, build),
            *_collected(evidence, service, build),
        ):
            mount = covering_mount(service, path)
            if mount and not is_on_host(evidence, mount, path):
                yield at_line(
                    service.file,
                    mount.line,
                    f"this mount hides {path}, {what}: {service.name} does not find it",
                    hint=f"- {posixpath.dirname(path) if '.' in posixpath.basename(path) else path}   a volume of its own below the mount, "
                    "or no mount at all",
                    evidence=(f"{build.file}: {path}",),
                )


def _packages(build: ImageBuild) -> Iterator[tuple[str, str]]:
    for run in build.runs:
        for found in _TARGET.finditer(run):
            yield _in(build, found[1].strip("\"'")), "where the image installed packages"


def _scripts(service: ComposeService, build: ImageBuild) -> Iterator[tuple[str, str]]:
    """Yield the copied scripts that the command of the service names by a relative path or by their own."""
    node = service.node.at("command")
    words = " ".join([node.text, *(each.text for each in node.items)]) if node else ""
    for step in build.copies:
        for source in step.sources:
            name = posixpath.basename(source)
            if step.stage or not name.endswith((".sh", ".py")):
                continue
            path = (
                step.target if posixpath.basename(step.target) == name else posixpath.join(step.target, name)
            )
            if re.search(
                rf"(?:^|[\s;&\"'])(?:\./|{re.escape(posixpath.dirname(path))}/){re.escape(name)}\b", words
            ):
                yield posixpath.normpath(path), "which the command starts"


def _collected(evidence: Evidence, service: ComposeService, build: ImageBuild) -> Iterator[tuple[str, str]]:
    """Yield the folder of the static files that the image collected, unless the start of the container collects again."""
    if not any("collectstatic" in run for run in build.runs):
        return
    if any("collectstatic" in file.text for file in evidence.of_kind("compose", "script")):
        return
    for server, _ in server_passes(evidence):
        for machine in machines_of(evidence, server):
            root = static_root_in(evidence, server, machine)
            if root and machine.service is service:
                yield root[2], "where the image collected static files"
                return


def _in(build: ImageBuild, path: str) -> str:
    return posixpath.normpath(posixpath.join(build.directory, path))


RULE = Rule("C024", "mount-hides-the-image", "warning", check)

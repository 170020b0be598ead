"""A folder of the host mounted over the pages that the image built and that its nginx serves."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.mounts import covering_mount, is_on_host, place_on_host
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.served import served_folders
from enuf.doctor.rule import Diagnostic, Rule, at_line

_BUILDS = re.compile(
    r"\b(?:npm|yarn|pnpm)\b[^\n;&|]{0,80}\bbuild\b|\bwebpack\b|\bvite\s+build\b|\bgulp\b|\bcollectstatic\b|\bng\s+build\b"
)
_UPLOADS = re.compile(r"media|upload|files", re.IGNORECASE)
"""Folders that no build fills."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every bind mount around a folder that nginx of the container serves and that the mounted folder lacks."""
    seen: set[tuple[str, int]] = set()
    for site in evidence.sites:
        for machine in evidence.machines_with(site.file):
            service = machine.service
            if service is None or is_template(evidence, site.file) or service_is_dev(service, evidence):
                continue
            for served in served_folders(site):
                mount = covering_mount(service, served.folder)
                if mount is None or not _is_built(service, served.folder):
                    continue
                there = evidence.fact(place_on_host(mount, served.folder))
                if is_on_host(evidence, mount, served.folder) or there.kind not in ("absent", "unknown"):
                    continue
                if (service.file, mount.line) in seen:
                    continue
                seen.add((service.file, mount.line))
                yield at_line(
                    service.file,
                    mount.line,
                    f"this mount hides {served.folder}, which the image built: everything below {served.prefix} is 404",
                    hint=f"no mount in {service.name}, or - {served.folder}   a volume of its own below the mount",
                    evidence=(f"{served.directive.file}:{served.directive.line}: {served.directive.name}",),
                )


def _is_built(service: ComposeService, folder: str) -> bool:
    """Return True if the image has the folder from a stage that builds pages, or builds pages itself."""
    build = service.build
    if build is None or _UPLOADS.search(posixpath.basename(folder)):
        return False
    if any(_BUILDS.search(run) for run in build.runs):
        return True
    return any(step.stage and f"{folder}/".startswith(f"{step.target.rstrip('/')}/") for step in build.copies)


RULE = Rule("C026", "mount-hides-built-pages", "warning", check)

"""A volume that nginx serves and that no other service mounts: nothing ever fills it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, VolumeMount
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_of_site
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.served import served_folders
from enuf.doctor.rule import Diagnostic, Rule, at_directive


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served folder in a named volume of nginx's service that the other services of the folder leave alone."""
    for site in evidence.sites:
        here = service_of_site(evidence, site.file)
        if here is None or is_template(evidence, site.file):
            continue
        for served in served_folders(site):
            mount = _mount_of(here, served.folder)
            if mount is None or _is_filled(evidence, here, mount) or served.prefix.startswith("/.well-known"):
                continue
            yield at_directive(
                served.directive,
                f"the volume {mount.source} is mounted by {here.name} alone, so it stays empty: everything below {served.prefix} is 404",
                hint=f"- {mount.source}:/app/static   below volumes: of the service that writes the files",
                evidence=(f"{here.file}:{mount.line}: {mount.source}:{mount.target}",),
            )


def _mount_of(service: ComposeService, folder: str) -> VolumeMount | None:
    """Return the named volume that a path lies in, None if another mount or none holds it."""
    around = [
        each
        for each in service.volumes
        if folder == each.target or folder.startswith(f"{each.target.rstrip('/')}/")
    ]
    inner = max(around, key=lambda each: len(each.target), default=None)
    return inner if inner and inner.source and not inner.source.startswith(("/", "~", "$")) else None


def _is_filled(evidence: Evidence, here: ComposeService, mount: VolumeMount) -> bool:
    """Return True if another service or a script may write to the volume, or the image brings its content."""
    folder = posixpath.dirname(here.file)
    others = [
        each
        for each in evidence.services
        if posixpath.dirname(each.file) == folder and each.name != here.name
    ]
    if any(
        each.node.at("volumes_from") or len(each.volumes) < len(each.node.each("volumes")) for each in others
    ):
        return True
    if any(volume.source == mount.source for each in others for volume in each.volumes):
        return True
    if any(
        mount.source in script.text or mount.target in script.text for script in evidence.of_kind("script")
    ):
        return True
    if here.build is None:
        return here.node.at("build") is not None
    brings = any(step.target.startswith(mount.target.rstrip("/")) for step in here.build.copies)
    return (
        brings
        or any(mount.target in run for run in here.build.runs)
        or _is_declared_elsewhere(evidence, here, mount)
    )


def _is_declared_elsewhere(evidence: Evidence, here: ComposeService, mount: VolumeMount) -> bool:
    """Return True for a volume that the compose file declares as external or with a driver of its own."""
    file = evidence.file(here.file)
    text = file.text if file else ""
    return f"{mount.source}:" in text and ("external:" in text or "driver_opts:" in text)


RULE = Rule("C021", "volume-of-nginx-alone", "warning", check)

"""A file of the host that a container mounts and that is not there: Docker makes a folder of its name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, VolumeMount
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.project_files import is_nowhere, near_name
from enuf.doctor.facts.whole_compose import whole_compose_files
from enuf.doctor.rule import Diagnostic, Rule, at_line

_FILE = re.compile(
    r".+\.(?:conf|cfg|cnf|ini|ya?ml|toml|json|xml|sh|py|template|txt|js|properties|rules)|Caddyfile|nginx\.conf",
    re.I,
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every bind mount of a file, by source and target, whose folder is here and lacks the file."""
    whole = {each.path for each in whole_compose_files(evidence)}
    made: dict[str, bool] = {}
    for service in evidence.services:
        for mount in service.volumes if service.file in whole else ():
            if not _is_for_a_file(mount) or not is_nowhere(evidence, mount.source):
                continue
            if _is_above(evidence, service, mount):
                continue  # `docker compose --project-directory`, or another file before this one
            near = near_name(evidence, mount.source)
            name = posixpath.basename(mount.source)
            if name not in made:
                made[name] = _is_made(evidence, name)
            if near or not made[name]:
                folder = posixpath.dirname(service.file)
                yield at_line(
                    service.file,
                    mount.line,
                    f"there is no {posixpath.relpath(mount.source, folder)}: Docker makes an empty folder of that name, and "
                    f"{service.name} finds a folder at {mount.target}",
                    severity="error" if near else "advice" if service_is_dev(service, evidence) else None,
                    hint=f"./{posixpath.relpath(near, folder)}"
                    if near
                    else "write the file, or correct its path",
                )


def _is_for_a_file(mount: VolumeMount) -> bool:
    """Return True if both sides of a mount name a file of one kind."""
    source, target = posixpath.basename(mount.source), posixpath.basename(mount.target)
    return (
        mount.source.startswith("/")
        and _FILE.fullmatch(source) is not None
        and _FILE.fullmatch(target) is not None
    )


def _is_above(evidence: Evidence, service: ComposeService, mount: VolumeMount) -> bool:
    """Return True if a folder above the compose file has the file at the relative path."""
    folder = posixpath.dirname(service.file)
    inside = posixpath.relpath(mount.source, folder)
    while folder not in ("", "/") and folder not in evidence.roots:
        folder = posixpath.dirname(folder)
        if evidence.file(posixpath.normpath(posixpath.join(folder, inside))):
            return True
    return False


def _is_made(evidence: Evidence, name: str) -> bool:
    """Return True if a script or another file names a file, which may be made before the containers start."""
    return any(name in each.text for each in evidence.files if each.kind != "compose")


RULE = Rule("C039", "mounted-file-missing", "warning", check)

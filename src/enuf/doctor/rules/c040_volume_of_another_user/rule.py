"""A named volume at a folder that the image lacks: docker makes it for root, and the USER of the image may not write there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, ImageBuild
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.rule import Diagnostic, Rule, at_line

_WRITTEN = ("media", "mediafiles", "uploads", "upload", "logs", "data", "db")
"""Names of folders that apps write to; static files may have been collected by root."""
_ROOT = ("", "root", "0")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every such volume of a service that serves an app as another user than root."""
    served = {id(server.service) for server in evidence.app_servers if server.service}
    for service in evidence.services:
        build = service.build
        if id(service) not in served or build is None or service_is_dev(service, evidence):
            continue
        user = (service.node.word("user") or build.user).partition(":")[0]
        if user in _ROOT or "$" in user or "python" not in build.base:
            continue
        for mount in service.volumes:
            name = posixpath.basename(mount.target.rstrip("/"))
            if (
                mount.is_named
                and name in _WRITTEN
                and not _is_in_image(evidence, service, build, mount.target)
            ):
                yield at_line(
                    service.file,
                    mount.line,
                    f"the image has no {mount.target}, so docker makes the volume for root: {user} may not write there, and "
                    "each write fails with `Permission denied`",
                    hint=f"RUN mkdir -p {mount.target} && chown {user} {mount.target}   before USER {user}",
                    evidence=(f"{build.file}: the image is made without this folder",),
                )


def _is_in_image(evidence: Evidence, service: ComposeService, build: ImageBuild, target: str) -> bool:
    """Return True if a RUN line names the folder, or the copied project has one of this name."""
    folder = posixpath.normpath(target)
    name = re.compile(rf"(?:^|[\s/{{,]){re.escape(posixpath.basename(folder))}(?:[\s/;&\"',}}]|$)")
    if any(name.search(run) for run in build.runs):
        return True
    for step in build.copies:
        base = posixpath.normpath(step.target)
        if step.stage or not (folder.startswith(f"{base}/") or base.startswith(folder)):
            continue
        inside = posixpath.normpath(
            posixpath.join(service.context, step.sources[0], folder[len(base) :].strip("/"))
        )
        if base.startswith(folder) or any(each.path.startswith(f"{inside}/") for each in evidence.files):
            return True
    return False


RULE = Rule("C040", "volume-of-another-user", "warning", check)

"""Two volumes of one service at one path: Docker refuses to make the container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every path of a container at which a service mounts a second source."""
    for service in evidence.services:
        first: dict[str, str] = {}
        for mount in service.volumes:
            target = posixpath.normpath(mount.target) if mount.target.startswith("/") else ""
            if not target or "$" in target:
                continue
            if target in first and first[target] != mount.source:
                yield at_line(
                    service.file,
                    mount.line,
                    f"{service.name} mounts a second source at {target}, and Docker refuses the container: "
                    f"`Duplicate mount point: {target}`",
                    hint="one of the two, or a path of its own for each",
                )
            first.setdefault(target, mount.source)


RULE = Rule("C011", "duplicate-mount-target", "error", check)

"""Folders of the host that are mounted over what an image brings."""

from __future__ import annotations

import posixpath

from enuf.doctor.container import ComposeService, VolumeMount
from enuf.doctor.evidence import Evidence


def covering_mount(service: ComposeService, path: str) -> VolumeMount | None:
    """Return the folder of the host that is mounted around a path, None if an inner volume keeps the path."""
    around = [each for each in service.volumes if f"{path}/".startswith(f"{each.target.rstrip('/')}/")]
    inner = max(around, key=lambda each: len(each.target), default=None)
    return inner if inner and inner.source.startswith("/") and inner.target != path else None


def place_on_host(mount: VolumeMount, path: str) -> str:
    """Return the place of a path of the container in the folder that is mounted around the path."""
    return posixpath.normpath(f"{mount.source}/{path[len(mount.target.rstrip('/')) :]}")


def is_on_host(evidence: Evidence, mount: VolumeMount, path: str) -> bool:
    """Return True if the mounted folder has the path too, or is not among the files at all."""
    there = place_on_host(mount, path)
    known = any(file.path.startswith(f"{mount.source.rstrip('/')}/") for file in evidence.files)
    return not known or any(f"{file.path}/".startswith(f"{there}/") for file in evidence.files)

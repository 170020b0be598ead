"""The names that `.dockerignore` keeps out of an image."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from fnmatch import fnmatchcase

from enuf.doctor.evidence import Evidence

_NAME = ".dockerignore"


def kept_names(evidence: Evidence, folder: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a folder that COPY takes, by the `.dockerignore` of the folder or of the nearest one above."""
    files = {file.path: file for file in evidence.files if file.path.endswith(f"/{_NAME}")}
    place = folder.rstrip("/")
    while place and f"{place}/{_NAME}" not in files:
        place = posixpath.dirname(place).rstrip("/")
    if not place:
        return tuple(names)
    lines = (line.strip() for line in files[f"{place}/{_NAME}"].text.splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    inside = posixpath.relpath(folder, place)
    return tuple(
        name for name in names if not _is_left_out(posixpath.normpath(f"{inside}/{name}"), name, patterns)
    )


def _is_left_out(path: str, name: str, patterns: Sequence[str]) -> bool:
    """Return what the last pattern that fits says, as Docker does."""
    left_out = False
    for pattern in patterns:
        plain = posixpath.normpath(pattern.removeprefix("!")).lstrip("/")
        anywhere = plain.removeprefix("**/")
        if fnmatchcase(path, plain) or (anywhere != plain and fnmatchcase(name, anywhere)):
            left_out = not pattern.startswith("!")
    return left_out


def is_kept_out(evidence: Evidence, context: str, path: str, dockerfile: str) -> str:
    """Return the line of `.dockerignore` that keeps a path out of a build; empty if none does, or if later lines may take it in."""
    own = evidence.file(f"{context}/{dockerfile}{_NAME}")
    file = own or evidence.file(f"{context}/{_NAME}")
    lines = [line.strip() for line in file.text.splitlines()] if file else []
    if any(line.startswith("!") for line in lines):
        return ""
    parts = path.split("/")
    for count in range(len(parts)):
        start, name = "/".join(parts[: count + 1]), parts[count]
        for line in lines:
            if line and not line.startswith("#") and _is_left_out(start, name, [line]):
                return line
    return ""

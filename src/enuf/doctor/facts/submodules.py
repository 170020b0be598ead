"""The folders that git fills from other repositories: they may be empty here."""

from __future__ import annotations

import posixpath
import re

from enuf.doctor.evidence import Evidence

_PATH = re.compile(r"^[ \t]*path[ \t]*=[ \t]*(\S+)", re.MULTILINE)


def is_in_submodule(evidence: Evidence, path: str) -> bool:
    """Return True for a path at or below a submodule that a `.gitmodules` names."""
    top = posixpath.dirname(path)
    while top not in ("", "/"):
        file = evidence.file(f"{top}/.gitmodules")
        folders = (posixpath.join(top, each).rstrip("/") for each in _PATH.findall(file.text if file else ""))
        if any(f"{path}/".startswith(f"{folder}/") for folder in folders):
            return True
        top = posixpath.dirname(top)
    return False

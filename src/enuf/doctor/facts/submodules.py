"""The folders that git fills from other repositories: they may be empty here."""

from __future__ import annotations

import posixpath
import re

from enuf.doctor.evidence import Evidence

_PATH = re.compile(r"^[ \t]*path[ \t]*=[ \t]*(\S+)", re.MULTILINE)


def is_in_submodule(evidence: Evidence, path: str) -> bool:
    """Return True for a path at or below a submodule that a `.gitmodules` names."""
    for file in evidence.files:
        if file.path.endswith("/.gitmodules"):
            top = posixpath.dirname(file.path)
            folders = (posixpath.join(top, each) for each in _PATH.findall(file.text))
            if any(f"{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders):
                return True
    return False

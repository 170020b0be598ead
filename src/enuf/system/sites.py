"""The sites that are installed on this host."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from enuf.model.site import LIBRARY, NEWEST_SCHEMA, Installed
from enuf.system import files

LIMIT_BYTES = 2**20
LONGEST_PROBLEM_BYTES = 2000


def installed_sites(root: Path = Path("/")) -> list[Installed]:
    """Return all recorded sites, by name; a file that cannot be read or decoded is no record."""
    folder = root / LIBRARY.lstrip("/") / "sites"
    records = []
    with contextlib.suppress(OSError):
        for file in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, msgspec.DecodeError):
                records.append(read_record(file))
    return [each for each in records if each.schema == NEWEST_SCHEMA]


def site_of(project: Path, root: Path = Path("/")) -> Installed | None:
    """Return the installed site of a project; None when there is none.

    Both may be named by a link: a site of `current` is also found from the release that `current` leads to.
    """
    return next((each for each in installed_sites(root) if is_same_project(each.project, str(project))), None)


def is_same_project(one: str, other: str) -> bool:
    """Return True for two names of one folder: equal texts, or links that lead to the same place now."""
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def files_of_site(project: Path) -> list[Path]:
    """Return the files of the installed site of a project that still exist as regular files."""
    record = site_of(project)
    named = [Path(each.path) for each in record.files] if record else []
    return [file for file in named if file.is_file() and not file.is_symlink()]


def read_record(file: Path) -> Installed:
    """Read a record. Raise OSError or msgspec.DecodeError."""
    with file.open("rb") as opened:
        return msgspec.json.decode(opened.read(LIMIT_BYTES), type=Installed)


def read_problem(file: Path) -> str:
    """Return why a newer certificate of a site was not taken, on one line; empty after one that was taken."""
    return " ".join(files.tail(file, LONGEST_PROBLEM_BYTES).split())

"""The sites that are installed on this host."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec

from enuf.model.paths import StackPaths
from enuf.model.site import LIBRARY, NEWEST_SCHEMA, Installed, paths_of_site, record_of
from enuf.system import files

LIMIT_BYTES = 2**20
LONGEST_PROBLEM_BYTES = 2000


class KnownSite(msgspec.Struct, frozen=True, kw_only=True):
    """An installed site, as far as its record can be understood, whichever version of enuf wrote the record."""

    name: str
    project: str = ""
    user: str = ""
    enuf: str = ""
    """The version of enuf that wrote the record; empty where the record does not say so."""
    record: Installed | None = None
    """The whole record; None where this version of enuf does not understand it."""

    @property
    def unit(self) -> str:
        """The name of the site's service."""
        return self.paths.service

    @property
    def paths(self) -> StackPaths:
        """The paths of the site's stack."""
        return paths_of_site(self.name, self.project)


def known_sites(root: Path = Path("/")) -> list[KnownSite]:
    """Return every site of the host that has a record, by name, also one that a newer enuf wrote."""
    folder = root / LIBRARY.lstrip("/") / "sites"
    try:
        found = sorted(folder.glob("*.json"))
    except OSError:
        return []
    return [_known_site(file) for file in found]


def site_named(name: str, root: Path = Path("/")) -> KnownSite | None:
    """Return the site of this name; None when there is none."""
    return next((each for each in known_sites(root) if each.name == name), None)


def _known_site(file: Path) -> KnownSite:
    try:
        with file.open("rb") as opened:
            data = opened.read(LIMIT_BYTES)
        said = msgspec.json.decode(data, type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, RecursionError, ValueError):
        return KnownSite(name=file.stem)
    record = None
    with contextlib.suppress(msgspec.ValidationError):
        record = msgspec.convert(said, Installed)
    texts = {key: said[key] for key in ("project", "user", "enuf") if isinstance(said.get(key), str)}
    understood = record if record and record.schema == NEWEST_SCHEMA else None
    return KnownSite(name=file.stem, record=understood, **texts)


def installed_sites(root: Path = Path("/")) -> list[Installed]:
    """Return the records of all sites that this version of enuf understands, by name."""
    return [each.record for each in known_sites(root) if each.record]


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


def record_in_force(name: str) -> Installed | None:
    """Return the record of a site as root has written it last; None where it cannot be read or decoded."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return read_record(Path(record_of(name)))
    return None


def read_problem(file: Path) -> str:
    """Return why a newer certificate of a site was not taken, on one line; empty after one that was taken."""
    return " ".join(files.tail(file, LONGEST_PROBLEM_BYTES).split())

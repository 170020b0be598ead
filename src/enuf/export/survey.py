"""What an export reads of a project: names, files with secrets, packages, folders that the app writes. Nothing is run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from enuf import __version__
from enuf.discover.written_paths import WrittenPath, written_paths
from enuf.export.deployment import ExportPlace, Packages
from enuf.export.ignore import ignore_text, is_ignored, own_lines, patterns_of
from enuf.export.packages import Editable, Uninstallable, packages_of, uninstallable_lines
from enuf.export.plain_variables import OtherwiseRead, otherwise_read
from enuf.export.secret_scan import WrittenSecret, written_secrets
from enuf.syntax.encodings import likely_encoding
from enuf.system.env_files import values_of
from enuf.system.files import read_regular

FILES_LIMIT = 20_000
SIZE_LIMIT_BYTES = 1_000_000
_DISTRIBUTIONS_LIMIT = 2000
_LOOKED_AT_BYTES = 8192
_WHEEL_FOLDERS = ("wheels", "wheelhouse")


class ProjectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of a project say about an image of it."""

    packages: Packages
    ignored: tuple[str, ...]
    """Lines of `.dockerignore` for this project."""
    own_ignored: tuple[str, ...]
    """Lines of the project's own `.dockerignore`."""
    secrets: tuple[WrittenSecret, ...] = ()
    partly_searched: tuple[str, ...] = ()
    """Texts of which only the begin was searched for secrets."""
    is_cut: bool = False
    """True where the project has more files than were searched."""
    lacks_enuf: bool = False
    """True where the packages come from a folder with wheels, and this version of enuf is not one of them."""
    links: tuple[str, ...] = ()
    """Symbolic links that lead out of the project."""
    uninstallable: tuple[Uninstallable, ...] = ()
    editables: tuple[Editable, ...] = ()
    written: tuple[WrittenPath, ...] = ()
    variables: tuple[OtherwiseRead, ...] = ()
    """Variables of the files with secrets that engines read otherwise than enuf."""


def survey_project(
    project: Path, place: ExportPlace, environment: str, env_files: Sequence[str]
) -> ProjectFacts:
    """Read a project for an image. `environment` is the folder of the app's Python, empty for one of the system."""
    own = own_lines(_text(project / ".dockerignore"))
    written = tuple(written_paths(project))
    ignored = (*_of_this_project(project, place, written), *_inside(project, env_files))
    lines = patterns_of(ignore_text(ignored, (), own))
    packages = packages_of(_names(project), _wheels(project), lambda name: _text(project / name))
    included = list(islice(_included(project, lines), FILES_LIMIT + 1))
    searched = included[:FILES_LIMIT]
    return ProjectFacts(
        packages=packages,
        ignored=ignored,
        own_ignored=own,
        secrets=tuple(_secrets(project, searched)),
        partly_searched=tuple(name for name in searched if _is_large_text(project / name)),
        is_cut=len(included) > FILES_LIMIT,
        lacks_enuf=bool(packages.folder) and not _has_enuf(project / packages.folder),
        links=tuple(name for name in searched if _leads_out(project, name)),
        uninstallable=tuple(uninstallable_lines(packages, lambda name: _text(project / name))),
        editables=tuple(_editables(Path(environment))) if environment else (),
        written=written,
        variables=tuple(_variables(project, env_files)),
    )


def _names(project: Path) -> tuple[str, ...]:
    return tuple(sorted(name for name in os.listdir(project) if (project / name).is_file()))  # noqa: PTH208


def _wheels(project: Path) -> dict[str, int]:
    return {name: len(list((project / name).glob("*.whl"))) for name in _WHEEL_FOLDERS}


def _has_enuf(folder: Path) -> bool:
    return any(folder.glob(f"enuf-{__version__}-*.whl"))


def _of_this_project(project: Path, place: ExportPlace, written: Sequence[WrittenPath]) -> Iterator[str]:
    """Yield the lines for environments, for data that the app writes, and for the export's own files."""
    for folder in sorted(project.iterdir()):
        if os.path.lexists(folder / "pyvenv.cfg"):
            yield folder.name
    for each in written:
        inside = each.path.removeprefix(f"{project}/")
        yield f"{inside}*" if each.kind == "database" else inside
    if not place.is_inside:
        return
    if place.is_project:
        yield from ("Dockerfile", "compose.yaml", "stack.yml")
    else:
        yield f"{place.folder}/*"


def _inside(project: Path, env_files: Sequence[str]) -> tuple[str, ...]:
    return tuple(path.removeprefix(f"{project}/") for path in env_files if path.startswith(f"{project}/"))


def _variables(project: Path, env_files: Sequence[str]) -> Iterator[OtherwiseRead]:
    for path in env_files:
        yield from otherwise_read(path.removeprefix(f"{project}/"), _text(Path(path)), values_of([path]))


def _included(project: Path, lines: Sequence[str]) -> Iterator[str]:
    """Yield the files and links that a builder would take, as paths from the project."""
    for folder, folders, names in os.walk(project):
        inside = Path(folder).relative_to(project)
        kept = [name for name in sorted(folders) if not is_ignored(str(inside / name), lines)]
        folders[:] = [name for name in kept if not (Path(folder) / name).is_symlink()]
        links = [name for name in kept if name not in folders]
        for name in (*sorted(names), *links):
            path = str(inside / name)
            if not is_ignored(path, lines):
                yield path


def _secrets(project: Path, searched: Sequence[str]) -> Iterator[WrittenSecret]:
    for name in searched:
        if not (project / name).is_symlink():
            yield from written_secrets(name, _text(project / name))


def _is_large_text(path: Path) -> bool:
    try:
        return not path.is_symlink() and path.stat().st_size > SIZE_LIMIT_BYTES and bool(_text(path))
    except OSError:
        return False


def _leads_out(project: Path, name: str) -> bool:
    path = project / name
    if not path.is_symlink():
        return False
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(project))


def _text(path: Path) -> str:
    """Return the begin of a file as text; empty for one that is missing, cannot be read, or is no text."""
    try:
        return _decoded(read_regular(path, SIZE_LIMIT_BYTES))
    except OSError:
        return ""


def _decoded(data: bytes) -> str:
    """Return bytes as text without a byte order mark, which Windows puts in front, also in UTF-16."""
    encoding = likely_encoding(data)
    if not encoding and b"\0" in data[:_LOOKED_AT_BYTES]:
        return ""
    return data.decode(encoding or "utf-8", "replace").removeprefix("\ufeff")


def _editables(environment: Path) -> Iterator[Editable]:
    """Yield the packages that are links to their sources, as their records say (PEP 610)."""
    records = sorted(environment.glob("lib/python*/site-packages/*.dist-info/direct_url.json"))
    for record in records[:_DISTRIBUTIONS_LIMIT]:
        folder = _linked_folder(_text(record))
        if folder:
            name = record.parent.name.partition("-")[0].replace("_", "-").lower()
            yield Editable(name=name, folder=folder, record=str(record))


def _linked_folder(text: str) -> str:
    try:
        said = json.loads(text)
        is_editable = said["dir_info"]["editable"]
        address = urlsplit(said["url"])
    except (ValueError, KeyError, TypeError):
        return ""
    return unquote(address.path).rstrip("/") if is_editable and address.scheme == "file" else ""

"""The packages of a project: which program installs them, and what no image can install."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from enuf.export.deployment import Packages

REQUIREMENTS = "requirements.txt"
PROJECT_FILE = "pyproject.toml"
_FILE_URL = re.compile(r"""["'][\w.\[\],-]+[ \t]*@[ \t]*file:(?://)?(?P<path>[^"']+)["']""")
_SOURCE = re.compile(
    r"""[ \t]*["']?[\w.-]+["']?[ \t]*=[ \t]*\{.*\b(?:path[ \t]*=[ \t]*["'](?P<path>[^"']+)["']|workspace[ \t]*=[ \t]*true).*"""
)
"""A dependency of uv or poetry that is a folder."""
_FILES_LIMIT = 20
_EDITABLE = re.compile(r"(?:-e|--editable)(?:[ \t=]+|$)(?P<what>.*)")
_MORE = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:[ \t]*=?[ \t]*)(?P<file>\S+)")
_LOCAL = re.compile(
    r"(?:(?P<name>[\w.\[\],-]+)[ \t]*@[ \t]*)?(?:file:(?://)?)?(?P<path>\.{0,2}/\S*|\.{1,2})(?:[ \t;].*)?"
)


class Uninstallable(msgspec.Struct, frozen=True, kw_only=True):
    """A line that an image cannot install."""

    file: str
    line: int
    what: str


class Editable(msgspec.Struct, frozen=True, kw_only=True):
    """A package that is installed here as a link to its sources."""

    name: str
    folder: str
    record: str
    """The file that says so."""


def packages_of(names: Sequence[str], wheels: Mapping[str, int], read: Callable[[str], str]) -> Packages:
    """Return what installs the packages of a project.

    `names` are the files at the top of the project, `wheels` the number of wheels in each folder there, `read` returns the
    text of a file of the project, empty where it cannot be read.
    """
    requirements = _requirement_files(REQUIREMENTS, read) if REQUIREMENTS in names else ()
    folder = next((name for name in ("wheels", "wheelhouse") if wheels.get(name)), "")
    if folder:
        return Packages(manager="wheels", files=requirements, folder=folder)
    if "uv.lock" in names and "pyproject.toml" in names:
        return Packages(manager="uv", files=("pyproject.toml", "uv.lock"))
    if "poetry.lock" in names and "pyproject.toml" in names:
        return Packages(manager="poetry", files=("pyproject.toml", "poetry.lock"))
    if requirements:
        return Packages(manager="pip", files=requirements)
    if "setup.py" in names or ("pyproject.toml" in names and "[project]" in read("pyproject.toml")):
        return Packages(manager="project")
    return Packages(manager="none")


def _requirement_files(first: str, read: Callable[[str], str]) -> tuple[str, ...]:
    """Return a file of requirements and those that it names, as paths from the project."""
    found: list[str] = [first]
    for file in found:
        for _, words in _requirement_lines(read(file)):
            match = _MORE.match(words)
            named = _beside(file, match["file"]) if match else ""
            if named and named not in found and not named.startswith("..") and len(found) < _FILES_LIMIT:
                found.append(named)
    return tuple(found)


def uninstallable_lines(packages: Packages, read: Callable[[str], str]) -> Iterator[Uninstallable]:
    """Yield the lines of requirements and of pyproject.toml that name what an image does not hold."""
    if packages.manager in ("uv", "poetry", "project"):
        yield from _linked_in_project(packages, read(PROJECT_FILE))
    if packages.manager not in ("pip", "wheels"):
        return
    for file in packages.files:
        for number, words in _requirement_lines(read(file)):
            if what := _missing_in_image(file, words):
                yield Uninstallable(file=file, line=number, what=what)


def _linked_in_project(packages: Packages, text: str) -> Iterator[Uninstallable]:
    """Yield what pyproject.toml takes from folders. The packages are installed from two files, before the project is there."""
    for number, line in enumerate(text.splitlines(), 1):
        named = _FILE_URL.search(line) or (_SOURCE.match(line) if packages.manager != "project" else None)
        if named:
            what = (
                f"a folder of this machine, {named['path']}" if named["path"] else "a member of the workspace"
            )
            yield Uninstallable(file=PROJECT_FILE, line=number, what=what)


def _missing_in_image(file: str, words: str) -> str:
    if match := _EDITABLE.match(words):
        return f"an editable install of {match['what'].strip() or 'a folder'}"
    if match := _MORE.match(words):
        named = _beside(file, match["file"])
        return f"a file outside of the project, {match['file']}" if named.startswith(("..", "/")) else ""
    local = _LOCAL.fullmatch(words)
    return f"a folder of this machine, {local['path']}" if local else ""


def _beside(file: str, named: str) -> str:
    """Return a file that another one names, as a path from the project."""
    if "://" in named:
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), named))


def _requirement_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if words:
            yield number, words


def editables_outside(found: Sequence[Editable], folders: Sequence[str]) -> tuple[Editable, ...]:
    """Return the packages whose sources lie in none of these folders; enuf's own is installed anew in the image."""
    return tuple(
        each
        for each in found
        if each.name != "enuf"
        and not any(each.folder == folder or each.folder.startswith(f"{folder}/") for folder in folders)
    )

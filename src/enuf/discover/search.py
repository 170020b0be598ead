"""The search for the app's file if none is named."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from enuf.discover.choice import default_choice
from enuf.discover.source import is_file, read_names
from enuf.errors import AppNotFound

_NAME_IT = "name it: enuf up path/to/file.py:name"
_USUAL = ("wsgi.py", "app.py")
_NOT_THE_APP = frozenset({"tests", "test", "docs", "examples", "build", "dist", "migrations", "node_modules"})
_FOLDERS_LIMIT = 1000

Offer = Literal["yes", "maybe", "no"]


def search(project: Path) -> Path:
    """Find the file to serve: `wsgi.py`, `app.py`, the only `*_app.py`, or the only package with an app.

    Raise AppNotFound with a hint that lists the searched files, if there is none or more than one.
    """
    looked = ["FLASK_APP (not set)"]
    for name in _USUAL:
        file = project / name
        if is_file(file):
            if _offer(file, name) != "no":
                return file
            looked.append(f"{name} (holds no app)")
        else:
            looked.append(f"{name} (none)")
    for words, files in (
        ("*_app.py", _named_like_apps(project)),
        ("packages in . and src", _in_packages(project)),
    ):
        found = _likeliest(files)
        if len(found) > 1:
            listed = ", ".join(str(file.relative_to(project)) for file in found)
            raise AppNotFound(
                f"several files may be the app: {listed}", f"name one: enuf up {listed.split(', ')[0]}"
            )
        if found:
            return found[0]
        looked.append(f"{words} ({'hold no app' if files else 'none'})")
    plain = [f"{folder.relative_to(project)}/{name}" for folder in _folders(project) for name in _USUAL]
    near = next((name for name in plain if is_file(project / name)), None)
    advice = f"did you mean enuf up {near}?" if near else _NAME_IT
    raise AppNotFound("no app was found here", f"looked at {', '.join(looked)}; {advice}")


def _likeliest(files: Iterable[Path]) -> list[Path]:
    """Return the files whose source shows an app, else those that may contain one."""
    offers = [(file, _offer(file, file.name)) for file in files]
    return [file for file, offer in offers if offer == "yes"] or [
        file for file, offer in offers if offer == "maybe"
    ]


def _offer(file: Path, shown: str) -> Offer:
    """Return whether a module has an app: `maybe` if it cannot be parsed.

    A module with several apps, or with a factory that needs arguments, is a `yes`.
    """
    names = read_names(file, shown)
    if names is None:
        return "maybe"
    try:
        choice = default_choice(names, shown)
    except AppNotFound:
        return "yes"  # the chosen file: resolving it raises the error for the user
    if choice is None:
        return "no"
    return "maybe" if choice.attribute is None else "yes"


def _named_like_apps(project: Path) -> list[Path]:
    return [
        file
        for file in sorted(project.glob("*_app.py"))
        if is_file(file) and not file.name.startswith("test_")
    ]


def _in_packages(project: Path) -> list[Path]:
    """Return one file per package: the first of wsgi.py, app.py and `__init__.py` that shows an app."""
    found = []
    for folder in _folders(project):
        if not is_file(folder / "__init__.py"):
            continue
        for name in (*_USUAL, "__init__.py"):
            file = folder / name
            if is_file(file) and _shows_app(file):
                found.append(file)
                break
    return found


def _shows_app(file: Path) -> bool:
    try:
        return _offer(file, file.name) == "yes"
    except AppNotFound:
        return False  # a file that cannot be read, in a folder that nobody named


def _folders(project: Path) -> Iterator[Path]:
    """Return the folders that may contain an app, one level down and one level below `src/`."""
    for parent in (project, project / "src"):
        try:
            entries = sorted(itertools.islice(parent.iterdir(), _FOLDERS_LIMIT))
        except OSError:
            continue
        for entry in entries:
            if not entry.name.startswith(".") and entry.name not in _NOT_THE_APP and entry.is_dir():
                yield entry

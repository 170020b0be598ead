"""The search for the app's file if none is named."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from enuf.discover.choice import default_choice, why_none
from enuf.discover.paste import INI, apps_in
from enuf.discover.source import is_file, read_names
from enuf.errors import AppNotFound

_NAME_IT = "name it: enuf up path/to/file.py:name"
_USUAL = ("wsgi.py", "app.py")
_OTHER_NAMES = ("main.py", "webapp.py", "application.py")
_NOT_APPS = frozenset(
    {"setup.py", "conftest.py", "noxfile.py", "fabfile.py", "gunicorn.conf.py", "config.py"}
)
_FILES_LIMIT = 200
_NOT_THE_APP = frozenset({"tests", "test", "docs", "examples", "build", "dist", "migrations", "node_modules"})
_FOLDERS_LIMIT = 1000

Offer = Literal["yes", "maybe", "no"]


def search(project: Path) -> Path:
    """Return the file to serve: one with a usual name, or the only one of its kind that holds an app.

    Where Flask looks comes first; then other names, packages, `.wsgi` files and PasteDeploy's ini files.
    Raises AppNotFound, its hint saying what was looked at, when there is none or more than one.
    """
    looked = ["FLASK_APP (not set)"]
    for name in _USUAL:
        file = project / name
        if is_file(file):
            if _offer(file, name) != "no":
                return file
            looked.append(f"{name} (holds no app)")
        else:
            looked.append(f"{name} (not there)")
    others = 0
    in_packages = ("packages in . and src (not there)", "packages in . and src (no app in them)")
    in_others = ("other .py/.wsgi/.ini files (not there)", "other .py/.wsgi/.ini files (no app in them)")
    for said, files, choose in (
        (("*_app.py (not there)", "*_app.py (no app in them)"), _named_like_apps(project), _likeliest),
        (None, _existing(project, _OTHER_NAMES), _first_showing),
        (in_packages, _in_packages(project), _likeliest),
        (None, _other_sources(project), _showing),
        (None, sorted(filter(is_file, project.glob("*.wsgi"))), _likeliest),
        (None, _paste_files(project), list),
    ):
        found = choose(files)
        if len(found) > 1:
            listed = ", ".join(str(file.relative_to(project)) for file in found)
            raise AppNotFound(
                f"several files may be the app: {listed}", f"name one: enuf up {listed.split(', ')[0]}"
            )
        if found:
            return found[0]
        if said:
            looked.append(said[bool(files)])
        else:
            others += len(files)
    looked.append(in_others[bool(others)])
    raise _nothing(project, looked)


def _nothing(project: Path, looked: list[str]) -> AppNotFound:
    """Return the error, with what looks like an app where something does."""
    for file in (*_existing(project, (*_USUAL, *_OTHER_NAMES)), *_other_sources(project)):
        names = read_names(file, file.name) if _is_readable(file) else None
        if why := names and why_none(names, file.name):
            return AppNotFound(f"no app was found here: {why[0]}", why[1])
    plain = [f"{folder.relative_to(project)}/{name}" for folder in _folders(project) for name in _USUAL]
    near = next((name for name in plain if is_file(project / name)), None)
    advice = f"did you mean enuf up {near}?" if near else _NAME_IT
    return AppNotFound("no app was found here", f"looked at {', '.join(looked)}; {advice}")


def _existing(project: Path, names: Iterable[str]) -> list[Path]:
    return [project / name for name in names if is_file(project / name)]


def _other_sources(project: Path) -> list[Path]:
    """Return the modules in the project's folder that have no usual name, and belong to no test and no build."""
    found = itertools.islice(sorted(project.glob("*.py")), _FILES_LIMIT)
    known = {*_USUAL, *_OTHER_NAMES, *_NOT_APPS}
    return [
        file
        for file in found
        if file.name not in known and not file.name.startswith("test_") and is_file(file)
    ]


def _paste_files(project: Path) -> list[Path]:
    """Return the ini files with [app:main]; only `production.ini` where that is one of them."""
    found = []
    for file in itertools.islice(sorted(project.glob(f"*{INI}")), _FILES_LIMIT):
        with contextlib.suppress(AppNotFound):
            if "main" in apps_in(file, file.name):
                found.append(file)
    return [file for file in found if file.name == "production.ini"] or found


def _showing(files: Iterable[Path]) -> list[Path]:
    """Return the files whose source shows an app."""
    return [file for file in files if _shows_app(file)]


def _first_showing(files: Iterable[Path]) -> list[Path]:
    return _showing(files)[:1]


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
    return "yes" if choice.likely else "maybe"


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
    return _is_readable(file) and _offer(file, file.name) == "yes"


def _is_readable(file: Path) -> bool:
    """Return False for a file that cannot be read as a source; nobody has named it."""
    try:
        read_names(file, file.name)
    except AppNotFound:
        return False
    return True


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

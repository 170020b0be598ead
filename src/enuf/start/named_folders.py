"""The folders that the section [static] names, as they are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.model.app import ProtectedFolder, StaticFolder
from enuf.settings.schema import Settings

PROTECTED = "/.enuf/protected/"
"""The beginning of nginx's internal addresses of protected folders."""


def extra_static(project: Path, settings: Settings) -> tuple[StaticFolder, ...]:
    """Return the folders of static.extra. Raise SettingsInvalid for one that nginx cannot serve."""
    return tuple(
        StaticFolder(
            url=settings.serve.prefix + url,
            directory=_folder(project, "static.extra", url, name),
            owner="static.extra",
        )
        for url, name in settings.static.extra.items()
    )


def protected_folders(project: Path, settings: Settings) -> tuple[ProtectedFolder, ...]:
    """Return the folders of static.protected, longest URL first.

    Raise SettingsInvalid for one that nginx cannot serve.
    """
    named = sorted(settings.static.protected.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    return tuple(
        ProtectedFolder(
            url=url,
            directory=_folder(project, "static.protected", url, name),
            address=f"{PROTECTED}{number}/",
        )
        for number, (url, name) in enumerate(named)
    )


def _folder(project: Path, key: str, url: str, name: str) -> str:
    """Return the absolute path of a folder. Raise SettingsInvalid for one that nginx cannot serve."""
    path = Path(os.path.normpath(project / name))
    if not path.is_dir():
        raise SettingsInvalid(
            f"{key}: there is no folder {path} for {url}", f"create it, or remove it from {key}"
        )
    if not os.access(path, os.R_OK | os.X_OK):
        raise SettingsInvalid(
            f"{key}: the user who runs the app may not read {path}: nginx is not to serve it for {url}",
            f"give that user the right to read it, or remove it from {key}",
        )
    if "$" in str(path) + url:
        raise SettingsInvalid(
            f"{key}: nginx cannot serve {path}, the $ in it would be a variable",
            "rename the folder",
        )
    return str(path)

"""The folders and pages that the settings name, as they are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.model.app import SPA, ProtectedFolder, SitePages, StaticFolder
from enuf.settings.schema import Settings

PROTECTED = "/.enuf/protected/"
"""The beginning of nginx's internal addresses of protected folders."""


def extra_static(project: Path, settings: Settings) -> tuple[StaticFolder, ...]:
    """Return the folders of static.extra and static.spa. Raise SettingsInvalid for one that nginx cannot serve."""
    named = {"static.extra": settings.static.extra, SPA: settings.static.spa}
    return tuple(
        StaticFolder(
            url=settings.serve.prefix + url, directory=_folder(project, owner, url, name), owner=owner
        )
        for owner, folders in named.items()
        for url, name in folders.items()
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


def site_pages(project: Path, settings: Settings) -> SitePages:
    """Return the files of http.error_pages and http.maintenance. Raise SettingsInvalid for one that nginx cannot send."""
    http = settings.http
    return SitePages(
        errors={
            status: _page(project, "http.error_pages", name) for status, name in http.error_pages.items()
        },
        maintenance=_page(project, "http.maintenance", http.maintenance) if http.maintenance else "",
    )


def _page(project: Path, key: str, name: str) -> str:
    path = Path(os.path.normpath(project / name))
    if not path.is_file():
        raise SettingsInvalid(f"{key}: there is no file {path}", f"write that page, or remove it from {key}")
    if not os.access(path, os.R_OK):
        raise SettingsInvalid(
            f"{key}: the user who runs the app may not read {path}",
            "give that user the right to read it, or name another file",
        )
    if "$" in str(path):
        raise SettingsInvalid(
            f"{key}: nginx cannot send {path}, the $ in it would be a variable", "rename it"
        )
    return str(path)


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

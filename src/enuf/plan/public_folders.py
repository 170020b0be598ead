"""The checks of what everybody may read: no static folder has the project's source, settings or passwords in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from enuf.errors import SettingsInvalid
from enuf.model.app import AppRef, StaticFolder


def refuse_static(
    folders: Sequence[StaticFolder], app: AppRef, project: str, real: Mapping[str, str]
) -> None:
    """Raise SettingsInvalid for a folder that would publish the app's source, settings or logs (F170).

    `real` maps paths with a symbolic link to their targets.
    """
    for folder in folders:
        for public in {folder.directory, real.get(folder.directory, folder.directory)}:
            private = private_folder_in(public, app.directory, project, real)
            if private is None:
                continue
            source = PurePosixPath(app.file).name if app.file else "app.py"
            raise SettingsInvalid(
                f"the static folder {folder.directory} (of {folder.owner}) {private}: "
                f"nginx would hand out your source and your settings, {folder.url}{source} for example",
                "move the files that are meant for the public into a folder of their own; "
                f'or static.mode = "off" in enuf.toml leaves {folder.url} to the app',
                slug="static-folder-unsafe",
            )


def private_folder_in(public: str, app_directory: str, project: str, real: Mapping[str, str]) -> str | None:
    """Return which private folder this folder is or contains; None when it is harmless."""
    for named, what in ((app_directory, "the app's own folder"), (project, "the project's folder")):
        for private in {named, real.get(named, named)}:
            if PurePosixPath(private) == PurePosixPath(public):
                return f"is {what}"
            if _contains(public, private):
                return f"contains {what}"
    own = [f"{root}/.enuf" for root in {project, real.get(project, project)}]
    return "belongs to enuf's own folder" if any(_contains(each, public) for each in own) else None


def refuse_public_passwords(
    files: Sequence[str], folders: Sequence[StaticFolder], real: Mapping[str, str]
) -> None:
    """Raise SettingsInvalid for a password file in a static folder, of the front or of the app."""
    for file in files:
        for folder in folders:
            if any(is_in_folder(path, folder.directory, real) for path in {file, real.get(file, file)}):
                raise SettingsInvalid(
                    f"access.passwords: {file} is in the static folder {folder.directory}, whose files everybody can get",
                    "move it out of there, for example beside enuf.toml",
                    slug="password-file-unusable",
                )


def is_in_folder(path: str, folder: str, real: Mapping[str, str]) -> bool:
    """Return True for a path in the folder, as the folder is named or where its symbolic link leads."""
    return any(_contains(outer, path) for outer in (folder, real.get(folder, folder)))


def _contains(outer: str, inner: str) -> bool:
    return PurePosixPath(inner).is_relative_to(PurePosixPath(outer))

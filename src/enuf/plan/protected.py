"""The checks of protected folders: nginx must send nothing of the project's own, and nothing that is public anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from enuf.errors import SettingsInvalid
from enuf.model.app import AppRef, ProtectedFolder, StaticFolder
from enuf.plan.public_folders import is_in_folder, private_folder_in

_MOVE = "give the files that the app hands out a folder of their own, and name that"


def refuse_protected(
    folders: Sequence[ProtectedFolder],
    public: Sequence[StaticFolder],
    env_files: Sequence[str],
    *,
    app: AppRef,
    project: str,
    real: Mapping[str, str],
) -> None:
    """Raise SettingsInvalid for a folder with the app's source, settings or secrets, or one that is public.

    `real` maps paths with a symbolic link to their targets.
    """
    for folder in folders:
        for directory in {folder.directory, real.get(folder.directory, folder.directory)}:
            what = private_folder_in(directory, app.directory, project, real) or _env_file_in(
                directory, env_files
            )
            if what:
                raise SettingsInvalid(
                    f"static.protected: the folder {folder.directory} of {folder.url} {what}: a mistake in the app "
                    "could hand out your source and your settings",
                    _MOVE,
                    slug="static-folder-unsafe",
                )
            around = next((each for each in public if is_in_folder(directory, each.directory, real)), None)
            if around:
                raise SettingsInvalid(
                    f"static.protected: the folder {folder.directory} of {folder.url} is in {around.directory}, "
                    f"which everybody may read at {around.url}",
                    "move it out of there",
                    slug="static-folder-unsafe",
                )


def _env_file_in(directory: str, env_files: Sequence[str]) -> str:
    inside = (file for file in env_files if PurePosixPath(file).is_relative_to(directory))
    return next((f"contains the env_file {PurePosixPath(file).name}" for file in inside), "")

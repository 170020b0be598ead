"""The writer of `enuf export`: it reads what is there, refuses to overwrite edits, and writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from enuf.errors import Conflict
from enuf.export.compare import FileComparison, compared_files
from enuf.export.deployment import ExportedFile, ExportPlace
from enuf.system.files import read_regular, write_whole

_FOLDERS = ("", "conf")
_FILES_LIMIT = 500
_SIZE_LIMIT_BYTES = 2 << 20


def export_place(folder: Path, project: Path) -> ExportPlace:
    """Return where the folder lies for a build whose context is the project."""
    if folder == project:
        return ExportPlace(folder="", project=".")
    if folder.is_relative_to(project):
        return ExportPlace(folder=str(folder.relative_to(project)), project=os.path.relpath(project, folder))
    return ExportPlace(folder=str(folder), project=str(project))


def compare_with(folder: Path, files: Iterable[ExportedFile], target: str) -> tuple[FileComparison, ...]:
    """Return the files of an export beside those in the folder. Raise OSError."""
    return compared_files(files, _texts(folder), target)


def _texts(folder: Path) -> dict[str, str]:
    """Return the texts of the regular files in the folder of an export, by their names in it."""
    found: dict[str, str] = {}
    for inside in _FOLDERS:
        for name in sorted(os.listdir(folder / inside) if (folder / inside).is_dir() else ())[:_FILES_LIMIT]:  # noqa: PTH208
            path = folder / inside / name
            if path.is_file() or path.is_symlink():
                found[f"{inside}/{name}" if inside else name] = _text(path)
    return found


def _text(path: Path) -> str:
    """Return the text of a file; what is no text counts as an edited file."""
    try:
        return read_regular(path, _SIZE_LIMIT_BYTES, follow=False).decode()
    except (OSError, ValueError):
        return "(no text)\n"


def refuse_overwriting(folder: Path, found: Sequence[FileComparison]) -> None:
    """Raise Conflict for files that somebody has edited or written, and for a folder with the files of another target."""
    others = {each.other_target for each in found if each.other_target}
    if others:
        raise Conflict(
            f"{folder} holds the export for {', '.join(sorted(others))}",
            "choose a folder for each target, or overwrite these files with --force",
            slug="export-of-another-target",
        )
    edited = [each.name for each in found if each.state == "edited"]
    if edited:
        raise Conflict(
            f"not as an export wrote them, and kept: {', '.join(edited)} in {folder}",
            "see what would change with --diff; overwrite them with --force",
            slug="export-edited",
        )


def write_export(folder: Path, found: Sequence[FileComparison]) -> list[Path]:
    """Write what differs, and remove what an earlier export of this target wrote. Return the paths of all files. Raise OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in found:
        path = folder / each.name
        if each.state == "stale":
            path.unlink()
        elif each.differs:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, each.after)
    return [folder / each.name for each in found if each.state != "stale"]

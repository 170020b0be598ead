"""Private folders for a comparison: a copy of the user's project, and the app of the scenarios."""

from __future__ import annotations

import contextlib
import shutil
import socket
from importlib.resources import files
from pathlib import Path

from enuf.bench.subjects.base import ServedApp
from enuf.errors import SettingsInvalid
from enuf.model.app import AppRef

MOST_BYTES = 2**30
_NOT_COPIED = (".enuf", ".git", ".hg", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox")
_SERVED = "app.py"
STATIC_BYTES = 20_000


def copy_project(project: Path, copy: Path) -> None:
    """Copy a project without its history and caches; link large folders that nobody writes: virtualenvs, node_modules.

    Raise SettingsInvalid for a project of more than a gigabyte.
    """
    linked: list[Path] = []
    left = MOST_BYTES

    def unwanted(folder: str, names: list[str]) -> list[str]:
        nonlocal left
        skipped = []
        for path in (Path(folder, name) for name in names):
            if _is_linked(path):
                linked.append(path)
            is_plain = path.is_symlink() or path.is_dir() or path.is_file()
            if _is_linked(path) or path.name in _NOT_COPIED or not is_plain:
                skipped.append(path.name)  # also sockets and pipes
            elif not path.is_symlink() and path.is_file():
                left -= path.stat().st_size
        if left < 0:
            raise SettingsInvalid(
                f"the project {project} is larger than {MOST_BYTES >> 30} GB, and enuf bench works on a copy",
                "name a smaller folder with --project, or move the data elsewhere",
            )
        return skipped

    try:
        shutil.copytree(project, copy, symlinks=True, ignore=unwanted)
    except shutil.Error as error:
        source, _, why = error.args[0][0]
        raise SettingsInvalid(
            f"{source} cannot be copied: {why}", "enuf bench works on a copy of the project: make it readable"
        ) from None
    for path in linked:
        (copy / path.relative_to(project)).symlink_to(path)


def _is_linked(path: Path) -> bool:
    return path.name == "node_modules" or (path / "pyvenv.cfg").is_file()


def write_scenario_app(folder: Path, python: str) -> ServedApp:
    """Write the app of the scenarios into a new folder, and return it."""
    static = folder / "static"
    static.mkdir(parents=True)
    (static / "picture.bin").write_bytes(bytes(range(250)) * (STATIC_BYTES // 250))
    write_version(folder, "1")
    return ServedApp(
        project=str(folder),
        target=_SERVED,
        ref=AppRef(directory=str(folder), module="app", attribute="app", file=str(folder / _SERVED)),
        python=python,
        static=(("/static/", str(static)),),
    )


def write_version(folder: Path, version: str) -> None:
    """Write the app of the scenarios so that it answers as this version; `broken` writes code that cannot be loaded."""
    text = files("enuf.bench").joinpath("served_app.py").read_text(encoding="utf-8")
    text = text.replace('VERSION = "1"', f"VERSION = {version!r}")
    path = folder / _SERVED
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that are free now."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(contextlib.closing(socket.socket())) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]

"""Private folders for a comparison: a copy of the user's project, and the app of the scenarios."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from enuf.bench.subjects.base import ENTRY, ServedApp
from enuf.errors import SettingsInvalid
from enuf.model.app import AppRef
from enuf.servers.shim import loading

MOST_BYTES = 2**30
_NOT_COPIED = (".enuf", ".git", ".hg", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox")
_SERVED = "app.py"
STATIC_BYTES = 20_000


@contextlib.contextmanager
def private_folder_of_bench() -> Iterator[Path]:
    """Make a folder for this user alone, and remove it with everything inside at the end."""
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="enuf-bench-")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_project(project: Path, copy: Path) -> None:
    """Copy a project without its history and caches; link large folders that nobody writes: virtualenvs, node_modules.

    Raise SettingsInvalid for a project of more than a gigabyte.
    """
    left = MOST_BYTES

    def unwanted(folder: str, names: list[str]) -> list[str]:
        nonlocal left
        skipped = [name for name in names if name in _NOT_COPIED or _is_linked(Path(folder, name))]
        for name in names:
            path = Path(folder, name)
            if name in skipped:
                if name not in _NOT_COPIED:
                    (copy / path.relative_to(project)).symlink_to(path)
            elif not path.is_symlink() and path.is_file():
                left -= path.stat().st_size
            elif not path.is_symlink() and not path.is_dir():
                skipped.append(name)  # sockets and pipes
        if left < 0:
            raise SettingsInvalid(
                f"the project {project} is larger than {MOST_BYTES >> 30} GB, and enuf bench works on a copy",
                "name a smaller folder with --project, or move the data elsewhere",
            )
        return skipped

    copy.mkdir(parents=True)
    shutil.copytree(project, copy, symlinks=True, ignore=unwanted, dirs_exist_ok=True)


def _is_linked(path: Path) -> bool:
    return path.name == "node_modules" or (path / "pyvenv.cfg").is_file()


def write_entry(folder: Path, ref: AppRef) -> None:
    """Write the module that loads an app as `application`, for servers that take `module:object`."""
    lines = ["import sys", f"sys.path.insert(0, {ref.directory!r})", *loading(ref)]
    (folder / f"{ENTRY}.py").write_text("\n".join([*lines, ""]), encoding="utf-8")


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
    if version == "broken":
        text += '\nraise RuntimeError("this version is broken on purpose")\n'
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

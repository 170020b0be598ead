"""Where the files of a project's stack are: found, or made."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from enuf.errors import PrivilegeNeeded
from enuf.model.paths import StackPaths
from enuf.system.files import is_locked, private_folder

HOME = ".enuf"
_SHORT_NAME = 24


def locate(project: Path) -> StackPaths:
    """The paths of the project's stack, whether it runs or not; nothing is created.

    The link `.enuf/run` tells where a running one is, also to another user or with another XDG_RUNTIME_DIR.
    """
    home = project / HOME
    with contextlib.suppress(OSError):
        target = (home / "run").readlink()
        if target.is_dir():
            return StackPaths(project=str(project), home=str(home), runtime=str(target))
    candidates = [base / _name(project) for base in _runtime_bases()]
    runtime = next((folder for folder in candidates if is_locked(folder / "lock")), candidates[0])
    is_written = home.is_dir() or not runtime.is_dir()
    return StackPaths(project=str(project), home=str(home if is_written else runtime), runtime=str(runtime))


def prepare_place(project: Path) -> tuple[StackPaths, str]:
    """Folders for a stack, created, and a warning where the project itself cannot be written (else empty)."""
    runtime = _make_runtime(project)
    home, warning = project / HOME, ""
    try:
        _make_home(home, runtime)
    except OSError as error:
        warning = f"{project} cannot be written ({os.strerror(error.errno or 0)}): configs and logs are in {runtime}"
        home = runtime
    paths = StackPaths(project=str(project), home=str(home), runtime=str(runtime))
    for folder in (paths.conf, paths.log, paths.temp):
        Path(folder).mkdir(mode=0o755 if folder != paths.temp else 0o700, exist_ok=True)
    return paths, warning


def _make_runtime(project: Path) -> Path:
    problem: OSError | None = None
    for base in _runtime_bases():
        try:
            private_folder(base)
            folder = base / _name(project)
            private_folder(folder)
        except OSError as error:
            problem = error
        else:
            return folder
    raise PrivilegeNeeded(
        f"no private folder for sockets can be made: {problem}",
        f"remove it, or set XDG_RUNTIME_DIR to a folder that only {os.geteuid()} can write",
    )


def _make_home(home: Path, runtime: Path) -> None:
    home.mkdir(exist_ok=True)
    ignore = home / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    link = home / "run"
    if not link.is_symlink() or link.readlink() != runtime:
        link.unlink(missing_ok=True)
        link.symlink_to(runtime)
    for folder in ("conf", "log"):
        (home / folder).mkdir(exist_ok=True)
        if not os.access(home / folder, os.W_OK):
            raise PermissionError(13, "Permission denied")


def _runtime_bases() -> list[Path]:
    """Short folders of our own: a socket path may have 107 bytes."""
    bases = []
    xdg = os.environ.get("XDG_RUNTIME_DIR", "")
    if xdg.startswith("/") and len(xdg) <= 40 and _is_ours(Path(xdg)):
        bases.append(Path(xdg) / "enuf")
    return [*bases, Path("/tmp") / f"enuf-{os.geteuid()}"]  # noqa: S108 - checked to be ours and private


def _is_ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK)
    except OSError:
        return False


def _name(project: Path) -> str:
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", project.name).strip("-")[:_SHORT_NAME] or "app"
    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    return f"{readable}-{digest}"

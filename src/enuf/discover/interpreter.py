"""Which Python runs the app, and what is installed for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from enuf.errors import ToolUnusable
from enuf.model.tool import Interpreter

ASK_WITHIN_S = 20

_PROGRAM = """
import json, os, platform, sys, sysconfig
from importlib import metadata
def version(name):
    try: return metadata.version(name)
    except Exception: return None
script = os.path.join(sysconfig.get_path("scripts"), "uwsgi")
print(json.dumps({"version": platform.python_version(), "prefix": sys.prefix, "base_prefix": sys.base_prefix,
    "pyuwsgi_version": version("pyuwsgi"), "flask_version": version("flask"),
    "uwsgi_script": script if os.path.exists(script) else None}))
"""


def find_interpreter(project: Path, wish: str, environ: Mapping[str, str]) -> Interpreter:
    """The interpreter that the user named, or the project's own, or else the one that runs enuf.

    Raises ToolUnusable (exit 6) when it is missing, cannot run, or is too old.
    """
    executable, origin = _choose(project, wish, environ)
    if Path(executable) == Path(sys.executable):
        return _describe_own(origin)
    return _ask(executable, origin)


def _choose(project: Path, wish: str, environ: Mapping[str, str]) -> tuple[str, str]:
    if wish != "auto":
        named = Path(wish) if "/" in wish else Path(shutil.which(wish) or wish)
        path = named if named.is_absolute() else project / named
        return str(path / "bin/python" if path.is_dir() else path), "the setting python"
    for folder in (".venv", "venv"):
        if (project / folder / "pyvenv.cfg").is_file():
            return str(project / folder / "bin/python"), folder
    active = environ.get("VIRTUAL_ENV", "")
    if active and (Path(active) / "bin/python").exists():
        return str(Path(active) / "bin/python"), "VIRTUAL_ENV"
    if elsewhere := _poetry_environment(project, environ):
        return elsewhere, "poetry"
    return sys.executable, "enuf's own"


def _poetry_environment(project: Path, environ: Mapping[str, str]) -> str | None:
    """Poetry keeps its environments outside the project: ask it, where a project is poetry's."""
    if not (project / "poetry.lock").is_file() or not shutil.which("poetry", path=environ.get("PATH")):
        return None
    try:
        found = subprocess.run(
            ["poetry", "env", "info", "--executable"],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=ASK_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    path = found.stdout.strip()
    return path if found.returncode == 0 and Path(path).exists() else None


def _describe_own(origin: str) -> Interpreter:
    import platform
    import sysconfig
    from importlib import metadata

    def version(name: str) -> str | None:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None

    script = Path(sysconfig.get_path("scripts")) / "uwsgi"
    return Interpreter(
        executable=sys.executable,
        version=platform.python_version(),
        prefix=sys.prefix,
        base_prefix=sys.base_prefix,
        origin=origin,
        pyuwsgi_version=version("pyuwsgi"),
        flask_version=version("flask"),
        uwsgi_script=str(script) if script.exists() else None,
    )


def _ask(executable: str, origin: str) -> Interpreter:
    if not os.access(executable, os.X_OK):
        raise ToolUnusable(
            f"{executable} (from {origin}) is not a Python that can be run",
            "make it anew: python3 -m venv .venv",
        )
    try:
        asked = subprocess.run(
            [executable, "-c", _PROGRAM],
            capture_output=True,
            text=True,
            timeout=ASK_WITHIN_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolUnusable(
            f"{executable} (from {origin}) cannot be run: {error}", "make it anew: python3 -m venv .venv"
        ) from error
    if asked.returncode != 0:
        raise ToolUnusable(
            f"{executable} (from {origin}) does not work",
            "make it anew: python3 -m venv .venv",
            detail=asked.stderr,
        )
    known = msgspec.json.decode(asked.stdout)
    return msgspec.convert({**known, "executable": executable, "origin": origin}, Interpreter)

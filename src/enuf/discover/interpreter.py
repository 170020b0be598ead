"""The Python that runs the app, and its installed distributions."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from enuf.discover.source import is_file
from enuf.errors import ToolUnusable
from enuf.model.tool import Interpreter
from enuf.system.subprocesses import answer_of

ASK_WITHIN_S = 20
_MARKER = "pyvenv.cfg"
_USUAL_ENVIRONMENTS = (".venv", "venv", "env", ".env")
_ENTRIES_LIMIT = 1000

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


def find_interpreter(project: Path, setting: str, environ: Mapping[str, str]) -> Interpreter:
    """Return the interpreter that the user named, or the project's own, or else the one that runs enuf.

    Raise ToolUnusable (exit 6) if the interpreter is missing or does not work.
    """
    executable, origin = choose_interpreter(project, setting, environ)
    if Path(executable) == Path(sys.executable):
        return _describe_own(origin)
    return _ask(executable, origin)


def choose_interpreter(project: Path, setting: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the interpreter's path and why it was chosen. The path is not checked and nothing is run."""
    if setting != "auto":
        path = _named(project, setting)
        is_folder = os.path.isdir(path)  # noqa: PTH112 - False, and no error, below a folder that is closed to us
        return str(path / "bin/python" if is_folder else path), "the setting python"
    if folder := own_environment(project, environ):
        return str(folder / "bin/python"), folder.name
    active = environ.get("VIRTUAL_ENV", "")
    if active and (Path(active) / "bin/python").exists():
        return str(Path(active) / "bin/python"), "VIRTUAL_ENV"
    if elsewhere := _poetry_environment(project, environ):
        return elsewhere, "poetry"
    return sys.executable, "enuf's own"


def _named(project: Path, wish: str) -> Path:
    """Return the path that the setting means: a name is looked up in the project before PATH."""
    inside = project / wish
    if "/" in wish or is_file(inside / _MARKER) or (is_file(inside) and os.access(inside, os.X_OK)):
        return inside
    return project / (shutil.which(wish) or wish)


def own_environment(project: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the virtual environment in the project: the active one, one with a usual name, or any with a pyvenv.cfg.

    Of several with other names, the first that has a Python is meant.
    """
    active = Path(environ.get("VIRTUAL_ENV") or "/")
    if active.parent == project and is_file(active / _MARKER):
        return active
    for name in _USUAL_ENVIRONMENTS:
        if is_file(project / name / _MARKER):
            return project / name
    try:
        entries = sorted(itertools.islice(project.iterdir(), _ENTRIES_LIMIT))
    except OSError:
        return None
    found = [entry for entry in entries if is_file(entry / _MARKER)]
    found.sort(key=lambda entry: not is_file(entry / "bin/python"))
    return found[0] if found else None


def _poetry_environment(project: Path, environ: Mapping[str, str]) -> str | None:
    """Ask Poetry for the environment of a Poetry project, which is outside of the project."""
    poetry = shutil.which("poetry", path=environ.get("PATH"))
    if poetry is None or not (project / "poetry.lock").is_file():
        return None
    try:
        asking = [poetry, "env", "info", "--executable"]
        found = answer_of(asking, within_s=ASK_WITHIN_S, directory=project, environ=environ)
    except OSError:
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
    said = ""
    if not os.access(executable, os.X_OK) or Path(executable).is_dir():
        raise _broken(f"{executable} (from {origin}) is not a Python that can be run", executable)
    try:
        asked = answer_of([executable, "-c", _PROGRAM], within_s=ASK_WITHIN_S)
        said = asked.stderr or asked.stdout
        if asked.returncode == 0:
            known = msgspec.json.decode(asked.stdout, type=dict[str, Any])
            return msgspec.convert({**known, "executable": executable, "origin": origin}, Interpreter)
    except OSError as error:
        said = str(error)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass  # the output is not that of a Python
    raise _broken(f"{executable} (from {origin}) does not work as a Python", executable, said)


def _broken(summary: str, executable: str, detail: str = "") -> ToolUnusable:
    folder = Path(executable).parent.parent
    is_environment = (folder / "pyvenv.cfg").exists()
    hint = (
        f"make the environment anew: python3 -m venv --clear {shlex.quote(str(folder))}"
        if is_environment
        else "set `python` to the interpreter that runs the app"
    )
    return ToolUnusable(summary, hint, detail=detail.strip()[:2000], slug="python-unusable")

"""Install an application: its source, a virtualenv of its own (kept while the requirements are the same), its preparation."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import msgspec
from scripts.apps.catalog import Application, Source
from scripts.apps.places import Place

CLONE_WITHIN_S, INSTALL_WITHIN_S, PREPARE_WITHIN_S = 300, 1800, 300
SERVERS = ("gunicorn", "pyuwsgi")
"""gunicorn for itself, and uWSGI as the library that embeds this Python."""


class NoSource(Exception):
    """The application's repository cannot be reached, and no folder has it."""


class InstallFailed(Exception):
    """A package, or a step of the preparation, failed: the application says nothing about enuf."""


def install(application: Application, place: Place, *, python: str, sources: Path | None) -> None:
    """Make the prepared project and its virtualenv. Raise NoSource or InstallFailed."""
    place.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place.project, ignore_errors=True)
    place.project.mkdir()
    if application.source:
        _take(application.source, place.project, sources)
    for name, text in application.files.items():
        path = place.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled(text, place))
    if application.env:
        lines = [f"{name}={filled(value, place)}\n" for name, value in application.env.items()]
        (place.project / ".env").write_text("".join(lines))
    _make_environment(application, place, python)
    for command in application.prepare:
        words = [filled(word, place) for word in command]
        _run(words, place.project, PREPARE_WITHIN_S, environment(application, place))
    shutil.rmtree(place.prepared, ignore_errors=True)
    place.project.rename(place.prepared)


def install_enuf(folder: Path, *, python: str, checkout: Path) -> str:
    """Install this checkout into a virtualenv that the servers' user can read. Return the path of `enuf`."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "bin" / "enuf").exists():
        _run(["uv", "venv", "--quiet", "--clear", "--python", python, str(folder)], folder, 60)
        target = ["--python", str(folder / "bin" / "python"), "--editable", str(checkout)]
        _run(["uv", "pip", "install", "--quiet", *target], folder, INSTALL_WITHIN_S)
    return str(folder / "bin" / "enuf")


def filled(text: str, place: Place) -> str:
    """Replace `{bin}` and `{project}` in a text of the list."""
    return text.replace("{bin}", str(place.environment / "bin")).replace("{project}", str(place.project))


def environment(application: Application, place: Place) -> dict[str, str]:
    """Return the environment of every program of this application: sets have one order, the home is the user's."""
    own = {name: filled(value, place) for name, value in application.env.items()}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FLASK_", "DJANGO_", "ENUF_"))
    }
    kept.pop("VIRTUAL_ENV", None)
    return {**kept, "HOME": place.home, "PYTHONHASHSEED": "0", **own}


def version_of(application: Application, place: Place) -> str:
    """Return the version of the installed application, or the commit of its source."""
    if not application.version_of:
        return application.source.commit[:8] if application.source else ""
    program = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    return _run([place.program("python"), "-c", program, application.version_of], place.folder, 60).strip()


def _take(source: Source, project: Path, sources: Path | None) -> None:
    """Put the source's folder into the project, from a folder of sources if it has the repository, else by a clone."""
    name = source.repository.rsplit("/", 1)[-1]
    tree = sources / name if sources else None
    if tree is not None and tree.is_dir() and not (tree / ".git").exists() and not (tree / "HEAD").exists():
        shutil.copytree(tree / source.folder, project, dirs_exist_ok=True)
        return
    candidates = [sources / name, sources / f"{name}.git"] if sources else []
    repository = next((path for path in candidates if path.is_dir()), None) or _cloned(source, project)
    where = [f"{source.commit}:{source.folder}" if source.folder else source.commit]
    try:
        # a repository that another user has made is refused by git, unless it is named as safe
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", repository, "archive", "--format=tar", *where],
            capture_output=True, check=True, timeout=CLONE_WITHIN_S,
        )  # fmt: skip
    except subprocess.CalledProcessError as failure:
        raise NoSource(f"{repository}: {failure.stderr.decode(errors='replace').strip()}") from None
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(project, filter="data")


def _cloned(source: Source, project: Path) -> Path:
    """Return a clone beside the project, kept for the next time."""
    clone = project.parent / "clone"
    if clone.is_dir():
        return clone
    command = ["git", "clone", "--quiet", "--no-checkout", source.repository, str(clone)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, timeout=CLONE_WITHIN_S,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(clone, ignore_errors=True)
        raise NoSource(f"{source.repository} cannot be cloned: name a folder with it by --sources") from None
    return clone


def _make_environment(application: Application, place: Place, python: str) -> None:
    requirements = [*SERVERS, *application.requires]
    if application.requirements_file:
        listed = place.project / application.requirements_file
        requirements += _pinned(listed.read_text())
    digest = hashlib.sha256(msgspec.json.encode([python, requirements])).hexdigest()
    stamp = place.environment / "requirements.sha256"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    listing = place.folder / "requirements.txt"
    listing.write_text("\n".join(requirements) + "\n")
    _run(["uv", "venv", "--quiet", "--clear", "--python", python, str(place.environment)], place.folder, 60)
    _run(
        ["uv", "pip", "install", "--quiet", "--link-mode", "hardlink", "--python", place.program("python"),
         "--requirements", str(listing)],
        place.folder, INSTALL_WITHIN_S,
    )  # fmt: skip
    stamp.write_text(digest)


def _pinned(text: str) -> list[str]:
    return [
        line.strip()
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith(("#", "-"))
    ]


def _run(words: Sequence[str], folder: Path, within_s: float, env: Mapping[str, str] | None = None) -> str:
    """Run a command to its end and return its output. Raise InstallFailed with its last lines."""
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, timeout=within_s, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise InstallFailed(f"{words[0]}: {failure}") from None
    if done.returncode:
        raise InstallFailed(
            f"{' '.join(words)}: exit {done.returncode}: {(done.stderr or done.stdout)[-2000:].strip()}"
        )
    return done.stdout

"""What a booted Debian is upgraded to in a test: a wheel of a later enuf, and a virtualenv of another Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.support.debian import (
    CHECKOUT,
    PYTHON,
    Layers,
    build_enuf,
    debian_with_enuf,
    dependencies,
    digest,
    download,
    inside,
    kept_layer,
    source,
)

VERSION = "9.9.9"
"""The version of the later enuf, whose source is otherwise that of this checkout."""
WHEEL = f"/opt/later/enuf-{VERSION}-py3-none-any.whl"
NEXT_VENV = "/opt/enuf-next"
"""The virtualenv to upgrade to: it holds what enuf depends on, and no enuf."""
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "src", "docs", "man")
ABOUT = (
    "import ensurepip, sys, venv; print('{0}.{1} {2}'.format(*sys.version_info[:2], sys.implementation.name))"
)


class Later(msgspec.Struct, frozen=True):
    """A Debian with what it can be upgraded to."""

    layers: Layers
    python: str
    """Minor version of the Python in the next virtualenv: 3.12, or that of the Debian itself where this machine has no other."""


def debian_with_later() -> Later:
    """Return a Debian with this checkout's enuf, and what it can be upgraded to. The first call makes the layers."""
    below = debian_with_enuf()
    minor, binary = _other_python()
    needs = below[1]
    name = digest(needs.name, minor, str(binary))
    python = kept_layer(f"python-{name}", lambda tree: _make_python(tree, below[1:], minor, binary))
    wheel = kept_layer(f"later-{digest(VERSION, *source())}", _make_wheel)
    return Later((wheel, python, *below), minor)


def _make_wheel(tree: Path) -> None:
    """Build a wheel from the checkout with another version."""
    folder = tree / Path(WHEEL).parent.relative_to("/")
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        checkout = Path(scratch) / "checkout"
        checkout.mkdir()
        for name in BUILT_FROM:
            copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
            copy(CHECKOUT / name, checkout / name)
        version = checkout / "src" / "enuf" / "__init__.py"
        text, changed = re.subn(
            r'^__version__ = ".*"$', f'__version__ = "{VERSION}"', version.read_text(), flags=re.MULTILINE
        )
        assert changed == 1
        version.write_text(text)
        build_enuf(folder, checkout)


def _make_python(tree: Path, below: Layers, minor: str, binary: Path | None) -> None:
    """Make the next virtualenv, and bring its Python into the tree where that is not the Debian's own."""
    program = PYTHON
    if binary is not None:
        program = f"/opt/python/bin/python{minor}"
        _copy_python(tree / "opt" / "python", minor, binary)
        loader = tree / "etc" / "ld.so.conf.d" / "python.conf"
        loader.parent.mkdir(parents=True)
        loader.write_text("/opt/python/lib\n")
        inside(tree, below, tree, ("ldconfig",))
    inside(tree, below, tree, (program, "-m", "venv", NEXT_VENV))
    with tempfile.TemporaryDirectory() as wheels:
        download(Path(wheels), "--python-version", minor, *dependencies())
        offline = ("install", "-q", "--no-index", "--find-links=/mnt")
        inside(tree, below, Path(wheels), (f"{NEXT_VENV}/bin/pip", *offline, *dependencies()))


def _copy_python(to: Path, minor: str, binary: Path) -> None:
    """Copy what a Python needs to run, without its tests and headers."""
    prefix, library = binary.parents[1], f"python{minor}"
    (to / "bin").mkdir(parents=True)
    shutil.copy(binary, to / "bin")
    unneeded = shutil.ignore_patterns("test", "tests", "__pycache__", "site-packages", "config-*", "idlelib")
    shutil.copytree(prefix / "lib" / library, to / "lib" / library, ignore=unneeded, symlinks=True)
    (to / "lib" / library / "site-packages").mkdir()
    for shared in (prefix / "lib").glob(f"libpython{minor}.so*"):
        shutil.copy(shared, to / "lib", follow_symlinks=False)


def _other_python() -> tuple[str, Path | None]:
    """Return the minor version and the program of a newer Python of this machine that makes virtualenvs.

    Without one, the minor version of the Debian's own Python and None.
    """
    own = _about(Path(PYTHON))
    for minor in ("3.12", "3.13", "3.14"):
        for candidate in _candidates(minor):
            if minor != own and _about(candidate) == minor:
                return minor, candidate.resolve()
    return own, None


def _candidates(minor: str) -> Iterator[Path]:
    """Yield programs that may be this Python: on PATH, of pyenv, and of the tool cache of hosted runners."""
    name = f"python{minor}"
    if found := shutil.which(name):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted((pyenv / "versions").glob(f"{minor}.*/bin/{name}"))
    yield from sorted(Path("/opt/hostedtoolcache/Python").glob(f"{minor}.*/*/bin/{name}"))


def _about(python: Path) -> str:
    """Return the minor version of a CPython; an empty text for a program that is none, or lacks venv."""
    asked = subprocess.run(
        (python, "-I", "-c", ABOUT), capture_output=True, text=True, timeout=60, check=False
    )
    minor, _, kind = asked.stdout.strip().partition(" ")
    return minor if kind == "cpython" else ""

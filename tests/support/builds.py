"""The two builds of the servers that a stack can run on: the embedded ones, and the system's where they are installed."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from enuf.discover.tools import find_nginx
from enuf.model.tool import Interpreter

BUILDS = ("embedded", "system")
SYSTEM_PYTHON = "/usr/bin/python3"
SYSTEM_UWSGI = "/usr/bin/uwsgi"


def settings_of(build: str) -> str:
    """Return the first lines of an enuf.toml that chooses this build."""
    return f'nginx = "{build}"\nuwsgi = "{build}"\n'


def prepare(project: Path, build: str) -> None:
    """Prepare the project for this build; skip the test where the build is missing.

    The system's uWSGI runs the system's Python only. So the project gets a virtualenv of that Python, with a .pth file
    to the packages of these tests: Flask and its dependencies also work without their compiled parts.
    """
    project.mkdir(parents=True, exist_ok=True)
    if build == "embedded":
        return
    skip_without_system_build()
    venv = project / ".venv"
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", venv], check=True, timeout=60)
    packages = next(venv.glob("lib/python*/site-packages"))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")


def skip_without_system_build(python: str = SYSTEM_PYTHON) -> None:
    """Skip the test where the system's servers are missing, or its uWSGI was built for another Python than `python`."""
    if reason := missing_system_build():
        pytest.skip(reason)
    ours, theirs = (_said_by(each, "--version").rpartition(".")[0] for each in (python, SYSTEM_PYTHON))
    if ours != theirs:
        pytest.skip(f"the system's uWSGI runs Python {theirs}, and these tests Python {ours}")


@functools.cache
def missing_system_build() -> str:
    """Return why the system's servers cannot be used here; an empty text when they can."""
    for program in ("nginx", "uwsgi", "python3"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin"):
            return f"the system has no {program}: apt-get install nginx-light uwsgi-core uwsgi-plugin-python3 python3"
    version = _said_by(SYSTEM_UWSGI, "--plugins", "python3", "--no-server", "--python-version")
    if version != _said_by(SYSTEM_PYTHON, "--version"):
        return "the system's uWSGI does not run the system's Python: apt-get install uwsgi-plugin-python3"
    return ""


@functools.cache
def _said_by(*words: str) -> str:
    """Return the first version number that a command prints."""
    asked = subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    found = re.search(r"\b3\.\d+\.\d+", asked.stdout + asked.stderr)
    return found.group() if found else ""


@functools.cache
def nginx_program(build: str) -> str:
    """Return the path of this build's nginx; skip the test where it is missing."""
    if build == "system" and not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        pytest.skip("the system has no nginx: apt-get install nginx-light")
    nobody = Interpreter(executable=sys.executable, version="", prefix="", base_prefix="", origin="")
    return find_nginx(build, nobody).argv[0]

"""The two sets of servers that a stack can run on: the embedded ones, and the system's where there are some."""

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
    """The first lines of an enuf.toml that asks for this build."""
    return f'nginx = "{build}"\nuwsgi = "{build}"\n'


def prepare(project: Path, build: str) -> None:
    """Make what the project needs to run on this build; skip the test where the build is missing.

    The system's uWSGI runs the system's Python only, so the project gets a virtualenv of that one, which borrows
    our packages: Flask and what it needs also work without their compiled parts.
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
    """Skip the test where the system's servers are missing, or its uWSGI is for another version of Python than this one."""
    if reason := missing_system_build():
        pytest.skip(reason)
    ours, theirs = (_said_by(each, "--version").rpartition(".")[0] for each in (python, SYSTEM_PYTHON))
    if ours != theirs:
        pytest.skip(f"the system's uWSGI runs Python {theirs}, and these tests Python {ours}")


@functools.cache
def missing_system_build() -> str:
    """Why the system's servers cannot be used here; empty when they can."""
    for program in ("nginx", "uwsgi", "python3"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin"):
            return f"the system has no {program}: apt-get install nginx-light uwsgi-core uwsgi-plugin-python3 python3"
    version = _said_by(SYSTEM_UWSGI, "--plugins", "python3", "--no-server", "--python-version")
    if version != _said_by(SYSTEM_PYTHON, "--version"):
        return "the system's uWSGI does not run the system's Python: apt-get install uwsgi-plugin-python3"
    return ""


def _said_by(*words: str) -> str:
    """The first version number that a command prints."""
    asked = subprocess.run(
        words, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
    )
    found = re.search(r"\b3\.\d+\.\d+", asked.stdout + asked.stderr)
    return found.group() if found else ""


@functools.cache
def nginx_program(build: str) -> str:
    """The nginx of this build; skips the test where it is missing."""
    if build == "system" and not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        pytest.skip("the system has no nginx: apt-get install nginx-light")
    nobody = Interpreter(executable=sys.executable, version="", prefix="", base_prefix="", origin="")
    return find_nginx(build, nobody).argv[0]

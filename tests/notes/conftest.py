"""The notes' project on both sets of servers, in a network in which their ports are free."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden.toy import TOY
from tests.support.builds import BUILDS, SYSTEM_PYTHON, nginx_program, skip_without_system_build
from tests.support.by_hand import Hand, executable
from tests.support.open_python import make_open_python
from tests.support.own_network import own_network

SCRIPTS = {
    "flask": "from flask.cli import main; sys.exit(main())",
    "enuf": "from enuf.cli import main; sys.exit(main())",
    "uwsgi": "from pyuwsgi import run; sys.exit(run())",
}
"""What pip writes into a virtualenv's bin for these packages."""


@pytest.fixture(scope="session")
def workshop() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="enuf-notes-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def embedded_venv(workshop: Path) -> Path:
    """A virtualenv with Flask, enuf, pip's uWSGI and pip's nginx, that every user may read."""
    folder = workshop / "embedded"
    folder.mkdir()
    python = Path(make_open_python(folder))
    for name in SCRIPTS:
        _script(python, name)
    (python.parent / "nginx").symlink_to(nginx_program("embedded"))
    return python.parent.parent


@pytest.fixture(scope="session")
def system_venv(workshop: Path, embedded_venv: Path) -> Path:
    """A virtualenv of the system's Python with Flask and enuf; uWSGI and nginx are Debian's."""
    skip_without_system_build()
    venv = workshop / "system"
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", venv], check=True, timeout=60)
    packages = next(embedded_venv.glob("lib/python*/site-packages"))
    own = next(venv.glob("lib/python*/site-packages"))
    (own / "borrowed.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n")
    for name in ("flask", "enuf"):
        _script(venv / "bin" / "python", name)
    return venv


def _script(python: Path, name: str) -> None:
    executable(python.with_name(name), f"#!{python}\nimport sys\n{SCRIPTS[name]}\n")


@pytest.fixture(params=BUILDS)
def build(request: pytest.FixtureRequest) -> str:
    """Which set of servers."""
    name: str = request.param
    return name


@pytest.fixture
def python(build: str) -> str:
    """What Debian's uWSGI must be told on a command line: it has Python in a plugin, and knows of no virtualenv."""
    return "" if build == "embedded" else "--plugin python3 --virtualenv .venv"


@pytest.fixture
def hand(workshop: Path, build: str, request: pytest.FixtureRequest) -> Iterator[Hand]:
    """A person in the notes' project, with its virtualenv activated; nothing may be left running."""
    venv: Path = request.getfixturevalue(f"{build}_venv")
    place = Path(tempfile.mkdtemp(prefix="p", dir=workshop))
    place.chmod(0o755)
    project = place / "toy"
    project.mkdir()
    for source in (*TOY.glob("*.py"), TOY / "enuf.toml"):
        shutil.copy(source, project)
    (project / ".venv").symlink_to(venv)
    with own_network():
        person = Hand(project, f"{project}/.venv/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        try:
            yield person
            assert person.processes() == []
        finally:
            person.end_all()
            shutil.rmtree(place)

"""Every console block of the documents is typed in a terminal, and prints what the page shows."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.docs.page import read_page
from tests.docs.reader import Reader, reader_in
from tests.docs.shell import PROMPT
from tests.docs.wheelhouse import fill_wheelhouse
from tests.support.open_python import NOBODY, as_number

ROOT = Path(__file__).parents[2]
HOW_TO = sorted({path.name for path in ROOT.glob("docs/*/how-to/*.md")})


def steps_of(page: Path) -> list[tuple[str, list[str]]]:
    """Return the lines that a page types, each with the output that the page shows."""
    blocks = [block for block in read_page(page) if block.is_console and block.not_run is None]
    return [(step.typed, step.printed) for block in blocks for step in block.steps]


ALONE = [
    str(page.relative_to(ROOT))
    for page in (*sorted(ROOT.glob("README*.md")), *sorted(ROOT.glob("docs/en/how-to/*.md")))
    if steps_of(page)
]
"""The pages that type something. The Korean how-tos type what the English ones type: see the test of that."""
TYPED = ("bash", "curl", "nsenter", "openssl", "pgrep", "setsid")
"""Programs that not every system has: the pages' own, and those that make a terminal."""
APP = """
from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return "Hello!\\n"
"""

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(sys.platform != "linux", reason="needs network namespaces"),
]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own, with the wheels in it."""
    if lacking := [tool for tool in TYPED if not shutil.which(tool)]:
        pytest.skip(f"the pages use {', '.join(lacking)}, which this system does not have")
    folder = Path(tempfile.mkdtemp(prefix="enuf-docs-", dir="/var/tmp"))
    try:
        folder.chmod(0o755)
        (folder / "wheels").mkdir()
        fill_wheelhouse(folder / "wheels")
        # without what `make demo` has left: the link to a runtime folder that is gone
        shutil.copytree(
            ROOT / "examples", folder / "wheels" / "examples", ignore=shutil.ignore_patterns(".enuf")
        )
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def venv(place: Path) -> Path:
    """A virtualenv with enuf in it that borrows the rest from ours."""
    folder = place / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    pip = folder / "bin" / "pip"
    pip.write_text(
        f"#!{folder}/bin/python\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n"
    )
    pip.chmod(0o755)
    wheels = [
        path
        for path in (place / "wheels").iterdir()
        if path.name.startswith(("enuf", "Flask", "pyuwsgi", "nginx"))
    ]
    subprocess.run([pip, "install", "--quiet", "--no-deps", "--no-index", *wheels], check=True, timeout=60)
    return folder


@pytest.mark.timeout(600)
def test_whoever_follows_the_tutorial_from_an_empty_folder_ends_with_a_running_stack(place: Path) -> None:
    """In both languages at the same time, as it is mostly waiting; as root one of them as an ordinary user."""
    ours = str(Path(sys.executable).resolve())
    ordinary = _python_for_everybody() if os.geteuid() == 0 else None
    with ThreadPoolExecutor() as pool:
        readers = [
            pool.submit(_follow_tutorial, "ko", place, ordinary or ours, NOBODY if ordinary else None),
            pool.submit(_follow_tutorial, "en", place, ours, None),
        ]
    for reader in readers:
        reader.result()


def _follow_tutorial(language: str, place: Path, python: str, uid: int | None) -> None:
    pages = ROOT / "docs" / language / "tutorial"
    with _at_home(place, f"home-{language}", python, uid=uid) as reader:
        for page in (pages / "README.md", *sorted(pages.glob("[1-9]-*.md"))):
            assert reader.left_behind() == [], f"something runs before {page.name}"
            reader.follow(page)
        assert reader.types("curl -s http://127.0.0.1:8000/hello/you") == "Hello, you!\n"
        reader.types("cd ~/toy && .venv/bin/enuf down")
        assert reader.left_behind() == []


@pytest.mark.parametrize("name", HOW_TO)
def test_a_how_to_types_and_shows_the_same_in_both_languages(name: str) -> None:
    assert steps_of(ROOT / "docs/ko/how-to" / name) == steps_of(ROOT / "docs/en/how-to" / name)


@pytest.mark.parametrize("name", ALONE)
def test_a_page_of_its_own(name: str, place: Path, venv: Path) -> None:
    """In a project folder with an app, its virtualenv active."""
    with _at_home(place, f"home-{name.replace('/', '-')}", sys.executable, venv=venv) as reader:
        reader.follow(ROOT / name)
        reader.types("enuf down")
        assert reader.left_behind() == []


@contextlib.contextmanager
def _at_home(
    place: Path, name: str, python: str, *, uid: int | None = None, venv: Path | None = None
) -> Iterator[Reader]:
    """A reader of the tutorial, with nothing but a Python; or, with a virtualenv, one who has a project."""
    home = place / name
    shutil.rmtree(home, ignore_errors=True)  # of a first try, where CI tries again
    for folder in (home, home / "bin", home / "run"):
        folder.mkdir(mode=0o700)
    (home / "bin" / "python3").symlink_to(python)
    env = {
        "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "PS1": PROMPT, "TERM": "xterm", "LANG": "C.UTF-8",
        "PATH": f"{home}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "VIRTUAL_ENV_DISABLE_PROMPT": "1",
        "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(place / "wheels"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1", "PIP_ROOT_USER_ACTION": "ignore", "ENUF_SERVE_USER": "root",
    }  # fmt: skip
    if uid is not None or os.geteuid() != 0:
        del env["ENUF_SERVE_USER"]
    folder = home
    if venv:
        folder = home / "shop"
        folder.mkdir()
        (folder / "app.py").write_text(APP)
        env |= {"VIRTUAL_ENV": str(venv), "PATH": f"{venv}/bin:{env['PATH']}"}
    if uid is not None:
        subprocess.run(["chown", "-R", f"{uid}:{uid}", home], check=True, timeout=60)
    wheel = next((place / "wheels").glob("enuf-*.whl"))
    with reader_in(home, folder, wheel=wheel, env=env, uid=uid, may_leave_out=venv is not None) as reader:
        yield reader


def _python_for_everybody() -> str | None:
    """A Python of our version that every user may run, where there is one."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (f"{sys.base_prefix}/bin/{version}", f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        asked = subprocess.run([*as_number(NOBODY), path, "-c", "import ensurepip"], check=False, timeout=60)
        if asked.returncode == 0:
            return path
    return None

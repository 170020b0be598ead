"""Golden renders: what enuf writes is what stands here, and real servers take it (issue 2, `done means`)."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from enuf.servers.shim import PARTS
from tests.golden.cases import CASES, HERE, REGENERATE, TYPES, case_of, kept, rendered, types
from tests.support.builds import BUILDS, nginx_program, prepare
from tests.support.parts import EMBEDDED_NGINX, RUNTIME, SYSTEM_VENV, VENV


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_rendered_as_it_stands_here(case: str) -> None:
    texts = rendered(case)
    expected = {name: kept(case, name).read_text(encoding="utf-8") for name in texts}
    assert texts == expected, f"if this is what you want: {REGENERATE}"


def test_the_types_are_rendered_as_they_stand_here() -> None:
    assert types() == TYPES.read_text(), f"if this is what you want: {REGENERATE}"


@pytest.mark.parametrize("case", ["default", "static"])
def test_rendering_twice_gives_the_same_text(case: str) -> None:
    assert rendered(case) == rendered(case)


class Elsewhere:
    """The files of a case with the fixed paths turned into ones that exist."""

    def __init__(self, case: str, folder: Path) -> None:
        self.build = case_of(case).build
        self.project, self.runtime, self.conf = folder / "project", folder / "run", folder / "conf"
        shutil.copytree(HERE / case, self.project)
        prepare(self.project, self.build)
        for path in (self.runtime / "temporary", self.conf, self.project / ".enuf" / "log"):
            path.mkdir(parents=True)
        self._moved = {
            f"{VENV}/bin/python": sys.executable,
            SYSTEM_VENV: str(self.project / ".venv"),
            case_of(case).project.replace("%", "%%"): str(self.project),
            case_of(case).project: str(self.project),
            RUNTIME: str(self.runtime),
            EMBEDDED_NGINX: "nginx",
            "/run/shop": str(self.runtime),
            "listen 0.0.0.0:80 ": "listen 0.0.0.0:8080 ",  # nginx -t binds, and not everybody may bind port 80
        }
        for name in ("nginx.conf", "uwsgi.ini", "gunicorn.conf.py", "enuf_wsgi.py"):
            if kept(case, name).exists():
                (self.conf / name).write_text(self.text(kept(case, name)), encoding="utf-8")
        for name, text in PARTS.items():
            (self.conf / name).write_text(text, encoding="utf-8")

    def text(self, file: Path) -> str:
        """The text of a file, with the paths that exist here."""
        text = file.read_text(encoding="utf-8")
        for fixed, moved in self._moved.items():
            text = text.replace(fixed, moved)
        return text

    def uwsgi(self) -> list[str]:
        """The uWSGI of this case's build."""
        if self.build == "system":
            return ["/usr/bin/uwsgi"]
        return [sys.executable, "-c", "import pyuwsgi; pyuwsgi.run()"]


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path leaves room for a socket."""
    return tmp_path_factory.mktemp("g")


def having(name: str) -> pytest.MarkDecorator:
    """For each case that has this file."""
    return pytest.mark.parametrize("case", [case for case in CASES if kept(case, name).exists()])


@pytest.mark.native
@pytest.mark.user
@pytest.mark.parametrize("build", BUILDS)
@having("nginx.conf")
def test_nginx_takes_the_file(short: Path, case: str, build: str) -> None:
    place = Elsewhere(case, short)
    shutil.copy(TYPES, place.conf)
    asked = subprocess.run(
        [nginx_program(build), "-t", "-p", place.runtime, "-e", "stderr", "-c", place.conf / "nginx.conf"],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "[warn]" not in asked.stderr or os.geteuid() != 0


@pytest.mark.native
@pytest.mark.parametrize("under_enuf", [False, True], ids=["by hand", "under enuf"])
@having("uwsgi.ini")
def test_uwsgi_takes_the_file_and_reads_in_it_what_was_meant(
    short: Path, case: str, under_enuf: bool
) -> None:
    place = Elsewhere(case, short)
    ini = place.conf / "uwsgi.ini"
    with closing(socket.socket(socket.AF_UNIX)) as lent:
        lent.bind(str(place.runtime / "g7.sock"))
        fds = {"ENUF_APP_FD": str(lent.fileno()), "ENUF_LISTEN_FD": str(lent.fileno())}
        names = {**fds, "ENUF_GENERATION": "7"} if under_enuf else {}
        asked = subprocess.run(
            [*place.uwsgi(), "--ini", ini, "--show-config", "--no-server"],
            env={**os.environ, "LANG": "C.UTF-8", **names}, pass_fds=[lent.fileno()],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    output = asked.stdout
    assert asked.returncode == 0, output
    is_lazy = "lazy-apps = true" in output
    assert is_lazy or "WSGI app 0 (mountpoint='') ready" in output, output  # it also found the app
    shown = re.findall(
        r"^(?:\[[^]]*\] - )?(\S+) = (.*)$", output.split(";end of configuration")[0], re.MULTILINE
    )
    not_ours = {"ini", "show-config", "no-server", "if-env", "if-not-env", "endif"}
    assert [(key, value) for key, value in shown if key not in not_ours] == meant(ini, names)


@pytest.mark.native
@having("gunicorn.conf.py")
def test_gunicorn_takes_the_file_and_finds_the_app(short: Path, case: str) -> None:
    place = Elsewhere(case, short)
    asked = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--check-config", "-c", place.conf / "gunicorn.conf.py"],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (asked.returncode, asked.stderr) == (0, "")


def meant(ini: Path, environ: dict[str, str]) -> list[tuple[str, str]]:
    """The options of one of our files, as they hold with these variables."""
    found: list[tuple[str, str]] = []
    magic, holds = {"%%": "%", "%d": f"{ini.parent}/"}, True
    for line in ini.read_text(encoding="utf-8").splitlines():
        key, sign, value = (part.strip() for part in line.partition(" ="))
        if not sign or line.startswith("#"):
            continue
        if key in ("if-env", "if-not-env"):
            magic["%(_)"] = environ.get(value, "")
            holds = bool(magic["%(_)"]) == (key == "if-env")
        elif key == "endif":
            holds = True
        elif holds:
            parts = re.split(r"(%(?:%|d|\(_\)))", value)
            found.append((key, "".join(magic.get(part, part) for part in parts)))
    return found

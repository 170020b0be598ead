"""uWSGI as data: its options follow from the settings, its process from the plan."""

from __future__ import annotations

import shlex
from typing import Any

import msgspec
import pytest

from enuf.model.process import Lend, ReadyFile, Signal, WriteFifo
from tests.support.parts import RUNTIME, VENV, plan, report, toolchain


def options(wish: dict[str, object] | None = None, **differences: Any) -> list[str]:
    """The lines of the ini that are neither empty nor comments."""
    lines = plan(wish, **differences).file("uwsgi.ini").text.splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_every_option_is_explained_or_stands_below_one_that_is() -> None:
    text = plan().file("uwsgi.ini").text
    for part in text.split("\n\n"):
        assert part.splitlines()[0].startswith(("#", "[uwsgi]")), part


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"serve.timeout": "2m"}, ["worker-reload-mercy = 120", "reload-mercy = 120"]),
        ({"serve.processes": 3, "serve.threads": 5}, ["processes = 3", "threads = 5"]),
        ({"workers.max_requests": 9}, ["max-requests = 9", "min-worker-lifetime = 1"]),
        ({"workers.max_memory": "300m"}, ["reload-on-rss = 300", "min-worker-lifetime = 1"]),
        (
            {"workers.max_age": "1h", "serve.processes": 4},
            [
                "processes = 4",
                "max-worker-lifetime = 3600",
                "max-worker-lifetime-delta = 90",
                "min-worker-lifetime = 1",
            ],
        ),
        ({"workers.scale": "2..8"}, ["processes = 8", "cheaper = 2", "cheaper-initial = 2"]),
        ({"workers.lazy": True}, ["lazy-apps = true"]),
        (
            {"raw.uwsgi": {"env": ["A=1", "B=%d"], "thunder-lock": True}},
            ["env = A=1", "env = B=%d", "thunder-lock = true"],
        ),
    ],
)
def test_a_setting_becomes_its_options(wish: dict[str, object], expected: list[str]) -> None:
    usual, lines = options(), options(wish)
    assert [line for line in lines if line in expected] == expected
    known = {line.split(" ")[0] for line in [*usual, *expected]}
    assert {line.split(" ")[0] for line in lines} <= known


def test_a_scale_between_equal_numbers_is_a_fixed_number() -> None:
    assert not [line for line in options({"workers.scale": "3..3"}) if line.startswith("cheaper")]


def test_the_users_own_options_come_last() -> None:
    assert options({"raw.uwsgi": {"buffer-size": 4096}})[-1] == "buffer-size = 4096"


def test_only_a_build_that_needs_them_gets_its_own_lines() -> None:
    embedded, system = options(), options(toolchain=toolchain("system"))
    assert f"binary-path = {VENV}/bin/python" in embedded
    assert not [line for line in embedded if line.startswith(("plugins", "virtualenv"))]
    assert {"plugins = python3", "virtualenv = /srv/shop/.venv"} <= set(system)
    assert not [line for line in system if line.startswith(("binary-path", "harakiri-graceful"))]


@pytest.mark.parametrize(("call", "called"), [(None, "app"), ("", "app()"), ("'x', y=1", "app('x', y=1)")])
def test_what_uwsgi_imports(call: str | None, called: str) -> None:
    app = msgspec.structs.replace(report().app, call=call)
    made = plan(report=report(app=app))
    assert "module = enuf_wsgi:application\n" in made.file("uwsgi.ini").text
    assert "pythonpath = %d\n" in made.file("uwsgi.ini").text  # where this module will be found
    source = made.file("enuf_wsgi.py").text
    compile(source, "enuf_wsgi.py", "exec")
    assert "from app import app\n" in source
    assert f"application = {called}\n" in source


def test_the_file_tells_a_command_that_a_shell_reads_back() -> None:
    paths = msgspec.structs.replace(plan().paths, home="/srv/my shop's")
    text = plan(paths=paths).file("uwsgi.ini").text
    (line,) = [line for line in text.splitlines() if " --ini " in line]
    assert shlex.split(line.removeprefix("#"))[-2:] == ["--ini", "/srv/my shop's/conf/uwsgi.ini"]


def test_a_generation_has_a_socket_a_folder_and_a_way_to_end_of_its_own() -> None:
    process = plan({"serve.timeout": "10s"}).server.of_generation(7).process
    assert process.argv == (f"{VENV}/bin/python", f"{VENV}/bin/uwsgi", "--ini", f"{RUNTIME}/g7/uwsgi.ini")
    assert process.environment["ENUF_GENERATION"] == "7"
    sockets = [f"{RUNTIME}/{name}" for name in ("g7.sock", "g7.2.sock", "g7.3.sock")]
    assert [lend.address.path for lend in process.lends] == sockets  # type: ignore[union-attr]
    assert len({lend.variable for lend in process.lends}) == 3
    assert all(isinstance(lend, Lend) and lend.mode == 0o600 for lend in process.lends)
    assert process.readiness == ReadyFile(f"{RUNTIME}/g7/ready")
    graceful, hard = process.stop
    assert isinstance(graceful, WriteFifo)
    assert (graceful.path, graceful.text, graceful.wait_s) == (f"{RUNTIME}/g7/fifo", "q", 15)
    assert hard == Signal("TERM", 3)

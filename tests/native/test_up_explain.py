"""`enuf up --explain`: it says what one would type, then does it; and what it says works."""

from __future__ import annotations

import contextlib
import http.client
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.stack import Stack, until

pytestmark = pytest.mark.native


def test_it_tells_and_then_serves(stack: Stack) -> None:
    done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--explain")
    assert done.code == 0, done
    told, served = done.out.split("shop is served at ")
    assert "$ uwsgi --ini .enuf/conf/uwsgi.ini" in told
    assert "module = enuf_wsgi:application" in told
    assert served.startswith("http://127.0.0.1:")


def test_what_it_tells_works_on_the_running_stack(stack: Stack) -> None:
    stack.write("static/site.css", "body {}\n")
    steps = {step["title"]: step for step in stack.up("--explain").json["explain"]}
    told = " ".join(" ".join(steps["Write the site of nginx"]["lines"]).split())  # long paths are folded
    assert f"alias {stack.project}/static/;" in told  # it knows what only an import tells
    assert _typed(stack, steps["Test that file"]).returncode == 0
    if not shutil.which("curl"):
        pytest.skip("the system has no curl: apt-get install curl")
    asked = _typed(stack, steps["Ask for a page, through everything"])
    assert asked.stdout.endswith("version 1\n")
    (import_it,) = (step for title, step in steps.items() if title.startswith("Import it once"))
    assert _typed(stack, import_it).returncode == 0


FACTORY = """
from flask import Flask
from .words import GREETING
def create_app(name):
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: f"{GREETING}, {name}")
    return app
"""


@pytest.mark.parametrize(
    "topology", ["nginx-uwsgi", "nginx-uwsgi-tcp", "uwsgi-http", "nginx-gunicorn", "gunicorn"]
)
def test_every_command_works_in_its_turn_without_enuf(stack: Stack, topology: str) -> None:
    (stack.project / "shop").mkdir()
    stack.write("shop/__init__.py", FACTORY)
    stack.write("shop/words.py", "GREETING = 'hello'\n")
    words = ("shop:create_app('big world')", "--topology", topology, "--set", "serve.processes=1")
    *steps, _, reload, down = stack.up(*words, "--explain").json["explain"]
    programs = _programs(stack)
    assert stack.run("down").code == 0
    pids: dict[str, int] = {}
    try:
        _start_all(stack, steps, programs, pids)
        _until_it_says(stack, "hello, big world")
        stack.write("shop/words.py", "GREETING = 'hello again'\n")
        for command in reload["commands"]:
            _type(stack, command, programs, pids)
            if "USR2" in command:
                second = until(lambda: _second_master(pids["GUNICORN"]), what="a second gunicorn")
            if "TERM" in command:
                pids["GUNICORN"] = second
        _until_it_says(stack, "hello again, big world")
        for command in down["commands"]:
            _type(stack, command, programs, pids)
        until(lambda: not stack.processes(), what="the end of all")
    finally:
        for each in stack.processes():
            each.kill()
        for left in (stack.project / ".enuf/run").glob("app.*"):  # nobody clears up after uWSGI
            left.unlink()


def _start_all(stack: Stack, steps: list[dict[str, Any]], programs: str, pids: dict[str, int]) -> None:
    for step in steps:
        for command in step["commands"]:
            if step["title"].startswith("Start "):
                # A shell of its own that goes at once: nobody here waits for the server.
                told = stack.project / "pid"
                _type(stack, f"{command} & echo $! > {shlex.quote(str(told))}", programs, pids)
                pids["NGINX" if "nginx" in step["title"] else "GUNICORN"] = int(told.read_text())
            else:
                _type(stack, command, programs, pids)


def _second_master(first: int) -> int:
    """The gunicorn that the first one has started beside itself, once it has a worker."""
    for child in psutil.Process(first).children():
        if child.children():
            return child.pid
    return 0


def _until_it_says(stack: Stack, text: str) -> None:
    def says() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return stack.get("/").text == text
        return False

    until(says, what=text)


def _programs(stack: Stack) -> str:
    """A folder for PATH in which each program has the name that one types."""
    folder = stack.project / "bin"
    folder.mkdir()
    plan = stack.run("plan", "--json").json
    found = {name: tool["argv"] for name, tool in plan["toolchain"]["tools"].items()}
    found["gunicorn"] = [sys.executable, str(Path(sys.executable).with_name("gunicorn"))]
    found["python"] = [plan["toolchain"]["python"]["executable"]]
    for name, argv in found.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
        (folder / name).chmod(0o755)
    return str(folder)


def _type(stack: Stack, command: str, programs: str, pids: dict[str, int]) -> None:
    command = re.sub(r"PID_OF_([A-Z]+)", lambda found: str(pids[found[1]]), command)
    env = {**stack.env, "PATH": f"{programs}:{stack.env.get('PATH', '/usr/bin:/bin')}"}
    if command.startswith("gunicorn 'shop"):
        env["GUNICORN_CMD_ARGS"] = "--check-config"  # load the app, and leave port 8000 alone
    with (stack.project / "terminal").open("ab") as screen:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=stack.project, env=env, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, command


def _typed(stack: Stack, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The command of a step; a program's name stands for its path."""
    plan = stack.run("plan", "--json").json
    programs = {name: tool["argv"] for name, tool in plan["toolchain"]["tools"].items()}
    programs["python"] = [plan["toolchain"]["python"]["executable"]]
    name, *words = shlex.split(step["commands"][0])
    return subprocess.run(
        [*programs.get(name, [name]), *words],
        cwd=stack.project, env=stack.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_nothing_is_explained_that_is_not_started(stack: Stack) -> None:
    stack.write("app.py", "raise SystemError('broken')\n")
    done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--explain")
    assert (done.code, done.out) == (5, "")

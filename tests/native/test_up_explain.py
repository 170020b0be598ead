"""`enuf up --explain`: it says what one would type, then does it; and what it says works."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.native


def test_it_tells_and_then_serves(stack: Stack) -> None:
    done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--explain")
    assert done.code == 0, done
    told, served = done.out.split("shop is served at ")
    assert "$ uwsgi --ini .enuf/conf/uwsgi.ini" in told
    assert "module = app:app" in told
    assert served.startswith("http://127.0.0.1:")


def test_what_it_tells_works_on_the_running_stack(stack: Stack) -> None:
    stack.write("static/site.css", "body {}\n")
    steps = {step["title"]: step for step in stack.up("--explain").json["explain"]}
    told = "\n".join(steps["Write the site of nginx"]["lines"])
    assert f"alias {stack.project}/static/;" in told  # it knows what only an import tells
    assert _typed(stack, steps["Test that file"]).returncode == 0
    asked = _typed(stack, steps["Ask for a page, through everything"])
    assert asked.stdout.endswith("version 1\n")
    (import_it,) = (step for title, step in steps.items() if title.startswith("Import it once"))
    assert _typed(stack, import_it).returncode == 0


def _typed(stack: Stack, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The command of a step; a program's name stands for its path."""
    plan = stack.run("plan", "--json").json
    programs = {name: tool["argv"] for name, tool in plan["toolchain"]["tools"].items()}
    programs["python"] = [plan["toolchain"]["python"]["executable"]]
    name, *words = shlex.split(step["commands"][0])
    return subprocess.run(
        [*programs.get(name, [name]), *words],
        cwd=stack.project, env=stack.env, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_nothing_is_explained_that_is_not_started(stack: Stack) -> None:
    stack.write("app.py", "raise SystemError('broken')\n")
    done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--explain")
    assert (done.code, done.out) == (5, "")

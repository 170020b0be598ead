"""`reload.before`: commands that must succeed before a version takes over, the first one included."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.stack import APP, Stack, until

pytestmark = [pytest.mark.native, pytest.mark.user]

NOTE = """
import os, shutil, sys
with open("migrations", "a") as file:
    print(sys.argv[1], os.getcwd(), os.environ["SECRET_KEY"], os.environ["FLASK_APP"], shutil.which("python"), file=file)
print("migrated to", sys.argv[1])
"""


def wish(stack: Stack, *commands: str, more: str = "") -> None:
    stack.write("enuf.toml", f"[reload]\nbefore = {json.dumps(commands)}\n{more}")


def versions(stack: Stack) -> list[str]:
    """Return the versions to which the database was migrated."""
    return [line.split()[0] for line in (stack.project / "migrations").read_text().splitlines()]


def runs(stack: Stack, name: str) -> bool:
    """Return True if a process of the stack runs this program."""
    for one in stack.processes():
        with contextlib.suppress(psutil.Error):
            if one.name() == name:
                return True
    return False


def test_a_version_takes_over_only_after_its_commands_have_succeeded(calm: Stack) -> None:
    calm.write("migrate.py", NOTE)
    calm.write(".env", "SECRET_KEY=of-the-app\n")
    wish(calm, "python migrate.py 'version 1'")
    calm.up()
    written = (calm.project / "migrations").read_text()
    python = str(Path(sys.executable).parent / "python")
    expected = f"version 1 {calm.project} of-the-app {calm.project}/app.py:app {python}\n"
    assert written == expected
    # The output of a reload's commands is shown, and logged.
    calm.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "2"'))
    wish(calm, "python migrate.py 2", "python migrate.py 2b")
    done = calm.run("reload")
    assert done.code == 0 and "migrated to 2\n" in done.err, done
    assert versions(calm) == ["version", "2", "2b"]
    assert "migrated to 2b" in calm.log("enuf.log")
    assert calm.get("/").text == "version 2\n"
    # One that fails refuses the reload, and the next ones are not run.
    calm.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "3"'))
    wish(calm, "python -c 'print(\"no database\"); raise SystemExit(3)'", "python migrate.py 3")
    refused = calm.run("reload", "--json").json["error"]
    assert (refused["slug"], refused["exit_code"], refused["detail"]) == (
        "reload-before-failed",
        7,
        "no database",
    )
    assert "exit status 3" in refused["summary"] and "old version still serves" in refused["summary"]
    wish(calm, "no-such-program upgrade")
    assert "no-such-program" in calm.run("reload").err
    wish(calm, "sh -c 'echo waiting; exec sleep 600'", more='before_timeout = "1s"\n')
    late = calm.run("reload", "--json").json["error"]
    assert (late["slug"], late["detail"]) == ("reload-before-failed", "waiting")
    assert "before_timeout" in late["summary"]
    assert (calm.get("/").text, versions(calm)) == ("version 2\n", ["version", "2", "2b"])
    # A broken version is not migrated to, and a stop ends a command that runs.
    calm.write("app.py", "raise RuntimeError('a broken version')\n")
    wish(calm, "python migrate.py 4")
    assert calm.run("reload").code == 7
    assert versions(calm) == ["version", "2", "2b"]
    calm.write("app.py", APP)
    wish(calm, "sleep 600")
    calm.start("reload")
    until(lambda: runs(calm, "sleep"), what="the command")
    assert calm.run("down").code == 0
    # The first start of a new host fails as a reload would; one of a developer prepares nothing.
    wish(calm, "sh -c 'echo no database; exit 4'")
    first = calm.run("up", "-d", "--listen", "127.0.0.1:0")
    assert first.code == 7 and "no database" in first.err and "exit status 4" in first.err, first
    calm.up("--dev")

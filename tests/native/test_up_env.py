"""What the app gets: the values of its env files, its own Python; and who never gets to see the values."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import psutil
import pytest

import enuf
from tests.support.builds import nginx_program, skip_without_system_build
from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack

pytestmark = [pytest.mark.native, pytest.mark.user]

SECRET = "k3y-that-nobody-may-see"
SHOWING = (
    APP
    + """
@app.get("/env/<name>")
def show(name):
    return os.environ.get(name, "(not set)")

@app.get("/python")
def python():
    return f"{sys.prefix} {sys.executable}"
"""
)


@pytest.fixture
def showing(calm: Stack) -> Stack:
    """A project whose app tells its environment and its Python."""
    calm.write("app.py", SHOWING)
    return calm


def value(stack: Stack, name: str) -> str:
    return stack.get(f"/env/{name}").text


# -- env_file -----------------------------------------------------------------------------------------------------


def test_the_values_of_dot_env_reach_the_app_also_korean_ones_and_a_real_variable_wins(
    showing: Stack,
) -> None:
    showing.write(
        ".env",
        'PLAIN=one\nQUOTED="two words"\nKOREAN=한국어 값\nBOTH=from the file\nexport EXPORTED=yes\n# no\nEMPTY=\n',
    )
    showing.env["BOTH"] = "from the shell"
    showing.up()
    assert value(showing, "PLAIN") == "one"
    assert value(showing, "QUOTED") == "two words"
    assert value(showing, "KOREAN") == "한국어 값"
    assert value(showing, "BOTH") == "from the shell"
    assert value(showing, "EXPORTED") == "yes"
    assert value(showing, "EMPTY") == ""


def test_values_are_there_when_the_app_is_imported(calm: Stack) -> None:
    calm.write(".env", "NEEDED=yes\n")
    calm.write("app.py", "import os\nassert os.environ['NEEDED'] == 'yes'\n" + APP)
    calm.up()
    assert calm.run("plan").code == 0
    assert calm.run("reload").code == 0


def test_of_several_files_a_later_one_wins(showing: Stack) -> None:
    showing.write("base.env", "A=base\nB=base\n")
    showing.write("conf/more.env", "B=more\n")
    showing.write("enuf.toml", "env_file = ['base.env', 'conf/more.env']\n")
    showing.up()
    assert (value(showing, "A"), value(showing, "B")) == ("base", "more")


def test_a_new_value_comes_with_the_next_reload(showing: Stack) -> None:
    showing.write(".env", "MOOD=old\n")
    showing.env |= {"KEY": "a", "TERM": "dumb", "SAME": "x", "LANG": "C", "LANGUAGE": "en", "LC_TIME": "C"}
    showing.up()
    showing.write(".env", "MOOD=new\n")
    assert value(showing, "MOOD") == "old"
    # How the terminal is, and in which language somebody reads, are no values of the app.
    showing.env |= {
        "KEY": "b",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "LANGUAGE": "de",
        "LC_TIME": "de_DE.UTF-8",
    }
    reloaded = showing.run("reload")
    assert reloaded.code == 0
    assert value(showing, "MOOD") == "new"
    # A value of the shell does not come, and is not kept quiet about.
    assert value(showing, "KEY") == "a"
    assert (
        "note: KEY has another value here than at the start: a reload reads the env files anew"
        in reloaded.err
    )
    showing.env |= {"KEY": "a"}
    assert showing.run("reload").err == ""


def test_a_secret_of_an_env_file_is_in_no_output_file_or_command_line_of_ours(showing: Stack) -> None:
    showing.write(".env", f"SECRET_KEY={SECRET}\n")
    showing.up()
    assert value(showing, "SECRET_KEY") == SECRET
    assert showing.run("reload").code == 0
    for words in (("plan",), ("plan", "--json"), ("status",), ("status", "--json"), ("config",), ("config", "--json"),
                  ("logs",), ("logs", "--json"), ("render", "rendered"), ("reload", "--debug")):  # fmt: skip
        done = showing.run(*words)
        assert done.code == 0, done
        assert SECRET not in done.out + done.err, words
    runtime = (showing.project / ".enuf/run").resolve()
    for folder in (showing.project / ".enuf", runtime, showing.project / "rendered"):
        for path in folder.rglob("*"):
            if path.is_file():
                assert SECRET.encode() not in path.read_bytes(), path
    for process in showing.processes():
        with contextlib.suppress(psutil.NoSuchProcess):  # an old version may end meanwhile
            assert SECRET not in " ".join(process.cmdline())
    nginx = showing.status()["front"]["pid"]
    assert SECRET.encode() not in Path(f"/proc/{nginx}/environ").read_bytes()


def test_a_secret_stays_out_of_the_error_when_the_app_does_not_import(calm: Stack) -> None:
    calm.write(".env", f"SECRET_KEY={SECRET}\n")
    calm.write("app.py", "from flask import Flask\napp = Flask(__name__)\nraise RuntimeError('no')\n")
    done = calm.run("up", "--debug", "--listen", "127.0.0.1:0")
    assert_refused(done, 5)
    assert SECRET not in done.out + done.err


def test_a_named_file_that_goes_missing_refuses_the_reload_and_the_old_values_stay(showing: Stack) -> None:
    file = showing.write("x.env", "A=1\n")
    showing.write("enuf.toml", "env_file = ['x.env']\n")
    showing.up()
    file.unlink()
    assert_refused(showing.run("reload"), 7, "x.env")
    assert value(showing, "A") == "1"


# -- python -------------------------------------------------------------------------------------------------------


def environment_with_everything(folder: Path) -> Path:
    """A virtualenv in which the packages of this one can be imported."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    site = next(folder.glob("lib/python3*/site-packages"))
    (site / "all.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    assert enuf.__file__
    return folder


def test_the_projects_own_virtualenv_runs_the_app(showing: Stack) -> None:
    environment = environment_with_everything(showing.project / ".venv")
    done = showing.up()
    assert value(showing, "HOME") == os.environ["HOME"]
    assert showing.get("/python").text.startswith(f"{environment} ")
    assert ".venv" in showing.run("plan").out
    assert done.json["state"] == "serving"


def test_an_active_virtualenv_runs_the_app_where_the_project_has_none(showing: Stack, tmp_path: Path) -> None:
    environment = environment_with_everything(tmp_path / "active one")
    showing.env["VIRTUAL_ENV"] = str(environment)
    showing.up()
    assert showing.get("/python").text.startswith(f"{environment} ")


def test_the_setting_python_wins_over_both(showing: Stack, tmp_path: Path) -> None:
    environment_with_everything(showing.project / ".venv")
    environment = environment_with_everything(showing.project / "other")
    showing.env["VIRTUAL_ENV"] = str(showing.project / ".venv")
    showing.up("--set", "python=other/bin/python")
    assert showing.get("/python").text.startswith(f"{environment} ")
    rows = showing.run("config", "--json", "--set", "python=other/bin/python").json["settings"]
    assert rows["python"] == {"value": "other/bin/python", "origin": "--set python"}


def test_a_virtualenv_that_breaks_under_a_running_stack_refuses_the_reload(showing: Stack) -> None:
    environment = environment_with_everything(showing.project / ".venv")
    showing.up()
    shutil.rmtree(environment / "bin")
    assert_refused(showing.run("reload"), 7, "not a Python that can be run", "python3 -m venv --clear")
    assert showing.get("/").text == "version 1\n"


def test_the_flask_topology_runs_in_the_projects_own_virtualenv_too(showing: Stack) -> None:
    environment = environment_with_everything(showing.project / ".venv")
    showing.write(".env", "PLAIN=one\n")
    showing.up("--topology", "flask")
    assert showing.get("/python").text.startswith(f"{environment} ")
    assert value(showing, "PLAIN") == "one"


@pytest.mark.parametrize("tool", ["nginx", "uwsgi"])
def test_the_systems_own_servers_are_used_when_they_are_asked_for(showing: Stack, tool: str) -> None:
    if tool == "nginx":
        nginx_program("system")
    else:
        skip_without_system_build(sys.executable)
    showing.up(f"--{tool}", "system")
    part = "front" if tool == "nginx" else "server"
    assert showing.status()[part]["origin"] == "system"
    assert showing.get("/").text == "version 1\n"
    assert showing.get("/python").text.startswith(sys.prefix)


def test_the_app_sees_what_is_a_tty_and_a_stdin_of_nothing(showing: Stack) -> None:
    showing.write(
        "app.py",
        SHOWING
        + "\n@app.get('/std')\ndef std():\n    return {'in': sys.stdin.read(), 'tty': os.isatty(1)}\n",
    )
    showing.up()
    assert json.loads(showing.get("/std").text) == {"in": "", "tty": False}

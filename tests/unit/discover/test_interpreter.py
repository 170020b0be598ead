"""Which Python runs the app."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from enuf.discover import interpreter
from enuf.discover.interpreter import choose_interpreter, find_interpreter
from enuf.errors import ToolUnusable

pytestmark = pytest.mark.user

ANSWER = '{"version": "3.12.1", "prefix": "/p", "base_prefix": "/b", "pyuwsgi_version": null, "flask_version": "3.0", "uwsgi_script": null}'


def environment_in(folder: Path, program: str = f"echo '{ANSWER}'") -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    python = folder / "bin/python"
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o755)
    return python


def test_enufs_own_python_is_used_where_the_project_has_none(tmp_path: Path) -> None:
    found = find_interpreter(tmp_path, "auto", {})
    assert (found.executable, found.origin) == (sys.executable, "enuf's own")
    assert found.version.startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")


@pytest.mark.parametrize("name", [".venv", "venv", "env", ".env", "my-python", "가상환경"])
def test_the_projects_own_environment_goes_before_the_active_one(tmp_path: Path, name: str) -> None:
    python = environment_in(tmp_path / name)
    other = environment_in(tmp_path / "some" / "where else")
    found = find_interpreter(tmp_path, "auto", {"VIRTUAL_ENV": str(other.parent.parent)})
    assert (found.executable, found.origin, found.version) == (str(python), name, "3.12.1")


def test_the_active_environment_goes_before_enufs_own(tmp_path: Path) -> None:
    python = environment_in(tmp_path / "envs" / "active")
    assert choose_interpreter(tmp_path, "auto", {"VIRTUAL_ENV": str(tmp_path / "envs/active")}) == (
        str(python),
        "VIRTUAL_ENV",
    )
    assert choose_interpreter(tmp_path, "auto", {"VIRTUAL_ENV": "/nowhere"})[1] == "enuf's own"


def test_poetry_is_asked_where_the_project_is_poetrys(tmp_path: Path) -> None:
    python = environment_in(tmp_path / "cache" / "shop-py3.12")
    (tmp_path / "poetry.lock").touch()
    poetry = tmp_path / "bin" / "poetry"
    poetry.parent.mkdir()
    poetry.write_text(f"#!/bin/sh\necho {python}\n")
    poetry.chmod(0o755)
    environ = {"PATH": f"{poetry.parent}:{os.environ['PATH']}"}
    assert choose_interpreter(tmp_path, "auto", environ) == (str(python), "poetry")


@pytest.mark.parametrize("wish", ["env/bin/python", "./env", "env"])
def test_the_setting_names_an_interpreter_or_an_environment_of_the_project(tmp_path: Path, wish: str) -> None:
    python = environment_in(tmp_path / "env")
    environment_in(tmp_path / ".venv")
    found = find_interpreter(tmp_path, wish, {})
    assert (found.executable, found.origin, found.version) == (str(python), "the setting python", "3.12.1")


def test_a_name_in_the_project_goes_before_the_same_name_on_the_path(tmp_path: Path) -> None:
    program = environment_in(tmp_path / "tools").rename(tmp_path / "python3")
    assert choose_interpreter(tmp_path, "python3", {})[0] == str(program)
    program.unlink()
    assert choose_interpreter(tmp_path, "python3", {})[0] != str(program)


def test_of_several_environments_the_active_one_is_meant_and_else_one_that_has_a_python(
    tmp_path: Path,
) -> None:
    environment_in(tmp_path / "a-broken-one").unlink()
    for name in ("py311", "py312"):
        environment_in(tmp_path / name)
    assert choose_interpreter(tmp_path, "auto", {})[1] == "py311"
    active = {"VIRTUAL_ENV": str(tmp_path / "py312")}
    assert choose_interpreter(tmp_path, "auto", active)[1] == "py312"
    environment_in(tmp_path / "venv")
    assert choose_interpreter(tmp_path, "auto", active)[1] == "py312"
    assert choose_interpreter(tmp_path, "auto", {"VIRTUAL_ENV": str(tmp_path / "gone")})[1] == "venv"


@pytest.mark.parametrize("program", ["exit 1", "echo hello", "echo []", "kill -9 $$"])
def test_a_python_that_does_not_work_is_refused_with_the_cure(tmp_path: Path, program: str) -> None:
    environment_in(tmp_path / ".venv", program)
    with pytest.raises(ToolUnusable, match="does not work") as caught:
        find_interpreter(tmp_path, "auto", {})
    assert caught.value.hint == f"make the environment anew: python3 -m venv --clear {tmp_path}/.venv"


def test_a_python_that_never_answers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "ASK_WITHIN_S", 0.2)
    environment_in(tmp_path / ".venv", "exec sleep 30")
    with pytest.raises(ToolUnusable) as caught:
        find_interpreter(tmp_path, "auto", {})
    assert "no answer" in caught.value.detail


def test_a_dangling_interpreter_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    python = environment_in(tmp_path / ".venv")
    python.unlink()
    python.symlink_to("/nowhere/python3")
    with pytest.raises(ToolUnusable, match="not a Python that can be run"):
        find_interpreter(tmp_path, "auto", {})


def test_a_named_interpreter_that_is_missing_is_told_as_a_setting(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match="the setting python") as caught:
        find_interpreter(tmp_path, "/nowhere/python3", {})
    assert "`python`" in caught.value.hint


@pytest.mark.parametrize(
    "program",
    ["""echo '{"version": 5}'""", "echo '{}'", "echo '[]'", "echo 7", "printf '%.0s[' $(seq 1 20000)", "printf '\\377'"],
    ids=["another type", "nothing", "a list", "a number", "too deep", "no text"],
)  # fmt: skip
def test_a_program_that_answers_something_else_is_no_python(tmp_path: Path, program: str) -> None:
    environment_in(tmp_path / ".venv", program)
    with pytest.raises(ToolUnusable, match="does not work as a Python"):
        find_interpreter(tmp_path, "auto", {})

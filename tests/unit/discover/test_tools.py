"""Which program is nginx, which is uWSGI, and what its build can do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from enuf.discover import tools
from enuf.errors import ToolUnusable
from enuf.model.tool import Interpreter


def interpreter(executable: str = "/app/.venv/bin/python", **changes: str | None) -> Interpreter:
    version = f"{sys.version_info.major}.{sys.version_info.minor}.0"
    known = {"version": version, "prefix": "/app/.venv", "base_prefix": "/usr", "origin": ".venv", **changes}
    return Interpreter(executable=executable, **known)  # type: ignore[arg-type]


def program(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_nginx_is_known_by_the_version_that_it_tells_on_stderr(tmp_path: Path) -> None:
    found = tools.find_nginx(program(tmp_path, "echo 'nginx version: nginx/1.22.1' >&2"), interpreter())
    assert (found.version, found.origin) == ("1.22.1", "path")


def test_the_embedded_nginx_is_a_program_that_can_be_run() -> None:
    found = tools.find_nginx("embedded", interpreter())
    assert found.origin == "embedded"
    assert found.version_numbers >= (1, 29)


@pytest.mark.parametrize("text", ["echo hello", "exit 1", "kill -9 $$", "echo nginx/x"])
def test_what_does_not_answer_as_nginx_does_is_refused_with_its_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(ToolUnusable, match="does not answer as nginx does") as caught:
        tools.find_nginx(program(tmp_path, text), interpreter())
    assert "setting nginx" in caught.value.hint


def test_a_program_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "ASK_WITHIN_S", 0.2)
    with pytest.raises(ToolUnusable, match="no answer within"):
        tools.find_nginx(program(tmp_path, "exec sleep 30"), interpreter())


def test_a_system_without_the_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_SYSTEM_FOLDERS", "/nowhere")
    with pytest.raises(ToolUnusable, match="this system has no uwsgi") as caught:
        tools.find_uwsgi("system", interpreter())
    assert "apt-get install uwsgi" in caught.value.hint


UWSGI = """
case "$*" in
  --version) echo {version} ;;
  *plugins*python3*) [ "{plugin}" ] && echo '*** Starting' && echo {plugin} ;;
  *python-version*) [ "{inside}" ] && echo {inside} ;;
esac
true
"""


def uwsgi(folder: Path, *, version: str = "2.0.30", inside: str = "", plugin: str = "") -> str:
    return program(folder, UWSGI.format(version=version, inside=inside, plugin=plugin))


def test_a_uwsgi_with_python_inside_is_told_from_one_with_a_plugin(tmp_path: Path) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}.3"
    assert tools.find_uwsgi(uwsgi(tmp_path, inside=ours), interpreter()).features[0] == "python-inside"
    assert tools.find_uwsgi(uwsgi(tmp_path, plugin=ours), interpreter()).features[0] == "plugin:python3"


def test_a_version_of_a_distribution_is_the_one_of_uwsgi(tmp_path: Path) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}.3"
    found = tools.find_uwsgi(uwsgi(tmp_path, version="2.0.21-debian", inside=ours), interpreter())
    assert found.version == "2.0.21"


def test_a_uwsgi_with_another_python_is_refused_with_both_versions_and_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match=r"runs Python 2\.7") as caught:
        tools.find_uwsgi(uwsgi(tmp_path, inside="2.7.18"), interpreter("/my app/bin/python"))
    assert caught.value.hint.endswith("'/my app/bin/python' -m pip install pyuwsgi")
    assert caught.value.slug == "python-differs"


def test_a_uwsgi_without_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match="has no Python plugin"):
        tools.find_uwsgi(uwsgi(tmp_path), interpreter())


def test_the_embedded_uwsgi_is_run_by_the_apps_own_python() -> None:
    found = tools.find_uwsgi(
        "embedded", interpreter(pyuwsgi_version="2.0.30.post1", uwsgi_script="/v/bin/uwsgi")
    )
    assert (found.version, found.argv) == ("2.0.30", ("/app/.venv/bin/python", "/v/bin/uwsgi"))
    without_script = tools.find_uwsgi("embedded", interpreter(pyuwsgi_version="2.0.30"))
    assert without_script.argv[1] == "-c"


def test_a_python_without_pyuwsgi_is_refused_with_the_command_that_installs_it() -> None:
    with pytest.raises(ToolUnusable) as caught:
        tools.find_uwsgi("embedded", interpreter())
    assert caught.value.hint == "/app/.venv/bin/python -m pip install pyuwsgi"


def test_a_virtualenv_that_uv_made_has_no_pip_so_the_cure_is_uvs(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.8.3\nversion_info = 3.11\n")
    with pytest.raises(ToolUnusable) as caught:
        tools.find_uwsgi("embedded", interpreter("/v/bin/python", prefix=str(tmp_path)))
    assert caught.value.hint == "uv pip install --python /v/bin/python pyuwsgi"

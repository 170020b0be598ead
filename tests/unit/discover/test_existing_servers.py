"""`enuf init` reads every ini of uWSGI, gunicorn's settings, units, and the server that runs now."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.notes import literal
from tests.support.stack import until

from enuf.discover.existing import Inferred, infer

NOTES = literal.ini(literal.SERVICE | {"processes": "3", "threads": "2"})


def place(project: Path, name: str, text: str) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace("{project}", str(project)), encoding="utf-8")


def inferred(project: Path) -> Inferred:
    return infer(project, {}, unit_folders=[project / "system"])


def values(found: Inferred) -> tuple[str | None, int | None, int | None, int | None]:
    return found.target, found.processes, found.threads, found.timeout_s


def test_the_ini_of_the_notes_is_read_though_it_has_another_name(tmp_path: Path) -> None:
    place(tmp_path, "nginx-wsgi.ini", NOTES)
    found = inferred(tmp_path)
    assert values(found) == ("wsgi:app", 3, 2, None)
    assert found.sources[1] == "processes: nginx-wsgi.ini"


def test_of_two_inis_the_one_behind_nginx_is_taken_whole_and_the_other_named(tmp_path: Path) -> None:
    place(tmp_path, "nginx-wsgi.ini", NOTES.replace("threads = 2\n", ""))
    place(tmp_path, "a.ini", "[uwsgi]\nhttp-socket = :3031\nmodule = wsgi:app\nprocesses = 4\nthreads = 8\n")
    place(tmp_path, "alembic.ini", "[alembic]\nprocesses = 9\n")
    found = inferred(tmp_path)
    assert values(found) == ("wsgi:app", 3, None, None)
    assert found.unused == ("a.ini",)


@pytest.mark.parametrize("name", ["deploy/web.ini", "conf/uwsgi/prod.ini"])
def test_an_ini_in_a_folder_is_read_with_its_placeholders_and_includes(tmp_path: Path, name: str) -> None:
    place(tmp_path, name, "[uwsgi]\nbase = {project}\nchdir = %(base)/src\nini = %dmore.ini\nworkers = 5\n")
    place(
        tmp_path,
        f"{name.rpartition('/')[0]}/more.ini",
        "[uwsgi]\nwsgi-file = %(base)/src/shop.py\nharakiri = 40\n",
    )
    place(tmp_path, "src/shop.py", "")
    assert values(inferred(tmp_path)) == ("src/shop.py", 5, None, 40)


def test_environments_and_hidden_folders_are_not_searched(tmp_path: Path) -> None:
    text = "[uwsgi]\nmodule = theirs\n"
    place(tmp_path, "env/pyvenv.cfg", "")
    for folder in ("env", ".git", "node_modules", "a/b/c"):
        place(tmp_path, f"{folder}/x.ini", text)
    assert inferred(tmp_path) == Inferred()


def test_a_unit_of_the_project_names_the_ini(tmp_path: Path) -> None:
    place(tmp_path, "conf/live.ini", "[uwsgi]\nmodule = shop:app\nprocesses = 6\n")
    place(tmp_path, "uwsgi.ini", "[uwsgi]\nmodule = shop:app\nprocesses = 1\n")
    exec_start = "ExecStart={project}/.venv/bin/uwsgi --ini conf/live.ini --threads 4\n"
    place(tmp_path, "system/shop.service", "[Service]\nWorkingDirectory={project}\n" + exec_start)
    place(
        tmp_path,
        "system/other.service",
        "[Service]\nWorkingDirectory=/srv/other\nExecStart=uwsgi --ini x.ini\n",
    )
    found = inferred(tmp_path)
    assert values(found) == ("shop:app", 6, 4, None)
    assert found.sources[1] == f"processes: {tmp_path}/system/shop.service, conf/live.ini"
    assert found.unused == ("uwsgi.ini",)


def test_a_unit_of_gunicorn_is_read_with_its_settings_file(tmp_path: Path) -> None:
    place(tmp_path, "deploy/g.py", "bind = 'unix:/run/shop.sock'\nworkers = 7\nthreads = 3\ntimeout = 45\n")
    exec_start = (
        "ExecStart=/srv/venv/bin/gunicorn -c deploy/g.py -w 2 --access-logfile - 'shop:create_app()'\n"
    )
    place(tmp_path, "deploy/shop.service", "[Service]\nWorkingDirectory={project}\n" + exec_start)
    assert values(inferred(tmp_path)) == ("shop:create_app()", 2, 3, 45)


def test_a_shell_in_a_unit_is_looked_into(tmp_path: Path) -> None:
    exec_start = 'ExecStart=/bin/bash -c "cd {project} && exec venv/bin/gunicorn -w 4 shop:app"\n'
    place(tmp_path, "deploy/shop.service", "[Service]\n" + exec_start)
    assert values(inferred(tmp_path)) == ("shop:app", 4, None, None)


def test_the_uwsgi_that_runs_now_wins_over_every_file(tmp_path: Path) -> None:
    uwsgi = shutil.which("uwsgi", path=str(Path(sys.executable).parent))
    assert uwsgi
    place(tmp_path, "uwsgi.ini", "[uwsgi]\nmodule = shop:app\nprocesses = 9\n")
    place(
        tmp_path,
        "live.ini",
        f"[uwsgi]\nwsgi-file = shop.py\nsocket = {tmp_path}/s\nprocesses = 2\nmaster = true\ndie-on-term = true\n",
    )
    place(tmp_path, "shop.py", "def application(environ, start): ...\n")
    with subprocess.Popen([uwsgi, "--ini", "live.ini"], cwd=tmp_path, stderr=subprocess.DEVNULL) as running:
        try:
            until((tmp_path / "s").exists, what="the socket of uWSGI")
            found = inferred(tmp_path)
        finally:
            running.terminate()
    assert values(found) == ("shop.py", 2, None, None)
    assert found.sources[1] == f"processes: the running uwsgi (pid {running.pid}), live.ini"

"""The steps of `up --explain`: derived from the plan, whatever the topology."""

from __future__ import annotations

import pytest

from enuf.cli.explaining import WIDTH, explanation
from enuf.model.app import AppRef, StaticFolder
from enuf.model.paths import GENERATION
from enuf.plan.steps import Step, steps
from enuf.plan.topologies import TOPOLOGIES
from tests.support.parts import PROJECT, paths, plan, report

ROWS = sorted(TOPOLOGIES)


def of(topology: str = "nginx-uwsgi", **differences: object) -> tuple[Step, ...]:
    """The steps of a plan."""
    return steps(plan({"topology": topology}, **differences))


def step(found: tuple[Step, ...], beginning: str) -> Step:
    """The step of that title."""
    return next(each for each in found if each.title.startswith(beginning))


@pytest.mark.parametrize("topology", ROWS)
def test_every_line_stands_in_the_file_that_is_named(topology: str) -> None:
    made = plan({"topology": topology})
    for each in steps(made):
        if each.lines:
            text = made.file(each.file.removeprefix(".enuf/conf/")).text.splitlines()
            assert set(each.lines) <= set(text), each


@pytest.mark.parametrize("topology", ROWS)
def test_nothing_that_only_enuf_can_mean_is_left_in_it(topology: str) -> None:
    told = "\n".join(explanation(plan({"topology": topology})))
    for mark in (GENERATION, "fd://", "%(_)", "front.sock", "ENUF_"):
        assert mark not in told


@pytest.mark.parametrize("topology", ROWS)
def test_it_fits_eighty_columns(topology: str) -> None:
    for line in explanation(plan({"topology": topology})):
        assert len(line) <= WIDTH or " " not in line.strip(" $\\"), line


@pytest.mark.parametrize("topology", ROWS)
def test_it_begins_with_the_app_and_ends_with_the_stop(topology: str) -> None:
    titles = [each.title for each in of(topology)]
    assert titles[0] == "Find the app: app:app"
    assert titles[-2:] == ["enuf reload would be", "enuf down would be"]
    assert ("Test that file" in titles) == topology.startswith("nginx-")


@pytest.mark.parametrize(
    ("topology", "command", "line"),
    [
        ("flask", "FLASK_APP=app:app flask run", ""),
        ("nginx-uwsgi", "uwsgi --wsgi-file app.py --callable app", "module = app:app"),
        ("nginx-gunicorn", "gunicorn app:app", "wsgi_app = 'app:app'"),
    ],
)
def test_each_server_names_the_app_in_its_own_words(topology: str, command: str, line: str) -> None:
    found = step(of(topology), "Find the app")
    assert found.commands == (command,)
    assert line in (*found.lines, "")


def test_the_servers_are_started_by_the_files_that_were_written() -> None:
    found = of()
    assert step(found, "Start uWSGI").commands == ("uwsgi --ini .enuf/conf/uwsgi.ini",)
    conf = f"-c {paths().conf}/nginx.conf"
    assert step(found, "Start nginx").commands[0].endswith(conf)
    assert step(found, "Test that file").commands[0].endswith(f"-t -q {conf}")


def test_the_socket_is_private_and_nginx_asks_there() -> None:
    found = of()
    assert {"chmod-socket = 600", f"socket = {paths().app_socket}"} <= set(step(found, "Bind").lines)
    assert f"server unix:{paths().app_socket} max_fails=0;" in [
        line.strip() for line in step(found, "Write the site").lines
    ]


def test_static_folders_are_in_the_site() -> None:
    folder = StaticFolder(url="/static/", directory=f"{PROJECT}/static", owner="app")
    lines = [
        line.strip() for line in step(of(report=report(static_folders=(folder,))), "Write the site").lines
    ]
    assert lines.index("location ^~ /static/ {") < lines.index(f"alias {PROJECT}/static/;")


def test_a_reload_is_a_second_one_beside_the_first_where_the_row_promises_that() -> None:
    start, swap, stop = step(of(), "enuf reload").commands
    assert start.endswith("/g2/uwsgi.ini")
    assert "ln -s g2.sock new && mv -T new app.sock" in swap
    assert stop == f"echo q > {paths().runtime}/g1/fifo"
    assert len(step(of("uwsgi-http"), "enuf reload").commands) == 2


def test_a_reload_of_flasks_server_is_a_stop_and_a_start() -> None:
    stop, start = step(of("flask"), "enuf reload").commands
    assert stop == "kill -TERM PID_OF_FLASK"
    assert start.startswith("python -m flask --app app:app run")


def test_nginx_is_stopped_first() -> None:
    assert step(of(), "enuf down").commands[0] == "kill -QUIT PID_OF_NGINX"


def test_a_factory_with_arguments_is_quoted_for_the_shell() -> None:
    app = AppRef(
        directory=PROJECT, module="app", attribute="create_app", call='"a b"', file=f"{PROJECT}/app.py"
    )
    found = step(of("flask", report=report(app=app)), "Find the app")
    assert found.commands == ("""FLASK_APP='app:create_app("a b")' flask run""",)


def test_variables_from_a_file_are_exported() -> None:
    found = step(of(env_files=(f"{PROJECT}/.env",)), "Give it the variables")
    assert found.commands == ("set -a; . ./.env; set +a",)


def test_an_app_below_the_project_is_imported_from_its_folder() -> None:
    app = AppRef(directory=f"{PROJECT}/src", module="app", attribute="app", file=f"{PROJECT}/src/app.py")
    found = step(of(report=report(app=app)), "Import it once")
    assert found.commands == ("PYTHONPATH=src python -c 'from app import app'",)

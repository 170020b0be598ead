"""The steps of `up --explain`: derived from the plan, whatever the topology."""

from __future__ import annotations

import shlex

import pytest

from enuf.cli.terminal.steps_view import WIDTH, explanation
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
        ("nginx-uwsgi", "", "module = enuf_wsgi:application"),
        ("nginx-gunicorn", "gunicorn app:app", "wsgi_app = 'enuf_wsgi:application'"),
    ],
)
def test_each_server_names_the_app_in_its_own_words(topology: str, command: str, line: str) -> None:
    found = step(of(topology), "Find the app")
    assert found.commands == ((command,) if command else ())
    assert found.note == ("" if command else "on a command line: --module app:app")
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
    assert f"server unix:{paths().app_socket} max_fails=0 max_conns=4096;" in [
        line.strip() for line in step(found, "Write the site").lines
    ]


def test_static_folders_are_in_the_site() -> None:
    folder = StaticFolder(url="/static/", directory=f"{PROJECT}/static", owner="app")
    lines = [
        line.strip() for line in step(of(report=report(static_folders=(folder,))), "Write the site").lines
    ]
    assert lines.index("location ^~ /static/ {") < lines.index(f"alias {PROJECT}/static/;")


@pytest.mark.parametrize("topology", sorted(set(ROWS) - {"flask", "nginx-flask"}))
def test_a_reload_by_hand_starts_nothing_where_the_first_one_still_listens(topology: str) -> None:
    found = step(of(topology), "enuf reload")
    run = paths().runtime
    commands = {
        "gunicorn": ("kill -USR2 PID_OF_GUNICORN", "kill -TERM PID_OF_GUNICORN"),
        "uwsgi": (f"echo r > {run}/app.fifo",),
        "granian": ("kill -TERM PID_OF_GRANIAN", "python .enuf/conf/granian_server.py"),
    }
    assert found.commands == commands[TOPOLOGIES[topology].server]
    assert "enuf itself starts a second server" in found.note


@pytest.mark.parametrize("topology", ["uwsgi-http", "nginx-uwsgi", "nginx-uwsgi-tcp"])
def test_a_fifo_is_the_one_of_a_server_that_was_started_by_hand(topology: str) -> None:
    made = plan({"topology": topology})
    stop = step(steps(made), "enuf down").commands[-1]
    assert f"master-fifo = {stop.removeprefix('echo q > ')}" in made.file("uwsgi.ini").text.splitlines()


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


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "nginx-gunicorn"])
def test_a_factory_with_arguments_is_called_by_a_module_in_between(topology: str) -> None:
    app = AppRef(directory=PROJECT, module="shop", attribute="create_app", call="'prod'")
    found = of(topology, report=report(app=app))
    module = step(found, "Write a module")
    assert module.file == ".enuf/conf/enuf_wsgi.py"
    assert {"from shop import create_app", "application = create_app('prod')"} <= set(module.lines)
    assert any(line.startswith("application = Conforming(application, ") for line in module.lines)
    named = ("gunicorn 'shop:create_app('\"'\"'prod'\"'\"')'",) if "gunicorn" in topology else ()
    assert step(found, "Find the app").commands == named
    (imported,) = step(found, "Import it once").commands
    assert shlex.split(imported) == ["python", "-c", "from shop import create_app; create_app('prod')"]


def test_variables_from_a_file_are_exported() -> None:
    found = step(of(env_files=(f"{PROJECT}/.env",)), "Give it the variables")
    assert found.commands == ("set -a; . ./.env; set +a",)
    assert "blanks need quotes" in found.note


def test_an_app_below_the_project_is_imported_from_its_folder() -> None:
    app = AppRef(directory=f"{PROJECT}/src", module="app", attribute="app", file=f"{PROJECT}/src/app.py")
    found = step(of(report=report(app=app)), "Import it once")
    assert found.commands == ("PYTHONPATH=src python -c 'from app import app'",)


def test_whoever_asks_a_site_behind_a_proxy_speaks_as_the_proxy_does() -> None:
    behind = {"serve.proxy_protocol": True, "serve.trusted_proxies": ["10.0.0.1"]}
    (command,) = step(steps(plan(behind)), "Ask for a page").commands
    assert command.startswith("curl -i --haproxy-protocol http://")

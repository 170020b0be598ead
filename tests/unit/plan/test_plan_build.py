"""The plan: what is computed from settings, app and machine, without touching anything."""

from __future__ import annotations

import sys

import msgspec
import pytest

from enuf.errors import AppNotFound, SettingsInvalid, ToolUnusable
from enuf.model.app import AppTrait, StaticFolder
from enuf.model.plan import Plan
from tests.support.parts import GUNICORN, PROJECT, paths, plan, report, toolchain

STATIC = StaticFolder(url="/static/", directory=f"{PROJECT}/static", owner="app")
SEEN: set[str] = set()
WATCHING: list[bool] = []


def _watch(event: str, _arguments: object) -> None:
    if WATCHING and event.split(".", maxsplit=1)[0] in ("open", "subprocess", "socket", "os"):
        SEEN.add(event)


def test_making_a_plan_opens_nothing_and_starts_nothing() -> None:
    first = plan({"serve.prefix": "/sub"})
    sys.addaudithook(_watch)  # it can never be removed, only be told to look away
    WATCHING.append(True)
    try:
        second = plan({"serve.prefix": "/sub"})
    finally:
        WATCHING.clear()
    assert SEEN == set()  # noqa: SIM300
    assert first == second


def test_a_plan_can_be_printed_and_read_back() -> None:
    whole = plan({"static.extra": {"/media/": "media"}}, report=report(static_folders=(STATIC,)))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Plan) == whole


@pytest.mark.parametrize(
    ("cpus", "wish", "expected"),
    [
        (1, {}, 2),
        (4, {}, 4),
        (64, {}, 8),
        (64, {"serve.processes": 3}, 3),
        (1, {"serve.processes": 16}, 16),
        (4, {"workers.scale": "2..6"}, 6),
    ],
)
def test_the_number_of_processes(cpus: int, wish: dict[str, object], expected: int) -> None:
    assert plan(wish, toolchain=toolchain(cpus=cpus)).processes == expected


@pytest.mark.parametrize(
    ("somaxconn", "backlog", "sockets"), [(128, 128, 4), (4096, 4096, 3), (8192, 8192, 2), (65535, 10240, 1)]
)
def test_ten_thousand_connections_may_wait_as_far_as_the_kernel_allows(
    somaxconn: int, backlog: int, sockets: int
) -> None:
    made = plan(toolchain=toolchain(somaxconn=somaxconn))
    assert made.backlog_limit == backlog
    assert len(made.server.sockets) == len(made.server.process.lends) == sockets
    assert made.file("nginx.conf").text.count(f" max_fails=0 max_conns={backlog};") == sockets
    assert f"backlog={backlog};" in made.file("nginx.conf").text
    assert f"listen = {backlog}\n" in made.file("uwsgi.ini").text


@pytest.mark.parametrize(
    ("wish", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"serve.listen": "0.0.0.0:80"}, "http://127.0.0.1"),
        ({"serve.listen": "[::]:8080", "serve.prefix": "/sub"}, "http://[::1]:8080/sub/"),
    ],
)
def test_the_address_to_open(wish: dict[str, object], url: str) -> None:
    assert plan(wish).url == url


def test_a_larger_limit_of_the_app_than_of_nginx_is_worth_a_note() -> None:
    assert plan(report=report(max_content_length=16 * 2**20)).notes == ()
    (note,) = plan({"serve.max_body": "1m"}, report=report(max_content_length=2 * 2**20)).notes
    assert "2097152 bytes" in note
    assert "serve.max_body = 1m" in note


def test_static_folders_are_below_the_prefix_and_the_longest_address_comes_first() -> None:
    inner = StaticFolder(url="/static/deep/", directory="/srv/deep", owner="blueprint")
    extra = StaticFolder(url="/sub/m/", directory="/srv/media", owner="static.extra")
    made = plan(
        {"serve.prefix": "/sub"}, report=report(static_folders=(STATIC, inner)), extra_static=(extra,)
    )
    assert [folder.url for folder in made.static_folders] == ["/sub/static/deep/", "/sub/static/", "/sub/m/"]


def test_an_extra_folder_takes_the_place_of_the_apps() -> None:
    extra = StaticFolder(url="/static/", directory="/srv/cdn", owner="static.extra")
    made = plan(report=report(static_folders=(STATIC,)), extra_static=(extra,))
    assert made.static_folders == (extra,)


def test_with_static_mode_off_only_extra_folders_are_served() -> None:
    extra = StaticFolder(url="/m/", directory="/srv/media", owner="static.extra")
    made = plan({"static.mode": "off"}, report=report(static_folders=(STATIC,)), extra_static=(extra,))
    assert made.static_folders == (extra,)


@pytest.mark.parametrize("directory", ["/srv/a$b", "/srv/a\nb"])
def test_a_folder_that_nginx_cannot_write_down_stays_with_the_app_and_is_noted(directory: str) -> None:
    folder = StaticFolder(url="/static/", directory=directory, owner="app")
    made = plan(report=report(static_folders=(folder,)))
    assert made.static_folders == ()
    assert made.notes[0].startswith("static files below /static/ stay with the app")


@pytest.mark.parametrize(
    ("directory", "relation"),
    [
        (PROJECT, "is the app's own folder"),
        ("/srv", "contains the app's own folder"),
        ("/", "contains the app's own folder"),
        (f"{PROJECT}/.enuf", "belongs to enuf's own folder"),
        (f"{PROJECT}/.enuf/log", "belongs to enuf's own folder"),
    ],
)
def test_a_folder_with_the_source_in_it_is_refused(directory: str, relation: str) -> None:
    folder = StaticFolder(url="/x/", directory=directory, owner="static.extra")
    with pytest.raises(SettingsInvalid, match=relation) as caught:
        plan(extra_static=(folder,))
    assert caught.value.slug == "static-folder-unsafe"
    assert "/x/app.py" in caught.value.summary


@pytest.mark.parametrize(
    "real_paths",
    [
        {"/srv/public": PROJECT},
        {"/srv/public": "/srv"},
        {"/srv/public": f"{PROJECT}/.enuf/log"},
        {"/srv/public": "/releases/5", PROJECT: "/releases/5"},
    ],
)
def test_a_folder_is_judged_by_where_it_leads(real_paths: dict[str, str]) -> None:
    folder = StaticFolder(url="/x/", directory="/srv/public", owner="static.extra")
    assert plan(extra_static=(folder,)).static_folders == (folder,)
    with pytest.raises(SettingsInvalid, match="the static folder /srv/public"):
        plan(extra_static=(folder,), real_paths=real_paths)


def test_a_folder_whose_name_only_begins_like_the_projects_is_fine() -> None:
    folder = StaticFolder(url="/x/", directory=f"{PROJECT}2", owner="static.extra")
    assert plan(extra_static=(folder,)).static_folders == (folder,)


@pytest.mark.parametrize(
    ("wish", "path", "host", "strict"),
    [
        ({}, "/", "127.0.0.1:8000", False),
        ({"serve.prefix": "/sub"}, "/sub/", "127.0.0.1:8000", False),
        ({"reload.health": "/up?full=1"}, "/up?full=1", "127.0.0.1:8000", True),
        ({"serve.hosts": ["*.shop.test"]}, "/", "www.shop.test", False),
        ({"serve.listen": "unix:/run/a.sock"}, "/", "localhost", False),
    ],
)
def test_the_health_request(wish: dict[str, object], path: str, host: str, strict: bool) -> None:
    health = plan(wish).health
    assert (health.path, health.host, health.strict_status, health.enabled) == (path, host, strict, True)


@pytest.mark.parametrize(
    ("named", "hosts", "host"),
    [
        (["shop.example", "example.org"], [], "shop.example"),
        (["a b\r\nX: y", "shop.example"], [], "shop.example"),
        (["shop.example"], ["*.shop.example"], "www.shop.example"),
    ],
    ids=["the app's own", "no name at all first", "serve.hosts"],
)
def test_the_health_request_has_a_name_that_the_app_answers_to(
    named: list[str], hosts: list[str], host: str
) -> None:
    own = tuple(AppTrait(kind="host", what=name) for name in named)
    wish = {"serve.hosts": hosts} if hosts else {}
    assert plan(wish, report=report(traits=own)).health.host == host


def test_the_health_request_may_take_as_long_as_any_other_request() -> None:
    assert plan({"serve.timeout": "90s", "reload.wait": "10s"}).health.timeout_s == 90


def test_health_can_be_switched_off() -> None:
    assert not plan({"reload.health": "off"}).health.enabled


def test_contradictions_come_all_at_once_each_with_its_place() -> None:
    wish: dict[str, object] = {
        "topology": "flask",
        "serve.hosts": ["a.test"],
        "serve.prefix": "/sub",
        "serve.trusted_proxies": ["10.0.0.1"],
        "static.extra": {"/m/": "m"},
        "raw.nginx_server": "etag off;",
        "raw.uwsgi": {"thunder-lock": True},
        "serve.processes": 4,
        "workers.scale": "2..8",
    }
    with pytest.raises(SettingsInvalid) as caught:
        plan(wish)
    lines = caught.value.detail.splitlines()
    assert caught.value.summary == "7 settings contradict each other or the topology"
    assert [line.split(": ")[0] for line in lines] == [f"enuf.toml:{line}" for line in (6, 2, 3, 4, 5, 7, 8)]
    assert (
        lines[1]
        == "enuf.toml:2: serve.hosts needs a web server in front, and topology 'flask' has none: those with one are nginx-flask"
    )
    assert lines[-1].endswith(
        "serve.processes = 4 is a fixed number and workers.scale = 2..8 is not: remove one of them"
    )


@pytest.mark.parametrize(
    ("topology", "wish", "told"),
    [
        ("flask", {"serve.processes": 4, "workers.lazy": True}, "nothing for serve.processes, workers.lazy"),
        ("nginx-gunicorn", {"workers.max_age": "1h"}, "gunicorn has nothing for workers.max_age"),
        (
            "uwsgi-http",
            {"serve.max_body": "1m"},
            "no web server in front: these settings have no effect: serve.max_body",
        ),
    ],
)
def test_a_setting_that_the_server_has_nothing_for_is_worth_a_note(
    topology: str, wish: dict[str, object], told: str
) -> None:
    made = plan({"topology": topology, **wish})
    assert any(told in note for note in made.notes)


@pytest.mark.parametrize(
    ("topology", "wish"),
    [
        ("flask", {"serve.listen": "unix:/run/a.sock"}),
        ("uwsgi-http", {"serve.listen": "unix:/run/a.sock"}),
        ("nginx-flask", {"serve.prefix": "/sub"}),
        ("nginx-flask", {"serve.link": "127.0.0.1:9191"}),
        ("nginx-uwsgi-tcp", {"serve.link": "127.0.0.1:8000"}),
        ("nginx-gunicorn", {"raw.uwsgi": {"thunder-lock": True}}),
    ],
)
def test_what_a_topology_cannot_do_is_refused(topology: str, wish: dict[str, object]) -> None:
    with pytest.raises(SettingsInvalid, match=next(iter(wish))):
        plan({"topology": topology, **wish})


def test_the_links_usual_port_is_free_for_all_who_have_no_such_link() -> None:
    assert plan({"topology": "uwsgi-http", "serve.listen": "127.0.0.1:3031"}).server.shared
    assert plan({"serve.listen": "127.0.0.1:3031"}).front


def test_one_flask_process_is_not_told_to_be_more() -> None:
    assert plan({"topology": "nginx-flask"}).processes == 1


def test_a_gunicorn_that_does_not_speak_the_wire_is_refused_by_its_version() -> None:
    tools = {
        **toolchain().tools,
        "gunicorn": msgspec.structs.replace(GUNICORN, version="26.0.0", features=()),
    }
    old = msgspec.structs.replace(toolchain(), tools=tools)
    with pytest.raises(ToolUnusable, match=r"gunicorn 26\.0\.0 does not speak the uwsgi protocol"):
        plan({"topology": "nginx-gunicorn-uwsgi"}, toolchain=old)
    assert plan({"topology": "nginx-gunicorn"}, toolchain=old).server.wire == "http"


def test_the_front_connects_to_the_port_of_the_link() -> None:
    made = plan({"topology": "nginx-uwsgi-tcp", "serve.link": "10.0.0.5:3031"})
    assert "server 10.0.0.5:3031 max_fails=0 max_conns=4096;" in made.file("nginx.conf").text
    assert [str(address) for address in made.server.shared] == ["10.0.0.5:3031"]


def test_one_contradiction_is_the_error_itself() -> None:
    with pytest.raises(
        SettingsInvalid, match=r"enuf.toml:1: serve.max_header = 64k: uwsgi takes 32k at most"
    ):
        plan({"serve.max_header": "64k"})


def test_an_app_that_is_not_flask_cannot_run_on_flasks_server() -> None:
    with pytest.raises(AppNotFound, match="is not a Flask app"):
        plan({"topology": "flask"}, report=report(is_flask=False))


def test_an_unknown_topology_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        plan({"topology": "apache"})
    assert "nginx-uwsgi" in caught.value.hint


def test_a_socket_path_that_is_too_long_is_refused() -> None:
    plan({"serve.listen": "unix:/" + "x" * 106})
    with pytest.raises(SettingsInvalid, match="108 bytes long"):
        plan({"serve.listen": "unix:/" + "x" * 107})


@pytest.mark.parametrize("project", ["/srv/a\nb", "/srv/a$(b)", "/srv/a ", "/srv/a$b", "/srv/@(b)"])
def test_a_project_whose_path_no_config_file_can_hold_is_refused_in_one_sentence(project: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        plan(paths=paths(project))
    assert caught.value.slug == "text-not-writable"
    assert "rename the folder" in caught.value.hint


def test_the_systems_uwsgi_and_a_virtualenv_with_korean_letters_do_not_go_together() -> None:
    system = toolchain("system")
    plan(toolchain=system)
    korean = msgspec.structs.replace(system.python, prefix="/srv/가게/.venv")
    with pytest.raises(ToolUnusable, match="only ASCII"):
        plan(toolchain=msgspec.structs.replace(system, python=korean))


def test_only_a_stack_that_is_watched_shows_the_page_about_broken_code() -> None:
    assert "dev/error.html" not in plan().file("nginx.conf").text
    watched = plan(watch=True)
    assert f"{watched.paths.runtime}/dev/error.html" in watched.file("nginx.conf").text
    assert watched.watch is not None
    assert watched.watch.folders == (PROJECT,)

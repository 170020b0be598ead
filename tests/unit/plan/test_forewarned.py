"""What an app needs and a plan does not give is said beforehand, with its cure."""

from __future__ import annotations

import pytest

from enuf.model.app import AppTrait
from tests.support.parts import plan, report

ONE = {"serve.processes": 1}
MANY = {"serve.threads": 64}
GREENLETS = {"topology": "nginx-gunicorn", "serve.processes": 1, "serve.greenlets": 1000}
GUNICORN = {"topology": "gunicorn"}


def notes(kind: str, what: str, values: dict[str, object], **more: object) -> str:
    """What the plan says about an app with this trait."""
    made = plan(values, report=report(traits=(AppTrait(kind=kind, what=what),), **more))
    return "\n".join(made.notes)


@pytest.mark.parametrize(
    ("kind", "what", "said"),
    [
        ("websocket", "flask_sock", 'uses WebSockets (flask_sock), and topology \'nginx-uwsgi\' cannot serve them: every handshake fails; topology = "nginx-gunicorn" can'),
        ("socketio", "Socket.IO", 'there are 4: sessions are lost; serve.processes = 1 with more serve.threads, and topology = "nginx-gunicorn" for WebSockets'),
        ("async-mode", "gevent", 'SocketIO(app, async_mode="threading")'),
        ("metrics", "prometheus_client", "counts in each of 4 processes by itself, so /metrics tells of one of them only; PROMETHEUS_MULTIPROC_DIR"),
        ("cache", "SimpleCache", "SimpleCache is in the memory of each of 4 processes"),
        ("limiter", "memory://", "visitors get up to 4 times as much; give it a storage that they share (redis://)"),
        ("one-process", "moto", "moto keeps its state in the memory of one process, and there are 4; serve.processes = 1"),
        ("x-sendfile", "USE_X_SENDFILE", "set USE_X_SENDFILE = False in the app"),
        ("unwritable", "/srv/shop/shop.db", "the app runs as shop, who cannot write the database /srv/shop/shop.db"),
    ],
)  # fmt: skip
def test_each_trait_has_one_line_with_its_cure(kind: str, what: str, said: str) -> None:
    line = notes(kind, what, {})
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        *[(kind, ONE) for kind in ("metrics", "cache", "limiter", "one-process", "scheduler")],
        ("websocket", {**GUNICORN, **MANY}),
        ("websocket", {"topology": "flask"}),
        ("socketio", {**GUNICORN, **ONE, **MANY}),
        *[(kind, GREENLETS) for kind in ("websocket", "socketio")],
        ("gevent-websocket", GUNICORN),
        ("scheduler", {}),
        ("of a later version", {}),
    ],
)
def test_a_plan_that_suits_the_app_is_not_talked_about(kind: str, values: dict[str, object]) -> None:
    assert notes(kind, "x", values) == ""


@pytest.mark.parametrize(
    ("mode", "values", "cure"),
    [
        ("gevent", {}, 'async_mode="threading") in the app, or topology = "nginx-gunicorn" with serve.greenlets = 1000'),
        ("gevent", GUNICORN, 'async_mode="threading") in the app, or serve.greenlets = 1000'),
        ("gevent", GREENLETS, ""),
        ("eventlet", GUNICORN, 'gunicorn runs threads here: SocketIO(app, async_mode="threading") in the app'),
        ("eventlet", GREENLETS, 'gunicorn runs gevent here: SocketIO(app, async_mode="gevent") in the app'),
    ],
)  # fmt: skip
def test_a_socket_io_server_is_told_which_worker_suits_it(
    mode: str, values: dict[str, object], cure: str
) -> None:
    said = notes("async-mode", mode, values)
    assert said.endswith(cure)
    assert bool(said) is bool(cure)


def test_a_package_with_which_socket_io_fails_under_greenlets_is_named() -> None:
    said = notes("gevent-websocket", "gevent-websocket", GREENLETS)
    assert said.endswith("pip uninstall gevent-websocket")


def test_jobs_that_every_worker_runs_are_told_of_where_each_loads_the_app() -> None:
    said = notes("scheduler", "APScheduler", {}, leftovers=("a running thread, APScheduler",))
    assert said.startswith(
        "APScheduler runs in each of 4 processes, and so does each job; serve.processes = 1"
    )


@pytest.mark.parametrize(
    ("topology", "fails"),
    [
        *((name, True) for name in ("nginx-uwsgi", "nginx-uwsgi-tcp", "uwsgi-http")),
        *((name, False) for name in ("gunicorn", "nginx-gunicorn", "nginx-gunicorn-uwsgi", "flask", "nginx-flask")),
    ],
)  # fmt: skip
def test_whether_a_handshake_fails_depends_on_the_topology(topology: str, fails: bool) -> None:
    many = {} if "flask" in topology else MANY
    assert bool(notes("websocket", "flask_sock", {"topology": topology, **many})) is fails


@pytest.mark.parametrize("values", [{}, {"serve.threads": 3}, {"serve.threads": 1, "serve.processes": 64}])
def test_threads_that_a_few_open_websockets_take_up_are_told_of(values: dict[str, object]) -> None:
    line = notes("websocket", "flask_sock", {**GUNICORN, **values})
    assert line.startswith("each open WebSocket (flask_sock) takes a thread, and there are ")
    assert line.endswith(": serve.threads = 64 gives each process so many")


@pytest.mark.parametrize(
    ("kind", "what", "values", "said"),
    [
        ("django-debug", "DEBUG", {}, "Django runs with DEBUG = True"),
        ("django-debug", "DEBUG", {"reload.watch": True}, ""),
        ("django-hosts", "", {}, "ALLOWED_HOSTS is empty, so Django answers 400 to everybody"),
        ("django-hosts", ".shop.example", {}, ""),
        ("django-hosts", ".shop.example *", {"serve.hosts": ["other.example"]}, ""),
        ("django-hosts", ".shop.example", {"serve.hosts": ["shop.example", "*.shop.example"]}, ""),
        ("django-hosts", "shop.example", {"serve.hosts": ["*.shop.example"]}, "serve.hosts names *.shop.example"),
        ("django-static", "run", {}, "its pages have no CSS: run python manage.py collectstatic"),
        ("django-media", "/media/ /srv/shop/up", {}, 'static.extra = { "/media/" = "/srv/shop/up" }'),
        ("django-media", "/media/ /srv/shop/up", {"static.extra": {"/media/": "up"}}, ""),
        ("django-media", "/media/ /srv/shop/up", GUNICORN, ""),
    ],
)  # fmt: skip
def test_settings_of_django_that_bite_are_told_of(
    kind: str, what: str, values: dict[str, object], said: str
) -> None:
    found = notes(kind, what, values)
    assert said in found
    assert bool(said) is bool(found)

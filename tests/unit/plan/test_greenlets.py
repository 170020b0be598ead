"""serve.greenlets: what the plan makes of the setting, and what it refuses."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from enuf.errors import SettingsInvalid, ToolUnusable
from enuf.plan.topologies import SERVERS, TOPOLOGIES
from tests.support.parts import plan, toolchain

GREENLETS: dict[str, object] = {"topology": "nginx-gunicorn", "serve.greenlets": 500}
WITHOUT = [row.id for row in TOPOLOGIES.values() if row.server != "gunicorn"]


def test_the_worker_of_gevent_takes_so_many_requests_and_loads_the_app_itself() -> None:
    made = plan(GREENLETS)
    text = made.file("gunicorn.conf.py").text
    assert 'worker_class = "gevent"' in text
    assert "\nworker_connections = 500\n" in text
    assert "\nthreads = " not in text
    assert "\npreload_app = False " in text
    assert (made.threads, made.greenlets, made.server.more_at) == (500, True, ())
    assert "enuf_greenlets.py" in {file.name for file in made.files}


def test_without_greenlets_nothing_is_said_of_gevent() -> None:
    texts = {file.name: file.text for file in plan({"topology": "nginx-gunicorn"}).files}
    assert "enuf_greenlets.py" not in texts
    assert "gevent" not in texts["gunicorn.conf.py"]


@pytest.mark.parametrize("topology", WITHOUT)
def test_a_server_without_greenlets_refuses_them_and_names_those_that_can(topology: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        plan({"topology": topology, "serve.greenlets": 500})
    row = TOPOLOGIES[topology]
    able = "nginx-gunicorn, nginx-gunicorn-uwsgi" if row.front == "nginx" else "gunicorn"
    title = SERVERS[row.server].title
    assert refused.value.summary.endswith(
        f"serve.greenlets: {title}, in topology {topology!r}, cannot do that: those that can are {able}"
    )


@pytest.mark.parametrize(
    ("other", "value", "said"),
    [
        ("serve.threads", 8, "serve.greenlets = 500 and serve.threads = 8: a process has greenlets or threads"),
        ("workers.lazy", False, "workers.lazy = false: with serve.greenlets each worker must import the app itself"),
    ],
)  # fmt: skip
def test_settings_that_belong_to_threads_or_to_a_fork_contradict_them(
    other: str, value: object, said: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        plan({**GREENLETS, other: value})
    assert said in refused.value.summary


def test_a_python_without_gevent_is_named_with_the_command_that_installs_it() -> None:
    found = toolchain()
    gunicorn = replace(found.tools["gunicorn"], features=())
    with pytest.raises(ToolUnusable) as refused:
        plan(GREENLETS, toolchain=replace(found, tools={**found.tools, "gunicorn": gunicorn}))
    assert refused.value.slug == "gevent-missing"
    assert refused.value.hint == "/srv/venv/bin/python -m pip install --upgrade gevent"

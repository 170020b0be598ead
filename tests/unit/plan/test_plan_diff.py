"""What a new plan changes in a running stack."""

from __future__ import annotations

import msgspec
import pytest

from enuf.plan.diff import PlanChange, diff
from tests.support.parts import SYSTEM, paths, plan, toolchain

OLD = plan()


@pytest.mark.parametrize(
    ("wish", "front", "app"),
    [
        ({}, False, False),
        ({"serve.max_body": "1m"}, True, False),
        ({"http.gzip": False}, True, False),
        ({"serve.hosts": ["a.test"]}, True, False),
        ({"serve.threads": 4}, False, True),
        ({"workers.max_requests": 10}, False, True),
        ({"raw.uwsgi": {"thunder-lock": True}}, False, True),
        ({"serve.timeout": "10s"}, True, True),
    ],
)
def test_each_side_is_only_touched_when_its_own_files_change(
    wish: dict[str, object], front: bool, app: bool
) -> None:
    assert diff(OLD, plan(wish)) == PlanChange(front=front, app=app, settings=app)


def test_new_code_is_no_change_of_settings() -> None:
    new = msgspec.structs.replace(OLD, code="other")
    assert diff(OLD, new) == PlanChange(front=False, app=True, settings=False)


def test_another_env_file_is_a_change_for_the_app() -> None:
    assert diff(OLD, plan(env_files=("/srv/shop/.env",))).settings


def test_what_cannot_change_while_running_is_said_all_at_once() -> None:
    new = plan({"serve.listen": "127.0.0.1:9000"}, paths=paths("/srv/other"))
    assert [reason.split()[1] for reason in diff(OLD, new).impossible] == ["address", "project"]
    assert diff(OLD, plan({"topology": "flask"})).impossible == (
        "the topology changes from nginx-uwsgi to flask",
    )


def test_another_mode_of_a_unix_socket_needs_a_restart() -> None:
    listen = {"serve.listen": ["unix:/run/a.sock", "127.0.0.1:8000"]}
    new = plan({**listen, "serve.socket_mode": "0660"})
    assert new.front
    assert [lend.mode for lend in new.front.process.lends] == [0o660, 0o600, 0o600]
    assert "serve.socket_mode changes" in diff(plan(listen), new).impossible[0]
    assert new.notes == ()
    assert plan({"serve.socket_mode": "0660"}).notes == (
        "serve.socket_mode has no effect: serve.listen names no unix socket",
    )


def test_another_nginx_needs_a_restart_and_another_uwsgi_does_not() -> None:
    tools = toolchain().tools
    other_nginx = msgspec.structs.replace(toolchain(), tools={**tools, "nginx": SYSTEM["nginx"]})
    assert diff(OLD, plan(toolchain=other_nginx)).impossible == (
        "another nginx is asked for: /usr/sbin/nginx",
    )
    other_uwsgi = msgspec.structs.replace(toolchain(), tools={**tools, "uwsgi": SYSTEM["uwsgi"]})
    change = diff(OLD, plan(toolchain=other_uwsgi))
    assert (change.impossible, change.settings) == ((), True)

"""Docker Swarm: nginx on each host finds the copies by DNS, and updates roll back by themselves."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from enuf.errors import SettingsInvalid
from enuf.export.targets.swarm import Swarm
from enuf.plan.in_container import PROJECT
from tests.support.exports import FULL, UPLOADS, deployment, documents, exported, facts


def stack(values: dict[str, object] | None = None, **rest: Any) -> Any:
    """The document of `stack.yml`."""
    (document,) = documents(exported("swarm", values, **rest), "stack.yml")
    return document


def test_a_copy_is_replaced_when_its_successor_is_healthy_and_all_go_back_when_none_is() -> None:
    deploy = stack()["services"]["app"]["deploy"]
    assert deploy["update_config"]["order"] == "start-first"
    assert deploy["update_config"]["failure_action"] == "rollback"
    assert deploy["endpoint_mode"] == "dnsrr"
    assert deploy["replicas"] == 2


def test_nginx_finds_the_copies_by_name_and_offers_a_request_to_another_one() -> None:
    conf = exported("swarm")["conf/nginx.conf"]
    assert "server tasks.app:3031 resolve max_fails=1 fail_timeout=5s;" in conf
    assert "resolver 127.0.0.11 valid=1s ipv6=off;" in conf
    assert "uwsgi_next_upstream error timeout;" in conf
    assert "uwsgi_next_upstream off;" not in conf


def test_the_apps_port_is_published_nowhere_and_in_one_network_with_nginx() -> None:
    services = stack()["services"]
    assert "ports" not in services["app"]
    assert services["app"]["networks"] == services["web"]["networks"] == ["back"]
    assert services["web"]["ports"] == [{"target": 8000, "published": 80, "protocol": "tcp", "mode": "host"}]


def test_both_servers_finish_what_is_under_way() -> None:
    services = stack()["services"]
    assert services["web"]["stop_signal"] == "SIGQUIT"
    assert services["app"]["command"][-2:] == [
        "--hook-master-start",
        "unix_signal:15 gracefully_kill_them_all",
    ]
    assert services["app"]["stop_grace_period"] == services["web"]["stop_grace_period"] == "50s"


def test_a_new_version_of_the_app_leaves_nginx_alone() -> None:
    services = stack()["services"]
    assert services["app"]["image"] == "shop:${TAG:-1}"
    assert services["web"]["image"] == "shop:${WEB_TAG:-1}"
    assert "location ^~ /static/" not in exported("swarm")["conf/nginx.conf"]


def test_only_the_app_gets_the_secret() -> None:
    document = stack()
    (secret,) = document["services"]["app"]["secrets"]
    assert (secret["source"], secret["uid"], secret["mode"]) == ("shop-env", "10001", 0o400)
    assert document["secrets"] == {"shop-env": {"external": True, "name": "${SECRET:-shop-env}"}}
    assert "secrets" not in document["services"]["web"]
    assert document["services"]["app"]["command"][:3] == [
        "python", "/etc/enuf/conf/with_secrets.py", "/run/secrets/shop-env",
    ]  # fmt: skip


def test_processes_beside_the_app_are_services() -> None:
    worker = stack(FULL)["services"]["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert worker["command"][-4:] == ["celery", "-A", "shop", "worker"]
    assert worker["environment"] == {"FLASK_APP": f"{PROJECT}/app.py:app"}


def test_a_command_before_an_update_finds_the_app() -> None:
    commands = dict(Swarm().commands(deployment("swarm", FULL)))
    assert commands["before"] == (
        f"docker run --rm --env-file .env -e FLASK_APP={PROJECT}/app.py:app shop:1 flask db upgrade"
    )


def test_what_the_servers_write_belongs_to_their_user_and_to_one_container() -> None:
    for service in stack(FULL, facts=facts(UPLOADS))["services"].values():
        assert service["read_only"] is True
        assert service["volumes"][:2] == [
            {"type": "tmpfs", "target": "/tmp"},
            {"type": "volume", "target": "/run/enuf"},
        ]


def test_nginx_is_not_ended_for_what_the_app_does() -> None:
    check = stack()["services"]["web"]["healthcheck"]["test"]
    assert "('127.0.0.1', 8000)" in check[-1]
    assert "probe.py" not in check[-1]


class Answering:
    """An app server that gives the same answer to every request in uWSGI's protocol."""

    def __init__(self, status: str) -> None:
        self._status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.asked: list[bytes] = []

    def __enter__(self) -> Answering:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    if received := connection.recv(65536):
                        self.asked.append(received)
                        connection.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [({}, "200 OK", 0), ({}, "404 NOT FOUND", 0), ({}, "500 ERROR", 1), ({"reload.health": "/up?deep=1"}, "404 NO", 1)],
)  # fmt: skip
def test_a_copy_must_have_answered_before_it_gets_requests(
    tmp_path: Path, values: dict[str, object], status: str, code: int
) -> None:
    program = probe_in(tmp_path, values)
    with Answering(status) as server:
        assert asks(program, server.port) == code
        (request,) = server.asked
        assert b"PATH_INFO" in request
        assert (b"/up?deep=1" in request) == bool(values)
        # A copy that has answered is ended only when nothing listens any more.
        assert asks(program, server.port) == code
        assert len(server.asked) == (1 if code == 0 else 2)
    assert asks(program, server.port) == 1


def probe_in(folder: Path, values: dict[str, object]) -> str:
    """The program that asks a copy, with its note in this folder."""
    return exported("swarm", values)["conf/probe_app.py"].replace("/tmp/enuf-served", f"{folder}/served")


def asks(program: str, port: int) -> int:
    """Run the program against this port, and return its exit status."""
    text = program.replace('("127.0.0.1", 3031)', f'("127.0.0.1", {port})')
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, timeout=60, check=False)
    return done.returncode


@pytest.mark.parametrize("topology", ["gunicorn", "nginx-gunicorn", "uwsgi-http"])
def test_a_topology_without_a_link_between_hosts_is_refused(topology: str) -> None:
    with pytest.raises(SettingsInvalid, match="no link from nginx"):
        exported("swarm", {"topology": topology})

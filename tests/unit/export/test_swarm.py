"""Docker Swarm: nginx on each host finds the copies by DNS, and updates roll back by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from enuf.errors import SettingsInvalid
from tests.support.exports import FULL, documents, exported


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
    assert document["secrets"] == {"shop-env": {"external": True}}
    assert "secrets" not in document["services"]["web"]
    assert document["services"]["app"]["command"][:3] == [
        "python", "/etc/enuf/conf/with_secrets.py", "/run/secrets/shop-env",
    ]  # fmt: skip


def test_processes_beside_the_app_are_services() -> None:
    worker = stack(FULL)["services"]["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert worker["command"][-4:] == ["celery", "-A", "shop", "worker"]


@pytest.mark.parametrize("topology", ["gunicorn", "nginx-gunicorn", "uwsgi-http"])
def test_a_topology_without_a_link_between_hosts_is_refused(topology: str) -> None:
    with pytest.raises(SettingsInvalid, match="no link from nginx"):
        exported("swarm", {"topology": topology})

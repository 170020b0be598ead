"""Every setting has an effect under every topology, or the topology says that it ignores or refuses the setting."""

from __future__ import annotations

import pytest

from enuf.errors import EnufError
from enuf.model.app import StaticFolder
from enuf.plan.check import contradictions, ignored
from enuf.plan.topologies import TOPOLOGIES, find_topology
from enuf.plan.unmet import unmet
from enuf.settings.fields import dotted_keys
from enuf.settings.origin import Origin
from tests.support.parts import PROJECT, plan, report, settings

OTHER_VALUES: dict[str, object] = {
    "serve.listen": "127.0.0.1:8001",
    "serve.link": "127.0.0.1:3032",
    "serve.socket_mode": "0660",
    "serve.hosts": ["example.com"],
    "serve.processes": 7,
    "serve.threads": 5,
    "serve.greenlets": 1000,
    "serve.timeout": "5m",
    "serve.client_timeout": "10m",
    "serve.websocket_timeout": "5m",
    "serve.max_body": "3m",
    "serve.max_header": "16k",
    "serve.prefix": "/shop",
    "serve.trusted_proxies": ["10.0.0.0/8"],
    "serve.proxy_protocol": True,
    "workers.lazy": True,
    "workers.max_requests": 10000,
    "workers.max_memory": "300m",
    "workers.max_age": "1h",
    "workers.scale": "2..6",
    "reload.health": "/health",
    "reload.wait": "2m",
    "reload.before": ["flask db upgrade"],
    "static.mode": "off",
    "static.extra": {"/media/": "media"},
    "static.protected": {"/private/": "private"},
    "static.spa": {"/": "dist"},
    "static.spa_except": ["/api/"],
    "static.cache": {"/static/": "7d"},
    "static.cors": ["*"],
    "static.index": {"/static/": "list"},
    "static.precompressed": True,
    "http.gzip": False,
    "http.security_headers": "off",
    "http.request_id": False,
    "http.error_pages": {"404": "404.html"},
    "http.maintenance": "closed.html",
    "http.maintenance_allow": ["10.0.0.0/8"],
    "access.passwords": {"/": ".htpasswd"},
    "access.allow": {"/admin": ["10.0.0.0/8"]},
    "access.deny": {"/": ["203.0.113.7"]},
    "cache.paths": {"/": "10s", "/api/list": "1m", "/account": "off"},
    "limits.requests": "10/s burst 20",
    "limits.paths": {"/login": "5/m"},
    "limits.connections": 10,
    "limits.queue": 50,
    "log.format": "json",
    "log.rotate": "9m x 2",
    "dashboard.listen": "127.0.0.1:9192",
    "raw.nginx_server": "add_header X-Served-By enuf;",
    "raw.nginx_http": "map $uri $is_api { ~^/api 1; default 0; }",
    "raw.uwsgi": {"thunder-lock": True},
}
ELSEWHERE = {
    "app": "found before the plan",
    "topology": "the row itself",
    "python": "found before the plan",
    "env_file": "read before the plan",
    "nginx": "found before the plan",
    "uwsgi": "found before the plan",
    "serve.user": "becomes the user of the process that makes the plan",
    "reload.watch": "a part of the plan's request",
    "reload.before_timeout": "for the commands of reload.before alone",
    "static.extra": "its folders are a part of the plan's request",
    "static.protected": "its folders are a part of the plan's request",
    "http.error_pages": "its files are a part of the plan's request",
    "http.maintenance": "its file is a part of the plan's request",
    "http.maintenance_allow": "matters only beside http.maintenance",
    "static.spa": "its folders are a part of the plan's request",
    "static.spa_except": "matters only beside static.spa",
    "install.writable": "for `enuf install` alone",
    "install.default_site": "for `enuf install` alone",
    "alert.command": "for `enuf install` alone",
    "alert.webhook": "for `enuf install` alone",
    **{
        f"tls.{name}": "only with a certificate, which is a part of the plan's request"
        for name in (
            "mode",
            "http",
            "certificate",
            "key",
            "names",
            "hsts",
            "email",
            "directory",
            "staging",
            "eab_kid",
            "eab_key",
            "directory_ca",
        )
    },
    "cache.stale": "matters only beside cache.paths",
    "cache.size": "matters only beside cache.paths",
    "serve.www": "matters only beside serve.hosts",
    "serve.health_path": "matters only beside serve.hosts",
    "serve.link": "the TCP link of the topologies that have one",
}


def test_every_setting_is_in_one_of_the_tables() -> None:
    assert set(dotted_keys()) == set(OTHER_VALUES) | set(ELSEWHERE)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("key", [key for key in OTHER_VALUES if key not in ELSEWHERE])
def test_a_setting_has_an_effect_or_is_named_as_without_one(topology: str, key: str) -> None:
    values = {"topology": topology, key: OTHER_VALUES[key]}
    row, wanted = find_topology(topology), settings(values)
    origins = {each: Origin("file", "enuf.toml:1") for each in dotted_keys()}
    if contradictions(wanted, row, origins) or ignored(wanted, row):
        return
    app = report(static_folders=(StaticFolder(url="/static/", directory=f"{PROJECT}/static", owner="app"),))
    before = plan({"topology": topology}, report=app)
    try:
        after = plan(values, report=app)
    except EnufError as error:
        assert key in error.summary
        return
    assert after != before


@pytest.mark.parametrize(
    ("mode", "key", "value"),
    [
        ("off", "tls.hsts", "5m"),
        ("off", "tls.http", "127.0.0.1:8080"),
        ("off", "tls.names", ["shop.test"]),
        ("local", "tls.certificate", "site.pem"),
        ("local", "tls.staging", True),
        ("files", "tls.email", "admin@example.com"),
        ("acme", "tls.key", "site.key"),
    ],
)
def test_a_setting_of_another_mode_of_https_is_named_as_without_effect(
    mode: str, key: str, value: object
) -> None:
    (found,) = unmet(settings({"tls.mode": mode, key: value}), {})
    assert found.startswith(f"{key} has no effect: ")


def test_the_settings_of_the_chosen_mode_of_https_are_not_named() -> None:
    of_acme = {"tls.email": "admin@example.com", "tls.staging": True, "tls.hsts": "5m"}
    assert unmet(settings({"tls.mode": "acme", **of_acme}), {}) == ()
    assert unmet(settings({"tls.mode": "files", "tls.certificate": "a.pem", "tls.key": "a.key"}), {}) == ()
    assert unmet(settings({}), {}) == ()

"""The schema itself: the keys and defaults that the contract fixes, and that its own prose is true."""

from __future__ import annotations

import pytest

from enuf.model.address import TcpAddress, UnixAddress
from enuf.settings.fields import FieldInfo, assemble, dotted_keys, nearest_key, sections, value_of
from enuf.settings.schema import Settings
from enuf.settings.shapes import plain, spelled
from enuf.settings.values import Duration, ProcessRange, Size

CONTRACT = {
    "app": "",
    "topology": "nginx-uwsgi",
    "python": "auto",
    "env_file": [".flaskenv", ".env"],
    "nginx": "embedded",
    "uwsgi": "embedded",
    "serve.listen": "127.0.0.1:8000",
    "serve.socket_mode": "0600",
    "serve.hosts": [],
    "serve.www": "off",
    "serve.health_path": "",
    "serve.client_timeout": "1m30s",
    "serve.websocket_timeout": "1h",
    "serve.proxy_protocol": False,
    "serve.processes": "auto",
    "serve.threads": 2,
    "serve.greenlets": 0,
    "serve.user": "auto",
    "serve.timeout": "30s",
    "serve.max_body": "16m",
    "serve.max_header": "32k",
    "serve.prefix": "",
    "serve.trusted_proxies": [],
    "workers.lazy": "auto",
    "workers.max_requests": 0,
    "workers.max_memory": "off",
    "workers.max_age": "off",
    "workers.scale": "fixed",
    "reload.health": "auto",
    "reload.wait": "30s",
    "reload.before": [],
    "reload.before_timeout": "5m",
    "reload.watch": False,
    "static.mode": "auto",
    "static.extra": {},
    "static.spa": {},
    "static.spa_except": [],
    "static.cache": {},
    "static.cors": [],
    "static.index": {},
    "static.precompressed": False,
    "static.protected": {},
    "tls.mode": "off",
    "tls.http": "auto",
    "tls.certificate": "",
    "tls.key": "",
    "tls.names": [],
    "tls.hsts": "off",
    "tls.email": "",
    "tls.directory": "",
    "tls.staging": False,
    "tls.eab_kid": "",
    "tls.eab_key": "",
    "tls.directory_ca": "",
    "http.gzip": True,
    "http.security_headers": "basic",
    "http.request_id": True,
    "http.error_pages": {},
    "http.maintenance": "",
    "http.maintenance_allow": [],
    "access.passwords": {},
    "access.allow": {},
    "access.deny": {},
    "cache.paths": {},
    "cache.stale": "off",
    "cache.size": "64m",
    "limits.requests": "off",
    "limits.paths": {},
    "limits.connections": "off",
    "limits.queue": "auto",
    "log.format": "text",
    "log.rotate": "50m x 5",
    "dashboard.listen": "127.0.0.1:9191",
    "install.writable": [],
    "install.default_site": False,
    "alert.command": "",
    "alert.webhook": "",
    "raw.nginx_server": "",
    "raw.nginx_http": "",
    "raw.uwsgi": {},
}

every_field = pytest.mark.parametrize("field", dotted_keys().values(), ids=lambda field: field.key)


OURS = {"serve.link": "127.0.0.1:3031"}
"""Settings that the contract does not have."""


def test_the_keys_and_defaults_are_those_of_the_contract() -> None:
    assert {key: plain(field.default) for key, field in dotted_keys().items()} == {**CONTRACT, **OURS}


@every_field
def test_every_default_is_read_back_from_its_own_spelling(field: FieldInfo) -> None:
    assert field.kind.read(plain(field.default)) == field.default


@every_field
def test_every_example_is_accepted(field: FieldInfo) -> None:
    assert field.examples
    for example in field.examples:
        value = field.kind.read(example)
        assert field.kind.read(plain(value)) == value


@every_field
def test_every_setting_is_explained_in_sentences(field: FieldInfo) -> None:
    assert field.description.endswith(".")
    assert "\n" not in field.description


@every_field
def test_every_kind_says_what_it_takes(field: FieldInfo) -> None:
    assert field.kind.words
    with pytest.raises(ValueError, match=r"\S"):
        field.kind.read(3.5)


def test_the_variables_are_named_after_the_keys() -> None:
    keys = dotted_keys()
    assert keys["serve.listen"].env == "ENUF_SERVE_LISTEN"
    assert keys["app"].env == "ENUF_APP"
    assert len({field.env for field in keys.values()}) == len(keys)


def test_the_flags_of_up_are_those_of_the_contract() -> None:
    assert {field.flag: key for key, field in dotted_keys().items() if field.flag} == {
        "--listen": "serve.listen",
        "--topology": "topology",
        "--processes": "serve.processes",
        "--threads": "serve.threads",
        "--timeout": "serve.timeout",
        "--max-body": "serve.max_body",
        "--server-name": "serve.hosts",
        "--nginx": "nginx",
        "--uwsgi": "uwsgi",
        "--tls": "tls.mode",
    }


def test_the_sections_stand_in_the_order_of_the_contract() -> None:
    expected = [
        "serve",
        "workers",
        "reload",
        "static",
        "tls",
        "http",
        "access",
        "cache",
        "limits",
        "log",
        "dashboard",
        "install",
        "alert",
        "raw",
    ]
    assert list(sections()) == expected


def test_values_are_typed_and_off_is_none() -> None:
    fields = dotted_keys()
    assert fields["serve.timeout"].kind.read("1h30m") == Duration(5400)
    assert fields["workers.max_memory"].kind.read("300m") == Size(300 << 20)
    assert fields["workers.max_memory"].kind.read("off") is None
    assert fields["workers.scale"].kind.read("2..8") == ProcessRange(2, 8)
    assert fields["serve.listen"].kind.read("unix:/run/a.sock") == UnixAddress("/run/a.sock")
    assert fields["serve.listen"].kind.read(8000) == TcpAddress("127.0.0.1", 8000)
    assert fields["dashboard.listen"].kind.read("off") is None
    assert fields["reload.health"].kind.read("off") == "off"
    assert fields["tls.mode"].kind.read("off") == "off"


def test_settings_are_assembled_from_dotted_values() -> None:
    settings = assemble({"serve.threads": 3, "app": "shop.py"})
    assert (settings.serve.threads, settings.app, settings.serve.processes) == (3, "shop.py", "auto")
    assert value_of(settings, "serve.threads") == 3
    assert assemble({}) == Settings()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("serve.treads", "serve.threads"),
        ("serve.max-body", "serve.max_body"),
        ("serve.Listen", "serve.listen"),
        ("workers.threads", "serve.threads"),
        ("threads", "serve.threads"),
        ("serve.app", "app"),
        ("server.listen", "serve.listen"),
        ("dashbord.listen", "dashboard.listen"),
        ("workers.max_memmory", "workers.max_memory"),
        ("log.rotation", "log.rotate"),
        ("topolgy", "topology"),
        ("serve.colour", None),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_nearest_setting_is_found(written: str, meant: str | None) -> None:
    assert nearest_key(written) == meant


def test_a_value_is_spelled_as_toml_reads_it() -> None:
    assert spelled(None) == '"off"'
    assert spelled(Duration(30)) == '"30s"'
    assert spelled(True) == "true"
    assert spelled(("a", 'b"')) == r'["a", "b\""]'
    assert spelled({"/media/": "./media"}) == '{ "/media/" = "./media" }'

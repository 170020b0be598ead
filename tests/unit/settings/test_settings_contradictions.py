"""Settings that are fine alone and wrong together."""

from __future__ import annotations

import pytest
from tests.support.parts import settings

from enuf.model.address import TcpAddress
from enuf.settings.contradictions import setting_contradictions
from enuf.settings.schema import Dashboard, Raw, Serve, Settings, Tls

PAIR = {"tls.mode": "files", "tls.certificate": "a.pem", "tls.key": "a.key"}


def test_the_defaults_contradict_nothing() -> None:
    assert setting_contradictions(Settings(), {}) == []


@pytest.mark.parametrize(
    ("option", "instead"),
    [
        ("harakiri", "serve.timeout"),
        ("socket", "serve.listen"),
        ("uwsgi-socket", "serve.listen"),
        ("http-socket", "serve.listen"),
        ("http_socket", "serve.listen"),
        ("http", "serve.listen"),
        ("chmod-socket", "private"),
        ("daemonize", "enuf up -d"),
        ("daemonize2", "enuf up -d"),
        ("pidfile", "enuf status"),
        ("uid", "serve.user"),
        ("gid", "serve.user"),
        ("master-fifo", "enuf reload"),
        ("stats", "enuf top"),
    ],
)
def test_a_raw_uwsgi_option_that_is_enufs_own_names_what_to_use_instead(option: str, instead: str) -> None:
    (found,) = setting_contradictions(Settings(raw=Raw(uwsgi={option: "x"})), {})
    assert f"raw.uwsgi sets {option}: " in found
    assert instead in found


def test_any_other_raw_uwsgi_option_is_the_users_business() -> None:
    assert (
        setting_contradictions(Settings(raw=Raw(uwsgi={"thunder-lock": True, "harakiri-verbose": True})), {})
        == []
    )


def test_the_site_and_the_dashboard_may_both_take_any_free_port() -> None:
    free = TcpAddress("127.0.0.1", 0)
    assert (
        setting_contradictions(Settings(serve=Serve(listen=free), dashboard=Dashboard(listen=free)), {}) == []
    )


def test_a_feature_to_come_is_named_even_without_an_origin() -> None:
    (found,) = setting_contradictions(Settings(tls=Tls(mode="acme")), {})
    assert found.startswith('default: tls.mode = "acme": this version of enuf does not request certificates')


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tls.mode": "files"}, "needs tls.certificate and tls.key"),
        ({"tls.mode": "files", "tls.key": "a.key"}, "needs tls.certificate: name the file"),
        ({"tls.key": "a.key"}, "tls.certificate is missing: HTTPS needs both files"),
        ({**PAIR, "tls.http": "127.0.0.1:0"}, "tls.http has port 0"),
        ({**PAIR, "tls.http": "127.0.0.1:8000"}, "tls.http and serve.listen are both 127.0.0.1:8000"),
        ({**PAIR, "tls.http": "127.0.0.1:9191"}, "tls.http and dashboard.listen are both 127.0.0.1:9191"),
        ({**PAIR, "serve.listen": "unix:/run/shop.sock"}, "serve.listen names a unix socket"),
    ],
)
def test_a_contradiction_of_https_is_named(values: dict[str, object], sentence: str) -> None:
    (found,) = setting_contradictions(settings(values), {})
    assert sentence in found

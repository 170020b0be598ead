"""Settings that are fine alone and wrong together."""

from __future__ import annotations

import pytest
from tests.support.parts import settings

from enuf.model.address import TcpAddress, UnixAddress
from enuf.settings.contradictions import setting_contradictions
from enuf.settings.origin import Origin
from enuf.settings.schema import Settings
from enuf.settings.sections.dashboard import Dashboard
from enuf.settings.sections.limits import Limits
from enuf.settings.sections.raw import Raw
from enuf.settings.sections.serve import Serve

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
        ("processes", "serve.processes"),
        ("workers", "serve.processes"),
        ("threads", "serve.threads"),
        ("cheaper", "workers.scale"),
        ("lazy-apps", "workers.lazy"),
        ("max-worker-lifetime", "workers.max_age"),
        ("max-requests", "workers.max_requests"),
        ("listen", "longest queue"),
        ("master", "master process"),
        ("module", "set app"),
        ("wsgi-file", "set app"),
        ("virtualenv", "set python"),
        ("chdir", "--project"),
        ("ini", "[raw.uwsgi]"),
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


def test_a_contradiction_is_named_even_without_an_origin() -> None:
    at = Serve(listen=UnixAddress("/run/shop.sock"))
    (found,) = setting_contradictions(Settings(serve=at, limits=Limits(connections=3)), {})
    assert found.startswith("default: limits.connections goes by the visitor's address")


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


@pytest.mark.parametrize("given", ["tls.certificate", "tls.key"])
def test_half_a_pair_is_traced_to_the_half_that_was_given(given: str) -> None:
    origins = {given: Origin("file", "enuf.toml:3")}
    (found,) = setting_contradictions(settings({given: "a.pem"}), origins)
    assert found.startswith("enuf.toml:3: tls.")


@pytest.mark.parametrize("size", [1, 4095, 65_537, -1, "32k", True])
def test_a_buffer_that_holds_no_request_is_refused(size: int | str) -> None:
    (found,) = setting_contradictions(Settings(raw=Raw(uwsgi={"buffer-size": size})), {})
    assert "is no number of bytes from 4096 to 65536: uWSGI would answer no request" in found


@pytest.mark.parametrize("size", [4096, 65_536, "32768"])
def test_a_buffer_that_holds_requests_is_the_users_business(size: int | str) -> None:
    assert setting_contradictions(Settings(raw=Raw(uwsgi={"buffer_size": size})), {}) == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("add_header X a", "'a' has no ; behind it"),
        ("add_header X a;\nadd_header Y", "'Y' has no ; behind it"),
        ("}", "a } has no { before it"),
        ("location /x { return 204; }\n}\nserver {", "a } has no { before it"),
        ("map $x $y {", "a { has no } behind it"),
        ("location /x { return 204 }", "'204' has no ; behind it"),
        ('add_header X "a;', 'a text that begins with " has no end'),
        ("add_header X 'a;", "a text that begins with ' has no end"),
        ("add_header X a; \\", "'\\\\' has no ; behind it"),
    ],
)
def test_raw_lines_that_would_run_into_ours_are_refused(lines: str, fault: str) -> None:
    for raw, key in ((Raw(nginx_server=lines), "nginx_server"), (Raw(nginx_http=lines), "nginx_http")):
        assert setting_contradictions(Settings(raw=raw), {}) == [f"default: raw.{key}: {fault}"]


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "# nothing; { here",
        "add_header X a; # } and more",
        'location ~ "^/a{2}$" { return 204; }',
        "map $uri $is_api { ~^/api 1; default 0; }",
        "add_header X '} it\\'s {';",
        'add_header X a#b"c;',
        "rewrite ^ ${uri}x;",
        "location /a\\;b {\n  return 204;\n}\n",
    ],
)
def test_whole_statements_are_the_users_business(lines: str) -> None:
    raw = Raw(nginx_server=lines, nginx_http=lines)
    assert setting_contradictions(Settings(raw=raw), {}) == []


def test_the_proxy_protocol_needs_the_proxies_that_are_believed() -> None:
    (problem,) = setting_contradictions(settings({"serve.proxy_protocol": True}), {})
    assert "serve.proxy_protocol needs serve.trusted_proxies" in problem
    trusted = {"serve.proxy_protocol": True, "serve.trusted_proxies": ["10.0.0.1"]}
    assert setting_contradictions(settings(trusted), {}) == []


@pytest.mark.parametrize(("hosts", "why"), [
    ([], "no plain name"),
    (["*.example.com"], "no plain name"),
    (["shop.test", "example.com", "www.example.com"], "example.com and www.example.com"),
])  # fmt: skip
def test_a_redirect_of_www_needs_a_name_that_is_listed_in_one_form(hosts: list[str], why: str) -> None:
    wanted = settings({"serve.www": "redirect", "serve.hosts": hosts})
    (found,) = setting_contradictions(wanted, {})
    assert "serve.www" in found and why in found


def test_a_missing_half_of_a_pair_is_reported_at_the_other_half() -> None:
    origins = {"tls.certificate": Origin("file", "enuf.toml:2")}
    (found,) = setting_contradictions(settings({"tls.certificate": "a.pem"}), origins)
    assert found == "enuf.toml:2: tls.key is missing: HTTPS needs both files"

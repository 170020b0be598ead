"""A site among the sites of others: nothing in its file can meet a name of theirs, or hold for them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from enuf.errors import SettingsInvalid
from enuf.fronts.nginx_site import identifier
from enuf.model.app import ProtectedFolder, SitePages, StaticFolder
from enuf.model.plan import Plan
from enuf.model.site import Site
from tests.support.parts import HOST_NGINX, plan, report

SHARED = re.compile(
    r"^(?:map|geo) (?:\"[^\"]*\"|\S+)\s+(\$\w+)|^upstream (\w+)|^log_format (\w+)|\b(?:keys_)?zone=(\w+)|_path (\S+)",
    re.MULTILINE,
)


RULES: dict[str, Any] = {
    "serve__trusted_proxies": ["10.0.0.1"],
    "cache__paths": {"/": "10s", "/list": "1m"},
    "access__passwords": {"/": ".htpasswd"},
    "access__allow": {"/admin": ["10.0.0.0/8"]},
    "limits__requests": "10/s",
    "limits__paths": {"/login": "5/m"},
    "limits__connections": 10,
    "http__maintenance_allow": ["10.0.0.0/8"],
    "static__cors": ["https://app.example.com"],
    "static__cache": {"/static/": "7d"},
}
PAGES = SitePages(
    errors={"502": "/srv/shop/502.html", "503": "/srv/shop/503.html"}, maintenance="/srv/shop/closed.html"
)
SPA_FOLDER = StaticFolder(url="/", directory="/srv/shop/dist", owner="static.spa")
PRIVATE = ProtectedFolder(url="/private/", directory="/srv/shop/private", address="/.enuf/protected/0/")


def site_plan(name: str = "shop", **values: object) -> Plan:
    wishes = {"serve.hosts": [f"{name}.example"], "serve.listen": "0.0.0.0:80"}
    wishes |= {key.replace("__", "."): value for key, value in values.items()}  # type: ignore[misc]
    folder = StaticFolder(url="/static/", directory="/srv/shop/static", owner="app")
    return plan(
        wishes,
        site=Site(name=name, nginx=HOST_NGINX),
        report=report(static_folders=(folder,), routes=("api",)),
        pages=PAGES,
        extra_static=(SPA_FOLDER,),
        protected=(PRIVATE,),
    )


def text_of(made: Plan) -> str:
    (file,) = [file for file in made.files if file.reader == "host"]
    return file.text


def outside_server(text: str) -> str:
    return text.partition("\nserver {")[0]


def test_two_sites_share_no_name() -> None:
    first, second = (
        {name for names in SHARED.findall(text_of(site_plan(name, **RULES))) for name in names if name}
        for name in ("shop", "blog")
    )
    assert len(first) == len(second) > 8
    assert not first & second


def test_every_name_that_is_used_is_the_sites_own() -> None:
    text = text_of(site_plan(**RULES, serve__prefix="/app"))
    assert set(re.findall(r"\benuf_(?!shop_)\w+", text)) == set()


def test_a_site_of_gunicorn_passes_websockets_on_under_names_of_its_own() -> None:
    text = text_of(site_plan(topology="nginx-gunicorn"))
    assert "if ($e_shop_handshake) {" in text and "error_page 418 = @enuf_shop_websocket;" in text
    assert "$request_method $server_protocol $http_upgrade $http_connection" in outside_server(text)
    assert "handshake" not in text_of(site_plan())


def test_the_proxy_protocol_is_refused_for_ports_that_other_sites_have_too() -> None:
    with pytest.raises(SettingsInvalid, match="the ports of the host's nginx belong to all its sites"):
        site_plan(serve__proxy_protocol=True, serve__trusted_proxies=["10.0.0.1"])


def test_a_host_of_its_own_never_makes_it_the_default() -> None:
    text = text_of(site_plan())
    assert "default_server" not in text and "backlog=" not in text
    assert "    listen 80;\n    listen [::]:80;\n    server_name shop.example;\n" in text


def test_what_would_hold_for_other_sites_stands_in_the_server_block() -> None:
    text = text_of(site_plan(**RULES))
    statements = re.findall(r"^(\w+)", outside_server(text), re.MULTILINE)
    assert set(statements) <= {
        "log_format",
        "map",
        "geo",
        "upstream",
        "uwsgi_cache_path",
        "limit_req_zone",
        "limit_conn_zone",
    }
    assert "\n    set_real_ip_from 10.0.0.1;" in text


def test_the_app_is_reached_by_the_socket_of_the_service() -> None:
    made = site_plan()
    assert f"server unix:{made.paths.app_socket} " in text_of(made)
    assert made.front is None
    assert made.url == "http://shop.example"


@pytest.mark.parametrize("form", ["text", "json"])
def test_every_line_of_the_log_says_which_file_was_in_force(form: str) -> None:
    made = site_plan(log__format=form)
    (file,) = [file for file in made.files if file.reader == "host"]
    assert file.digest and file.text.count(file.digest) == 1
    assert text_of(site_plan(log__format=form, serve__max_body="1m")).count(file.digest) == 0


def test_lines_of_the_users_find_our_variables() -> None:
    raw = "add_header X-Id $enuf_request_id;"
    text = text_of(site_plan(raw__nginx_server=raw))
    assert "add_header X-Id $e_shop_request_id;" in text


def test_a_long_name_gives_a_short_identifier_of_its_own() -> None:
    one, other = identifier("a-very-long-site-name-1"), identifier("a-very-long-site-name-2")
    assert one != other


@pytest.mark.parametrize("name", ["shop", "a-very-long-name-for-a-site"])
def test_the_names_of_variables_are_short_enough_for_a_table_of_nginx(name: str) -> None:
    text = text_of(site_plan(name, serve__trusted_proxies=["10.0.0.1", "unix:"], serve__prefix="/app"))
    names = set(re.findall(r"\$(e_\w+)", text))
    assert len(names) > 20 and max(map(len, names)) <= 17


def test_https_stands_in_the_server_of_the_site() -> None:
    text = text_of(site_plan("shop", **HTTPS, tls__hsts="1h"))
    assert set(re.findall(r"^(\w+)", outside_server(text), re.MULTILINE)) <= {"log_format", "map", "upstream"}
    assert (
        "    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n    server_name shop.example;\n" in text
    )
    assert "    listen 80;\n    listen [::]:80;\n    server_name shop.example;\n" in text
    assert text.count("return 308 https://$host$request_uri;") == 1
    assert "default_server" not in text and "http2 on" not in text
    assert site_plan("shop", **HTTPS).url == "https://shop.example"


def test_names_without_a_site_get_no_certificate_where_no_other_site_is_the_default() -> None:
    (nobody, *_) = text_of(site_plan("shop", **HTTPS)).split("\nserver {")[1:]
    assert "server_name enuf-shop.invalid;" in nobody and "ssl_reject_handshake on;" in nobody
    assert "ssl_certificate" not in nobody
    by_address = text_of(site_plan("shop", **HTTPS, serve__hosts=["203.0.113.7"]))
    assert "ssl_reject_handshake" not in by_address


def test_no_site_becomes_the_default_site_of_its_port_by_being_the_first() -> None:
    nobody, site = text_of(site_plan()).split("\nserver {")[1:]
    assert (
        "    listen 80;\n    listen [::]:80;\n    server_name enuf-shop.invalid;\n    return 444;\n" in nobody
    )
    assert "server_name shop.example;" in site and "default_server" not in nobody + site


@pytest.mark.parametrize("hosts", [[], ["shop.example", "www.shop.example"]])
def test_a_default_site_takes_every_name_that_no_other_site_has(hosts: list[str]) -> None:
    (site,) = text_of(site_plan(install__default_site=True, serve__hosts=hosts)).split("\nserver {")[1:]
    assert "    listen 80 default_server;\n    listen [::]:80 default_server;\n" in site
    assert f"server_name {' '.join(hosts) or '_'};" in site


def test_a_default_site_with_https_is_that_of_both_ports_once() -> None:
    wanted = {**HTTPS, "tls__mode": "acme", "serve__www": "redirect", "install__default_site": True}
    text = text_of(site_plan("shop", **wanted))
    for line in ("listen 80 default_server;", "listen [::]:443 ssl http2 default_server;"):
        assert text.count(line) == 1
    assert ".invalid" not in text and "ssl_reject_handshake" not in text


def test_the_file_does_not_change_with_the_certificate() -> None:
    """Only root may write the file, and a renewal is taken by nginx without a new one."""
    assert "/var/lib/enuf/tls/shop.pem" in text_of(site_plan("shop", **HTTPS))
    assert "SHA-256" not in text_of(site_plan("shop", **HTTPS))


def test_the_other_form_of_a_name_leads_to_the_site() -> None:
    text = text_of(site_plan("shop", **HTTPS, serve__www="redirect"))
    (www,) = [part for part in text.split("\nserver {") if "server_name www.shop.example;" in part]
    assert "listen 443 ssl" in www and "ssl_certificate " in www and "access_log" in www
    assert "return 308 $e_shop_scheme://shop.example$e_shop_www_port$request_uri;" in www
    assert "server_name shop.example www.shop.example;" in text  # that of plain HTTP
    assert "www" not in text_of(site_plan())


def test_until_there_is_a_certificate_plain_http_serves_the_site_and_the_challenge() -> None:
    wanted = {**HTTPS, "tls__mode": "acme", "serve__www": "redirect"}
    parts = text_of(site_plan("shop", **wanted)).split("\nserver {")
    (plain,) = [part for part in parts if "listen 80;" in part and "server_name shop.example;" in part]
    assert "/var/lib/enuf/tls/shop.plain" in plain and "uwsgi_pass" in plain
    for name in ("shop.example", "www.shop.example"):
        (of_name,) = [part for part in parts if "listen 80;" in part and f"server_name {name};" in part]
        assert "location ^~ /.well-known/acme-challenge/ {" in of_name
        assert "root /run/enuf-shop-cert;" in of_name


HTTPS: dict[str, object] = {
    "serve__listen": "0.0.0.0:443",
    "tls__mode": "files",
    "tls__certificate": "/etc/tls/site.pem",
    "tls__key": "/etc/tls/site.key",
}

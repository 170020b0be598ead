"""What the host's nginx can do is what it says of itself."""

from __future__ import annotations

import pytest

from enuf.errors import ToolUnusable
from enuf.install.nginx_build import read_build, refuse_lacking
from tests.support.parts import settings

DEBIAN = """nginx version: nginx/1.22.1
built with OpenSSL 3.0.22
configure arguments: --with-cc-opt='-g -O2 -Wformat' --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf \
--http-log-path=/var/log/nginx/access.log --pid-path=/run/nginx.pid --with-http_realip_module --with-threads
"""


def test_a_build_tells_its_version_and_its_places() -> None:
    build = read_build(DEBIAN)
    assert build.version == "1.22.1"
    assert build.conf == "/etc/nginx/nginx.conf"
    assert build.log == "/var/log/nginx"
    assert build.pid == "/run/nginx.pid"
    assert build.user == "nobody"


def test_an_own_build_may_have_everything_elsewhere() -> None:
    build = read_build(
        "nginx version: openresty/1.21.4.1\nconfigure arguments: --user=web "
        "--conf-path=/opt/nginx/conf/nginx.conf --http-log-path=/opt/nginx/logs/a.log"
    )
    assert (build.conf, build.user, build.log) == ("/opt/nginx/conf/nginx.conf", "web", "/opt/nginx/logs")


@pytest.mark.parametrize("said", ["", "apache2", "nginx version: nginx/", "nginx version: nginx/1.10.3"])
def test_what_is_no_nginx_or_too_old_is_refused(said: str) -> None:
    with pytest.raises(ToolUnusable):
        read_build(said)


@pytest.mark.parametrize(("switch", "wish", "lacking"), [
    ("--without-http_uwsgi_module", {}, "uwsgi"),
    ("--without-http_gzip_module", {}, "gzip"),
    ("--without-http_map_module --without-http_rewrite_module", {}, "map, rewrite"),
    ("--without-http_geo_module", {"serve.trusted_proxies": ["10.0.0.1"]}, "geo"),
])  # fmt: skip
def test_a_missing_module_is_named(switch: str, wish: dict[str, object], lacking: str) -> None:
    with pytest.raises(ToolUnusable, match=lacking):
        refuse_lacking(read_build(DEBIAN.strip() + f" {switch}"), settings(wish), "uwsgi")


def test_a_module_is_only_missed_where_it_is_needed() -> None:
    bare = read_build(
        "nginx version: nginx/1.22.1\nconfigure arguments: --without-http_gzip_module --without-http_proxy_module"
    )
    refuse_lacking(bare, settings({"http.gzip": False}), "uwsgi")
    with pytest.raises(ToolUnusable, match="realip"):
        refuse_lacking(bare, settings({"http.gzip": False, "serve.trusted_proxies": ["10.0.0.1"]}), "uwsgi")

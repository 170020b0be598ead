"""The server block and the location that the live doctor names are those that nginx itself chooses."""

from __future__ import annotations

import http.client
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.doctor.collect.deployment import collect
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.live.route import chosen_route
from enuf.syntax.nginx_tree import NginxConfig
from tests.support.builds import nginx_program
from tests.support.ports import free_ports
from tests.support.stack import until

pytestmark = pytest.mark.native

CONF = """
worker_processes 1;
daemon off;
pid nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
    server {{ listen 127.0.0.1:{one}; server_name first.example; location / {{ return 200 first; }} }}
    server {{ listen {one}; server_name any.example; location / {{ return 200 hidden; }} }}
    server {{ listen 127.0.0.1:{one} default_server; server_name default.example; location / {{ return 200 default; }} }}
    server {{ listen 127.0.0.1:{one}; server_name *.wild.example; location / {{ return 200 wild; }} }}
    server {{ listen 127.0.0.1:{one}; server_name *.long.wild.example; location / {{ return 200 longer; }} }}
    server {{ listen 127.0.0.1:{one}; server_name .both.example; location / {{ return 200 both; }} }}
    server {{ listen 127.0.0.1:{one}; server_name tail.*; location / {{ return 200 tail; }} }}
    server {{ listen 127.0.0.1:{one}; server_name ~^re\\d+\\.example$; location / {{ return 200 pattern; }} }}
    server {{ listen 127.0.0.1:{one}; server_name exact.wild.example Upper.Example; location / {{ return 200 exact; }} }}
    server {{
        listen {two};
        location / {{ return 200 root; }}
        location = /exact {{ return 200 is-exact; }}
        location /prefix {{ return 200 prefix; }}
        location /prefix/longer/ {{ return 200 longer-prefix; }}
        location ^~ /kept/ {{ return 200 kept; }}
        location ~ \\.php$ {{ return 200 php; }}
        location ~* \\.(css|js)$ {{ return 200 styles; }}
        location /outer/ {{
            location /outer/inner/ {{ return 200 inner; }}
            location ~ /deep$ {{ return 200 deep; }}
            return 200 outer;
        }}
    }}
    server {{ listen {two}; server_name closed.example; return 200 closed; }}
}}
"""
HOSTS = [
    "first.example",
    "any.example",
    "nobody.example",
    "a.wild.example",
    "a.long.wild.example",
    "b.a.wild.example",
    "exact.wild.example",
    "upper.example",
    "both.example",
    "x.both.example",
    "tail.com",
    "tail.co.kr",
    "re7.example",
    "rex.example",
    "127.0.0.1",
]
PATHS = [
    "/",
    "/exact",
    "/exact/",
    "/prefix",
    "/prefixes",
    "/prefix/longer/x",
    "/prefix/longer",
    "/kept/a.php",
    "/a.php",
    "/a.PHP",
    "/x.CSS",
    "/prefix/a.js",
    "/outer/",
    "/outer/inner/x",
    "/outer/x/deep",
    "/outer/a.php",
    "/outer/inner/deep",
    "/%65xact",
    "//exact",
]


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int, NginxConfig]]:
    """Two ports of one nginx, and its configuration as the doctor reads it."""
    one, two = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="route-", dir="/tmp") as name:
        conf = Path(name) / "nginx.conf"
        conf.write_text(CONF.format(one=one, two=two))
        words = [nginx_program("embedded"), "-p", f"{name}/", "-c", str(conf), "-e", f"{name}/error.log"]
        nginx = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            until((Path(name) / "nginx.pid").exists, what="nginx")
            yield one, two, collect([conf]).sites[0]
        finally:
            nginx.terminate()
            nginx.wait(30)


def answered(port: int, host: str, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": host})
    body = connection.getresponse().read().decode()
    connection.close()
    return body


def chosen(site: NginxConfig, port: int, host: str, path: str) -> str:
    route = chosen_route(site, parse_requested(f"http://{host}:{port}{path}"), "127.0.0.1")
    assert route.is_certain
    block = route.location or route.server
    return block.directive.inside("return")[-1].arg(1) if block else ""


@pytest.mark.parametrize("host", HOSTS)
def test_the_server_block_is_the_one_of_nginx(ports: tuple[int, int, NginxConfig], host: str) -> None:
    port, _, site = ports
    assert chosen(site, port, host, "/") == answered(port, host, "/")


@pytest.mark.parametrize("path", PATHS)
def test_the_location_is_the_one_of_nginx(ports: tuple[int, int, NginxConfig], path: str) -> None:
    _, port, site = ports
    assert chosen(site, port, "shop.example", path) == answered(port, "shop.example", path)


def test_a_block_that_returns_by_itself_has_no_location(ports: tuple[int, int, NginxConfig]) -> None:
    _, port, site = ports
    assert chosen(site, port, "closed.example", "/exact") == answered(port, "closed.example", "/exact")

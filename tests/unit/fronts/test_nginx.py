"""nginx as data: one number in the settings is coherent in all layers, and the file says what it must."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from enuf.fronts.mime_types import MIME_TYPES
from enuf.fronts.nginx_params import LARGEST_HEAD_BYTES, largest_head
from enuf.fronts.nginx_static import HASHED
from enuf.model.app import StaticFolder
from enuf.model.certificate import STAND_IN_ISSUER, Certificate, TlsPlan
from enuf.model.process import Signal
from enuf.syntax.access_log import JSON_FORMAT
from enuf.syntax.nginx import Directive
from tests.support.parts import RUNTIME, plan, report, toolchain

STATIC = StaticFolder(url="/static/", directory="/srv/shop/static", owner="app")


def conf(wish: dict[str, object] | None = None, **differences: Any) -> str:
    """The nginx.conf with these settings."""
    return plan(wish, **differences).file("nginx.conf").text


def value(text: str, name: str) -> str:
    """The first arguments of the first directive of that name."""
    found = re.search(rf"^ *{name} (.*);$", text, re.MULTILINE)
    assert found, name
    return found[1]


@pytest.mark.parametrize(
    ("wish", "buffering"),
    [({"topology": "nginx-flask"}, "off"), ({"topology": "nginx-flask", "cache.paths": {"/": "1m"}}, "on"), ({"topology": "nginx-gunicorn"}, "on")],
)  # fmt: skip
def test_nginx_holds_no_part_of_an_answer_back_where_the_server_marks_no_stream(
    wish: dict[str, object], buffering: str
) -> None:
    assert set(re.findall(r"proxy_buffering (\w+);", conf(wish))) == {buffering}


@pytest.mark.parametrize("timeout_s", [1, 30, 3600])
def test_one_timeout_is_coherent_in_all_layers(timeout_s: int) -> None:
    made = plan({"serve.timeout": f"{timeout_s}s"})
    text = made.file("nginx.conf").text
    wrapper = made.file("enuf_wsgi.py").text
    assert f"TimeLimit({timeout_s}, server, Waiting({timeout_s}, server))" in wrapper
    assert f"hold_s={timeout_s + 7}" in made.file("enuf_wsgi.py").text  # longer than nginx waits
    assert value(text, "uwsgi_read_timeout") == f"{timeout_s + 5}s"  # longer than the limit (F165)
    assert value(text, "worker_shutdown_timeout") == f"{timeout_s}s"
    assert made.front is not None
    assert made.front.process.stop[0] == Signal("QUIT", timeout_s + 5)


@pytest.mark.parametrize("silent_s", [1, 90, 3600])
def test_one_client_timeout_is_how_long_a_visitor_may_be_silent(silent_s: int) -> None:
    made = plan({"serve.client_timeout": f"{silent_s}s"})
    text = made.file("nginx.conf").text
    assert value(text, "client_body_timeout") == value(text, "send_timeout") == f"{silent_s}s"
    assert value(text, "client_header_timeout") == f"{min(10, silent_s)}s"
    # nginx alone gives a visitor up: a server behind it that did so first would cut the answer
    uwsgi = made.file("uwsgi.ini").text
    assert int(re.findall(r"^socket-timeout = (\d+)$", uwsgi, re.MULTILINE)[0]) > silent_s


def test_a_reader_that_pauses_for_a_minute_is_waited_for() -> None:
    assert value(conf(), "send_timeout") == value(conf(), "client_body_timeout") == "90s"


@pytest.mark.parametrize("wish", ["4k", "16k", "32k"])
def test_one_max_header_is_never_more_than_the_app_server_takes(wish: str) -> None:
    made = plan({"serve.max_header": wish})
    room = int(value(made.file("nginx.conf").text, "large_client_header_buffers").split()[1])
    assert room == min(int(wish[:-1]) * 1024, LARGEST_HEAD_BYTES)
    packet = int(re.findall(r"^buffer-size = (\d+)$", made.file("uwsgi.ini").text, re.MULTILINE)[0])
    names = sum(len(name) + 4 for name in re.findall(r"uwsgi_param (\S+)", made.file("nginx.conf").text))
    assert (
        2 * room + names + 400 < packet
    )  # the address twice, the names of our parameters, their short values


def test_a_larger_wish_than_a_packet_can_hold_is_cut() -> None:
    assert (largest_head(8192), largest_head(2**20)) == (8192, LARGEST_HEAD_BYTES)


def test_one_max_body_is_written_in_bytes() -> None:
    assert value(conf({"serve.max_body": "1g"}), "client_max_body_size") == str(2**30)


def test_only_root_says_as_whom_the_workers_run() -> None:
    assert "\nuser " not in conf()
    assert "\nuser root root;\n" in conf(toolchain=toolchain(user="root", is_root=True))


def test_files_and_connections_stay_below_what_the_machine_allows() -> None:
    text = conf(toolchain=toolchain(max_files=1024, cpus=64))
    names = ("worker_rlimit_nofile", "worker_connections", "worker_processes")
    assert [value(text, name) for name in names] == ["1024", "960", "4"]


def test_whatever_nginx_writes_is_in_our_own_folders() -> None:
    text = conf()
    written = re.findall(r"^ *(?:pid|error_log|access_log|\w+_temp_path) (\S+)", text, re.MULTILINE)
    assert len(written) == 9
    assert all(path.startswith((RUNTIME, "/srv/shop/.enuf/", "off")) for path in written), written


def test_every_block_with_an_add_header_of_its_own_repeats_all_of_them() -> None:
    text = conf({"serve.hosts": ["a.test"]}, report=report(static_folders=(STATIC,)))
    per_block = text.count("add_header X-Request-ID")
    assert (
        per_block == 4
    )  # the site, its static folder, the answer in place of the app's, the server for wrong hosts
    assert [text.count(f"add_header {name} ") for name in ("X-Frame-Options", "Referrer-Policy")] == [4, 4]


def test_headers_of_the_answer_can_be_switched_off() -> None:
    text = conf({"http.request_id": False, "http.security_headers": "off", "http.gzip": False})
    assert "add_header X-" not in text
    assert "gzip" not in text
    assert "HTTP_X_REQUEST_ID" not in text


def test_the_digest_changes_with_the_file_and_is_what_the_private_door_answers() -> None:
    first, second = plan().file("nginx.conf"), plan({"http.gzip": False}).file("nginx.conf")
    assert first.digest != second.digest
    assert f"return 200 {first.digest};" in first.text


def test_the_file_tells_a_command_that_a_shell_reads_back() -> None:
    paths = msgspec.structs.replace(plan().paths, home="/srv/my shop's")
    text = conf(paths=paths)
    (line,) = [line for line in text.splitlines() if line.startswith("#   ")]
    assert shlex.split(line.removeprefix("#"))[-2:] == ["-c", "/srv/my shop's/conf/nginx.conf"]


@pytest.mark.parametrize(
    ("name", "hashed"),
    [
        ("app.3f9a1c2b.js", True), ("app-0123456789abcdef0123.min.css", True), ("a_0a1b2c3d4e.woff2", True),
        ("app.3f9a1c2b.js.map", True), ("site.css", False), ("photo-20240131.jpg", False), ("x.deadbeef.js", False),
        ("call-01012345678.mp3", False), ("3f9a1c2b.js", False), ("app.3F9A1C2B.js", False), ("app.3f9a1c2.js", False),
        ("app.3f9a1c2b", False), ("index-BjvBxDkH.js", False),
    ],
)  # fmt: skip
def test_which_names_carry_a_hash_of_their_content(name: str, hashed: bool) -> None:
    assert bool(re.search(HASHED.removeprefix("~"), f"/static/{name}")) == hashed


def test_no_ending_has_two_types() -> None:
    endings = [
        ending for child in MIME_TYPES.children if isinstance(child, Directive) for ending in child.args
    ]
    assert len(endings) == len(set(endings))
    assert all(ending == ending.lower() for ending in endings)


def test_a_json_log_line_is_json() -> None:
    numbers = {"$status": "200", "$body_bytes_sent": "12", "$request_time": "0.003"}
    line = "".join(JSON_FORMAT)
    for name, number in numbers.items():
        line = line.replace(name, number)
    assert json.loads(line)["id"] == "$enuf_request_id"


TLS = TlsPlan(
    mode="files",
    certificate="/etc/ssl/shop.pem",
    key="/etc/ssl/shop.key",
    facts=Certificate(
        names=("shop.test",), issuer="R11", not_after="2027-01-01T00:00:00Z", fingerprint="ab" * 32
    ),
)


def https_conf(values: dict[str, object] | None = None, **differences: object) -> str:
    chosen = {"tls.mode": "files", "tls.certificate": TLS.certificate, "tls.key": TLS.key, **(values or {})}
    return plan(chosen, tls=TLS, **differences).file("nginx.conf").text


def test_http2_is_spelled_as_the_version_of_nginx_wants() -> None:
    new, old = https_conf(), https_conf(toolchain=toolchain("system"))
    assert "listen 127.0.0.1:8000 ssl default_server" in new and "http2 on;" in new
    assert "listen 127.0.0.1:8000 ssl http2 default_server" in old and "http2 on;" not in old


def test_a_site_with_names_shows_strangers_no_certificate_unless_they_may_come_without_a_name() -> None:
    named: dict[str, object] = {"serve.hosts": ["shop.test"]}
    assert "ssl_reject_handshake on;" in https_conf(named)
    assert "ssl_reject_handshake" not in https_conf()
    for more in ({"serve.health_path": "/health"}, {"serve.hosts": ["shop.test", "127.0.0.1"]}):
        assert "ssl_reject_handshake" not in https_conf({**named, **more})


@pytest.mark.parametrize(
    ("values", "plain"),
    [
        ({"serve.listen": "127.0.0.1:8443"}, []),
        ({"serve.listen": "0.0.0.0:443"}, ["0.0.0.0:80"]),
        ({"serve.listen": ["10.0.0.7:443", "[::1]:443", "127.0.0.1:8443"]}, ["10.0.0.7:80", "[::1]:80"]),
        ({"serve.listen": "0.0.0.0:443", "tls.http": "off"}, []),
        ({"serve.listen": "0.0.0.0:443", "tls.http": "0.0.0.0:8080"}, ["0.0.0.0:8080"]),
    ],
)
def test_port_80_redirects_beside_port_443_unless_another_address_is_named(
    values: dict[str, object], plain: list[str]
) -> None:
    chosen = {"tls.mode": "files", "tls.certificate": TLS.certificate, "tls.key": TLS.key, **values}
    made = plan(chosen, tls=TLS)
    assert [str(address) for address in made.redirecting] == plain
    text = made.file("nginx.conf").text
    assert all(f"listen {address} default_server" in text for address in plain)
    assert made.front is not None
    lent = {str(lend.address) for lend in made.front.process.lends}
    assert set(plain) <= lent
    assert ("return 308 https://$host" in text) == bool(plain)


def test_nothing_about_https_stands_in_a_site_without_it() -> None:
    assert "ssl" not in plan().file("nginx.conf").text


def acme_conf(values: dict[str, object], *, issuer: str) -> str:
    """The file of a site whose certificate an authority issues, or is about to."""
    facts = replace(TLS.facts, issuer=issuer)
    tls = replace(TLS, mode="acme", facts=facts, webroot="/data/acme/webroot", authority="ca.example")
    chosen = {"tls.mode": "acme", "serve.hosts": ["example.com"], "serve.listen": "0.0.0.0:443", **values}
    return plan(chosen, tls=tls).file("nginx.conf").text


def test_plain_http_answers_challenges_before_its_redirect_and_for_unknown_names() -> None:
    text = acme_conf({}, issuer="R11")
    plain = text.partition("Plain HTTP")[2].partition("For enuf only")[0]
    assert plain.count("location ^~ /.well-known/acme-challenge/ {") == 2
    assert plain.count("root /data/acme/webroot;") == 2
    assert "-f" not in plain and "uwsgi_pass" not in plain
    assert "return 308 https://$host$request_uri;" in plain


def test_plain_http_serves_the_site_until_there_is_a_certificate() -> None:
    text = acme_conf({"serve.prefix": "/shop", "serve.health_path": "/up"}, issuer=STAND_IN_ISSUER)
    plain = text.partition("Plain HTTP")[2].partition("For enuf only")[0]
    assert re.search(r"if \(-f \S+/plain-http \) \{", plain)
    assert "return 308 https://$host$request_uri;" in plain and "location /shop/ {" in plain
    assert "if ($uri = /shop/up ) {" in plain, "health checks are answered without a redirect, as later"
    assert plain.count("location ^~ /.well-known/acme-challenge/ {") == 2


@pytest.mark.parametrize("issuer", ["R11", STAND_IN_ISSUER])
@pytest.mark.parametrize("health", [{}, {"serve.health_path": "/up"}])
def test_no_server_answers_challenges_in_two_places(issuer: str, health: dict[str, object]) -> None:
    text = acme_conf({"serve.www": "redirect", **health}, issuer=issuer)
    servers = re.split(r"(?m)^    server \{", text)[1:]
    counts = [each.count("location ^~ /.well-known/acme-challenge/ {") for each in servers]
    # Of HTTPS: unknown names, the name that leads to the other, the site.
    # Of plain HTTP: unknown names, the redirect or the same two again. The last one is enuf's own.
    assert counts == [0, 1, 1, 1, *([1] if issuer == "R11" else [1, 1]), 0]

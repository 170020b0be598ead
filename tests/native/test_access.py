"""Passwords and networks on real servers: they hold before static files, kept pages and the app, however a path is written."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builds import nginx_program
from tests.support.stack import Stack, stack_in

pytestmark = pytest.mark.native

APP = """
from flask import Flask, request
app = Flask(__name__)

@app.route("/", methods=["GET", "POST", "OPTIONS"])
@app.route("/<path:rest>", methods=["GET", "POST", "OPTIONS"])
def page(rest=""):
    return f"{request.path} {request.headers.get('Authorization')}"
"""
SETTINGS = """
[access]
passwords = { "/staging" = ".htpasswd", "/static" = ".htpasswd", "/staging/webhook" = "off", "/kept" = ".htpasswd", "/single" = ".htpasswd", "/single/api" = "off", "/two/parts" = ".htpasswd" }
[access.allow]
"/office" = ["192.0.2.0/24", "2001:db8::/32"]
"/office/all" = ["0.0.0.0/0", "::/0"]
[access.deny]
"/" = ["203.0.113.7"]
"/office" = ["192.0.2.66"]
[cache]
paths = { "/kept" = "10m" }
[serve]
trusted_proxies = ["127.0.0.0/8"]
health_path = "/staging/health"
[static]
spa = { "/single/" = "./dist" }
spa_except = ["/single/api/"]
[http]
error_pages = { "400" = "refused.html", "403" = "refused.html" }
"""
ROWS = [
    pytest.param((row, build), marks=pytest.mark.xdist_group(f"access-{row}"))
    for row, build in (("nginx-uwsgi", "embedded"), ("nginx-gunicorn", "system"))
]
PEOPLE = """\
# names of the tests; the password of each is "secret"
sha512:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1
sha256:$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA
md5:$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0
bcrypt:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a:a comment
"""


@pytest.fixture(scope="module", params=ROWS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with guarded paths, over each wire; we are its trusted proxy."""
    row, build = request.param
    nginx_program(build)
    with stack_in(tmp_path_factory.mktemp("access") / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("static/site.css", "body { margin: 0 }\n")
        stack.write("dist/index.html", "the page of the single-page app")
        stack.write("refused.html", "our page")
        stack.write(".htpasswd", PEOPLE).chmod(0o600)
        stack.write("enuf.toml", f'topology = "{row}"\nnginx = "{build}"\n{SETTINGS}')
        stack.up()
        yield stack


def as_name(name: str, password: str = "secret") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


GUARDED = (
    "/staging", "/staging/", "/staging/page?x=1", "//staging", "///staging//page", "/%73taging", "/staging%2fpage",
    "/./staging", "/x/../staging", "/staging/webhook2", "/static/site.css", "/static/none.css", "/static", "/kept", "/kept/x",
    "/two/parts", "//two//parts/x", "/staging/health/more", "/STAGING/../staging",
    "/staging/health%0a", "/single/", "/single/page", "/staging/..#",
)  # fmt: skip
OPEN = (
    "/",
    "/stagings",
    "/Staging",
    "/two",
    "/two/partsmore",
    "/staging/webhook",
    "/staging/webhook/x",
    "/staging/health",
)


@pytest.mark.parametrize("path", GUARDED)
def test_without_a_password_a_guarded_path_is_closed_however_it_is_written(shop: Stack, path: str) -> None:
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        answer = shop.request(method, path)
        assert answer.status in (400, 401), (method, answer)
        assert b"None" not in answer.body and b"margin" not in answer.body
    assert shop.request("GET", path, headers=as_name("sha512", "wrong")).status in (400, 401)
    assert b"HTTP/1.1 40" in shop.raw(
        f"GET http://x{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )


@pytest.mark.parametrize("path", OPEN)
def test_other_paths_are_open_and_the_app_gets_their_credentials(shop: Stack, path: str) -> None:
    assert shop.get(path).status == 200
    assert "Bearer of-the-app" in shop.get(path, Authorization="Bearer of-the-app").text


@pytest.mark.parametrize(
    "path",
    [
        "/staging/x/../../two",
        "/staging/..%2ftwo",
        "/staging/%2e%2e/two",
        "/staging/..",
        "/two/.%2E/x",
        "/staging/..#",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(shop: Stack, path: str) -> None:
    answer = shop.get(path)
    assert (answer.status, answer.text) == (400, "our page")
    assert shop.get(f"/two?next={path}").status == 200


@pytest.mark.parametrize("name", ["sha512", "sha256", "md5", "bcrypt"])
def test_each_kind_of_hash_opens_and_the_app_does_not_get_the_password(shop: Stack, name: str) -> None:
    answer = shop.request("GET", "/staging/page", headers=as_name(name))
    assert (answer.status, answer.text) == (200, "/staging/page None")
    assert shop.request("GET", "/static/site.css", headers=as_name(name)).status == 200
    assert shop.request("GET", "/staging/page", headers=as_name(name, "other")).status == 401


def test_a_kept_page_of_a_guarded_path_is_for_those_with_a_password(shop: Stack) -> None:
    answers = [shop.request("GET", "/kept/page", headers=as_name("md5")) for _ in range(2)]
    assert [each.headers["X-Cache"] for each in answers] == ["MISS", "HIT"]
    refused = shop.get("/kept/page")
    assert (refused.status, refused.headers["WWW-Authenticate"][:5]) == (401, "Basic")


@pytest.mark.parametrize(
    ("path", "client", "status"),
    [("/staging/socket", "192.0.2.1", 401), ("/office/socket", "198.51.100.1", 403)],
)
def test_the_handshake_of_a_websocket_passes_no_guard(
    shop: Stack, path: str, client: str, status: int
) -> None:
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "X-Forwarded-For": client,
    }
    assert shop.request("GET", path, headers=handshake).status == status


def test_what_a_trusted_proxy_says_is_in_the_key_of_a_kept_page(shop: Stack) -> None:
    asked = [
        shop.request("GET", "/kept/hosts", headers={**as_name("md5"), "X-Forwarded-Host": host})
        for host in ("a.test", "b.test", "a.test")
    ]
    assert [each.headers["X-Cache"] for each in asked] == ["MISS", "MISS", "HIT"]


@pytest.mark.parametrize(
    ("client", "path", "status"),
    [
        ("192.0.2.1", "/office", 200),
        ("192.0.2.1", "/office/desk", 200),
        ("2001:db8::1", "/office", 200),
        ("2001:db9::1", "/office", 403),
        ("198.51.100.1", "/office", 403),
        ("198.51.100.1", "//office/desk", 403),
        ("198.51.100.1", "/office/all", 200),
        ("198.51.100.1", "/offices", 200),
        ("192.0.2.66", "/office", 403),
        ("192.0.2.66", "/office/all", 403),
        ("192.0.2.66", "/", 200),
        ("203.0.113.7", "/", 403),
        ("::ffff:203.0.113.7", "/", 403),
        ("203.0.113.7", "/static/site.css", 403),
        ("203.0.113.7", "/staging/health", 200),
        ("192.0.2.1, 203.0.113.7", "/office", 403),
    ],
)
def test_networks_are_allowed_and_denied_by_path(shop: Stack, client: str, path: str, status: int) -> None:
    answer = shop.get(path, X_Forwarded_For=client)
    assert (answer.status, answer.text == "our page") == (status, status == 403)


def test_a_visitor_whom_two_rules_refuse_gets_one_page(shop: Stack) -> None:
    answer = shop.get("/x/../y", X_Forwarded_For="203.0.113.7")
    assert (answer.status, answer.text) == (400, "our page")


@pytest.mark.parametrize("path", ["/single/api/x", "//single/api/x", "/single//api"])
def test_a_path_that_is_open_inside_of_a_closed_single_page_app_is_the_apps(shop: Stack, path: str) -> None:
    answer = shop.get(path)
    assert (answer.status, answer.text[-5:]) == (200, " None")


def test_no_app_answers_in_place_of_a_certificate_authoritys_file(shop: Stack) -> None:
    assert shop.get("/.well-known/acme-challenge/token").status == 404


CLOSED = """
[access]
passwords = { "/" = "people" }
deny = { "/" = ["203.0.113.7"] }
[limits]
paths = { "/often" = "1/m" }
[serve]
trusted_proxies = ["127.0.0.0/8"]
[reload]
health = "/health"
[http]
error_pages = { "401" = "pages/401.html", "403" = "pages/403.html", "429" = "pages/429.html" }
maintenance = "pages/closed.html"
"""


def test_a_site_that_is_closed_altogether_starts_reloads_and_says_that_it_serves(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("people", PEOPLE.replace("secret", "it"))
        stack.write("enuf.toml", CLOSED)
        for name in ("401", "403", "429", "closed"):
            stack.write(f"pages/{name}.html", f"our page: {name}")
        (stack.project / "people").chmod(0o644)
        refused = stack.run("up", "-d", "--json", "--listen", "127.0.0.1:0")
        assert (refused.code, refused.json["error"]["slug"]) == (4, "password-file-unusable"), refused
        (stack.project / "people").chmod(0o600)
        stack.up()
        assert stack.status()["state"] == "serving"
        assert stack.get("/").status == 401
        assert stack.get("/.well-known/acme-challenge/some-Token_1").status == 404
        assert stack.get("/.well-known/acme-challenge/some-Token_1%0a").status == 401
        stack.write("people", "bob:secret\n")
        assert stack.run("reload").code == 7
        stack.write("people", PEOPLE)
        assert stack.run("reload").code == 0
        assert stack.request("GET", "/x", headers=as_name("md5")).status == 200

        asked = stack.get("/")
        assert (asked.status, asked.text) == (401, "our page: 401")
        assert asked.headers["WWW-Authenticate"] == 'Basic realm="This site is not for everybody"'
        denied = stack.get("/", X_Forwarded_For="203.0.113.7")
        assert (denied.status, denied.text) == (403, "our page: 403")
        for page in ("403", "maintenance"):
            assert stack.get(f"/.enuf/pages/{page}", X_Forwarded_For="203.0.113.7").status in (403, 404)
        often = [stack.get("/often", X_Forwarded_For="192.0.2.1") for _ in range(2)][-1]
        assert (often.status, often.text, often.headers["Retry-After"]) == (429, "our page: 429", "60")
        assert stack.run("maintenance", "on").code == 0
        shut = stack.get("/")
        assert (shut.status, shut.text) == (503, "our page: closed")

"""What [static] adds on request: single-page apps, cache times, CORS, the index of a folder, files that are packed already."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builds import prepare, settings_of
from tests.support.stack import Response, Stack, stack_in

pytestmark = pytest.mark.native

APP = """
from flask import Flask, abort, request
app = Flask(__name__)

@app.get("/api/users/<int:number>")
def user(number):
    return {"number": number} if number < 5 else abort(404)

@app.route("/login", methods=["GET", "POST"])
def login():
    return "the app's login " + request.method

@app.errorhandler(404)
def missing(error):
    return "the app knows no " + request.path, 404

@app.route("/<path:page>")
def page(page):
    return "the app's catch-all"
"""
PAGE, ADMIN = "<h1>the one page</h1>", "<h1>the admin page</h1>"
FILES = {
    "dist/index.html": PAGE, "dist/assets/app.js": "let app\n", "dist/about/index.html": "about\n", "dist/.env": "SECRET",
    "dist/.well-known/security.txt": "contact\n", "dist/photo.jpg": "jpg", "admin-ui/index.html": ADMIN, "admin-ui/a.css": "a{}\n",
    "static/site.css": "body { margin: 0 }\n" * 200, "static/vendor/v.css": "v{}\n", "static/old.css": "old\n",
    "manual/index.html": "manual\n", "manual/one/index.html": "one\n", "manual/empty/x.txt": "x", "files/a.txt": "a", "files/.b": "SECRET",
    "files/sub/c.txt": "c",
}  # fmt: skip
SETTINGS = """
[static]
extra = { "/manual/" = "manual", "/files/" = "files" }
spa = { "/" = "dist", "/admin/" = "admin-ui" }
spa_except = ["/hidden/", "/admin/api/"]
cache = { "/static/" = "7d", "/static/vendor/" = "1h", "/assets/" = "365d", "/files/" = "0s" }
cors = ["https://app.example.com", "http://localhost:5173"]
index = { "/manual/" = "index.html", "/files/" = "list" }
precompressed = true
"""
BUILD_OF = {"nginx-uwsgi": "system", "nginx-gunicorn": "embedded"}


@pytest.fixture(scope="module", params=BUILD_OF)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app with a frontend of its own build beside it, once per wire and build."""
    project = tmp_path_factory.mktemp("options") / "shop"
    prepare(project, BUILD_OF[request.param])
    with stack_in(project) as stack:
        stack.write("app.py", APP)
        for name, text in FILES.items():
            stack.write(name, text)
        (project / "static/site.css.gz").write_bytes(gzip.compress(b"packed ahead"))
        stack.write(
            "enuf.toml", f'topology = "{request.param}"\n{settings_of(BUILD_OF[request.param])}{SETTINGS}'
        )
        stack.up()
        yield stack


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", PAGE), ("/users/42", PAGE), ("/users/john.doe", PAGE), ("/deep/er/page/", PAGE), ("/apifoo", PAGE), ("/한글", PAGE),
        ("/index.html", PAGE), ("/assets/", PAGE), ("/users/42?tab=1", PAGE), ("/assets/app.js", "let app\n"), ("/about/", "about\n"),
        ("/about", "about\n"), ("/.well-known/security.txt", "contact\n"), ("/admin/", ADMIN), ("/admin/users/1", ADMIN),
        ("/admin/a.css", "a{}\n"), ("/static/vendor/v.css", "v{}\n"), ("/files/a.txt", "a"),
    ],
)  # fmt: skip
def test_a_file_or_the_one_page_answers_a_url_that_is_none_of_the_apps(
    shop: Stack, path: str, text: str
) -> None:
    answer = shop.get(path.replace("한글", "%ED%95%9C%EA%B8%80"))
    assert (answer.status, answer.text) == (200, text)
    if text in (PAGE, ADMIN):
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/api/users/1", 200, '{"number":1}\n'), ("/login", 200, "the app's login GET"), ("/hidden/x", 200, "the app's catch-all"),
        ("/api/users/9", 404, "the app knows no /api/users/9"), ("/api/typo", 200, "the app's catch-all"), ("/api", 200, "the app's catch-all"),
        ("/admin/api/x", 200, "the app's catch-all"),
    ],
)  # fmt: skip
def test_the_apps_own_urls_stay_its_own(shop: Stack, path: str, status: int, text: str) -> None:
    answer = shop.get(path)
    assert (answer.status, answer.text) == (status, text)
    assert not {"Cache-Control", "Access-Control-Allow-Origin"} & set(answer.headers)  # those are for files


@pytest.mark.parametrize("path", ["/assets/old.js", "/none.css", "/admin/none.png"])
def test_a_missing_script_or_picture_is_no_page(shop: Stack, path: str) -> None:
    assert b"<h1>" not in shop.get(path).body


def test_what_a_file_cannot_answer_is_for_the_app(shop: Stack) -> None:
    assert shop.request("POST", "/login", b"").text == "the app's login POST"
    assert shop.request("POST", "/users/42", b"").status == 405  # Flask's own


@pytest.mark.parametrize(
    "path",
    [
        "/.env",
        "//.env",
        "/assets/../.env",
        "/admin/../.env",
        "/%2eenv",
        "/admin../app.py",
        "/../app.py",
        "/files/.b",
    ],
)
def test_a_frontend_gives_nothing_away(shop: Stack, path: str) -> None:
    answer = shop.request("GET", path)
    assert b"SECRET" not in answer.body
    assert b"Flask" not in answer.body


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/static/site.css", "public, max-age=604800"), ("/static/vendor/v.css", "public, max-age=3600"),
        ("/assets/app.js", "public, max-age=31536000"), ("/files/a.txt", "no-cache"), ("/photo.jpg", "no-cache"),
    ],
)  # fmt: skip
def test_each_folder_has_its_own_cache_time(shop: Stack, path: str, cache: str) -> None:
    assert shop.get(path).headers["Cache-Control"] == cache


def test_scripts_of_the_named_sites_may_read_files_and_no_others(shop: Stack) -> None:
    def answer(origin: str) -> tuple[str | None, str | None]:
        found = shop.request("GET", "/static/old.css", headers={"Origin": origin}).headers
        return found.get("Access-Control-Allow-Origin"), found.get("Vary")

    assert [answer(each)[0] for each in ("https://app.example.com", "http://localhost:5173")] == [
        "https://app.example.com",
        "http://localhost:5173",
    ]
    for other in ("https://app.example.com.evil.test", "http://app.example.com", "null", "https://x.test"):
        assert answer(other) == (None, "Origin")
    assert "Access-Control-Allow-Origin" not in shop.get("/login", Origin="https://app.example.com").headers


def test_a_folder_answers_with_its_index_or_its_list_where_that_is_asked_for(shop: Stack) -> None:
    assert [shop.get(path).text for path in ("/manual/", "/manual/one/")] == ["manual\n", "one\n"]
    away = shop.get("/manual/one")
    assert (away.status, away.headers["Location"]) == (301, "/manual/one/")
    listed = shop.get("/files/")
    assert (listed.status, "a.txt" in listed.text, "sub/" in listed.text, ".b" in listed.text) == (
        200,
        True,
        True,
        False,
    )
    for path in ("/manual/empty/", "/static/vendor/"):
        answer = shop.get(path)
        assert ("x.txt" in answer.text, "v.css" in answer.text) == (False, False)


def test_a_packed_file_is_sent_where_nginx_can(shop: Stack) -> None:
    def ask(coding: str) -> Response:
        return shop.request("GET", "/static/site.css", headers={"Accept-Encoding": coding})

    packed, plain = ask("gzip"), ask("identity")
    assert (plain.text, "Content-Encoding" in plain.headers) == (FILES["static/site.css"], False)
    can = "nginx-uwsgi" in (shop.project / "enuf.toml").read_text()  # the system's build
    text = gzip.decompress(packed.body).decode()
    assert text == ("packed ahead" if can else FILES["static/site.css"])
    varies = {name.strip() for name in packed.headers["Vary"].split(",")}
    assert varies & {"Accept-Encoding", "Origin"}
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_the_plan_names_what_has_no_effect(stack: Stack) -> None:
    stack.write("static/a.css", "a{}")
    stack.write("dist/index.html", PAGE)
    stack.write(
        "enuf.toml",
        '[static]\ncache = { "/none/" = "1h" }\nindex = { "/none/" = "list" }\nprecompressed = true\n[static.spa]\n"/" = "dist"\n',
    )
    notes = "\n".join(stack.run("plan", "--json").json["notes"])
    for words in ("static.index: nginx sends no static folder /none/", "built without gzip_static"):
        assert words in notes
    stack.write("enuf.toml", '[static]\ncache = { "/none/" = "1h" }\n')
    assert "static.cache: nginx sends no static files at /none/" in "\n".join(
        stack.run("plan", "--json").json["notes"]
    )


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('spa = { "/" = "." }', "would publish the whole project"), ('spa = { "/" = "none" }', "there is no folder"),
        ('cors = ["app.example.com"]', "is not an origin"), ('cors = ["https://app.example.com/"]', "is not an origin"),
        ('index = { "/static/" = "yes" }', "static.index"), ('cache = { "/static/" = "soon" }', "static.cache"),
        ('cors = ["https://a.test$x"]', "is not an origin"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(stack: Stack, lines: str, words: str) -> None:
    stack.write("enuf.toml", f"[static]\n{lines}\n")
    done = stack.run("plan")
    assert (done.code, words in done.err) == (4, True), done


def test_the_plain_files_refuse_what_they_leave_out(stack: Stack, tmp_path: Path) -> None:
    stack.write("dist/index.html", PAGE)
    for lines in (
        'spa = { "/" = "dist" }',
        'cors = ["*"]',
        'protected = { "/p/" = "dist" }',
        "precompressed = true",
    ):
        stack.write("enuf.toml", f"[static]\n{lines}\n")
        done = stack.run("render", "--plain", str(tmp_path / "plain"))
        assert (done.code, "static." in done.err) == (4, True), done

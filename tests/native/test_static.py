"""Static files: served by nginx without the app, and nothing but them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.builds import BUILDS, nginx_program
from tests.support.stack import Stack, stack_in
from tests.support.wire import head, send_one

pytestmark = [pytest.mark.native, pytest.mark.user]

APP = """
import pathlib
from flask import Blueprint, Flask, request
app = Flask(__name__)
SEEN = pathlib.Path(__file__).with_name("seen")

outer = Blueprint("outer", __name__, url_prefix="/outer", static_folder="blueprints/outer")
inner = Blueprint("inner", __name__, url_prefix="/inner", static_folder="blueprints/inner", static_url_path="/files")
plain = Blueprint("plain", __name__, static_folder="blueprints/plain", static_url_path="/plain files")
outer.register_blueprint(inner)
app.register_blueprint(outer)
app.register_blueprint(plain)

@app.before_request
def write_down():
    with SEEN.open("a") as seen:
        seen.write(request.path + "\\n")

@app.get("/")
def index():
    return "the app"
"""

FILES = {
    "static/site.css": "body { margin: 0 }\n",
    "static/app.3f9a1c2b.js": "hashed\n",
    "static/app-0123456789abcdef0123.min.css": "hashed\n",
    "static/photo-20240131.jpg": "dated\n",
    "static/facade.css": "a word\n",
    "static/index.html": "<h1>한글</h1>\n",
    "static/deep/er/사진 1.txt": "한글 파일\n",
    "static/100%.txt": "percent\n",
    "static/#1?.txt": "signs\n",
    "static/no-ending": "?\n",
    "static/empty.txt": "",
    "static/.git/config": "secret\n",
    "static/deep/.env": "secret\n",
    "static/.hidden.css": "secret\n",
    "blueprints/outer/o.css": "outer\n",
    "blueprints/inner/i.css": "inner\n",
    "blueprints/plain/p.css": "plain\n",
    "media/m.txt": "medium\n",
    "media/.secret": "secret\n",
    "well-known/security.txt": "contact\n",
    "well-known/.secret": "secret\n",
    "secret.txt": "secret\n",
    "statics/secret.txt": "secret\n",
}
TYPES = {
    "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
    "html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8", "xml": "text/xml; charset=utf-8", "json": "application/json",
    "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "ico": "image/x-icon",
    "woff2": "font/woff2", "wasm": "application/wasm", "pdf": "application/pdf", "mp4": "video/mp4",
    "webmanifest": "application/manifest+json", "zip": "application/zip", "hwp": "application/x-hwp",
    "map": "application/json", "py": "application/octet-stream", "unknown": "application/octet-stream",
}  # fmt: skip
EXTRA = """
[static]
mode = "always"
extra = { "/media/" = "media", "/.well-known/" = "./well-known" }
"""
LARGE = bytes(range(256)) * 40_000


@pytest.fixture(scope="module", params=BUILDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app with static folders of every kind; its own folder has a blank and Korean letters in its name."""
    project = tmp_path_factory.mktemp("static") / "나의 가게"
    for name, text in FILES.items():
        write(project / name, text)
    for ending in TYPES:
        write(project / "static" / "types" / f"file.{ending}", "x\n")
    (project / "static" / "large.bin").write_bytes(LARGE)
    (project / "static" / "link.txt").symlink_to(project / "secret.txt")
    nginx_program(request.param)
    with stack_in(project) as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", f'nginx = "{request.param}"\n{EXTRA}')
        stack.up()
        yield stack


def write(path: Path, text: str) -> None:
    """A file, and the folders that lead to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def seen_by_the_app(stack: Stack) -> list[str]:
    """The paths that reached it since it was last asked."""
    file = stack.project / "seen"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("/static/site.css", "static/site.css"),
        ("/static/deep/er/사진 1.txt", "static/deep/er/사진 1.txt"),
        ("/static/100%.txt", "static/100%.txt"),
        ("/static/#1?.txt", "static/#1?.txt"),
        ("/static/no-ending", "static/no-ending"),
        ("/static/empty.txt", "static/empty.txt"),
        ("/outer/outer/o.css", "blueprints/outer/o.css"),
        ("/outer/inner/files/i.css", "blueprints/inner/i.css"),
        ("/plain files/p.css", "blueprints/plain/p.css"),
        ("/media/m.txt", "media/m.txt"),
        ("/.well-known/security.txt", "well-known/security.txt"),
    ],
)
def test_a_file_of_any_static_folder_comes_from_nginx(shop: Stack, url: str, file: str) -> None:
    seen_by_the_app(shop)
    answer = shop.get(quote(url))
    assert (answer.status, answer.text) == (200, FILES[file])
    assert len(answer.headers["X-Request-ID"]) == 32
    assert seen_by_the_app(shop) == []


def test_the_app_still_gets_all_other_requests(shop: Stack) -> None:
    seen_by_the_app(shop)
    paths = ["/", "/static", "/statics/secret.txt", "/secret.txt", "/app.py", "/STATIC/site.css"]
    assert [shop.get(path).status for path in paths] == [200, *[404] * 5]
    assert seen_by_the_app(shop) == paths


@pytest.mark.parametrize(
    "path",
    [
        "/static../secret.txt", "/static..%2fsecret.txt", "/static/../secret.txt", "/static/..%2fsecret.txt",
        "/static/%2e%2e/secret.txt", "/static/..%5csecret.txt", "/static/deep/../../secret.txt",
        "/static//../../secret.txt", "/static/%2e%2e%2fapp.py", "/static/..;/app.py", "/media../app.py",
        "/static/.git/config", "/static/.hidden.css", "/static/deep/.env", "/static/%2egit/config", "/media/.secret",
        "/.well-known/.secret", "/static/deep%2f.env", "//static/.git/config", "///outer/outer/.x", "/%2fstatic/.git/config", "//plain files/.x", "/static/%0a/../.git/config",
        "/app.py", "/enuf.toml", "/.enuf/conf/nginx.conf", "/.enuf/log/access.log",
        "/static/site.css/x", "/static/none.css", "/static/deep/none/", "/static/%00", "/static/site.css%00.txt",
    ],
)  # fmt: skip
def test_nothing_else_can_be_reached(shop: Stack, path: str) -> None:
    answer = send_one(shop, head(path=path))
    assert answer.status in (400, 404), answer
    assert b"secret" not in answer.body
    assert b"Flask" not in answer.body


@pytest.mark.parametrize("path", ["/static/", "/static/deep/", "/media/"])
def test_the_names_in_a_folder_are_not_listed(shop: Stack, path: str) -> None:
    answer = shop.get(path)
    assert answer.status in (200, 403, 404)
    assert b"site.css" not in answer.body
    assert b"m.txt" not in answer.body


@pytest.mark.parametrize(
    ("name", "cache"),
    [
        ("app.3f9a1c2b.js", "public, max-age=31536000, immutable"),
        ("app-0123456789abcdef0123.min.css", "public, max-age=31536000, immutable"),
        ("site.css", "no-cache"),
        ("photo-20240131.jpg", "no-cache"),
        ("facade.css", "no-cache"),
        ("index.html", "no-cache"),
        ("none.3f9a1c2b.js", None),
        ("none.css", None),
    ],
)
def test_only_a_name_with_a_hash_may_be_kept_without_asking(
    shop: Stack, name: str, cache: str | None
) -> None:
    assert shop.get(f"/static/{name}").headers.get("Cache-Control") == cache


def test_a_file_that_has_not_changed_is_not_sent_again(shop: Stack) -> None:
    first = shop.get("/static/site.css")
    for condition in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        answer = shop.request("GET", "/static/site.css", headers=condition)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["Cache-Control"] == "no-cache"
    assert shop.request("GET", "/static/site.css", headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize(
    ("wish", "status", "expected"),
    [
        ("bytes=0-9", 206, LARGE[:10]),
        ("bytes=100-", 206, LARGE[100:]),
        ("bytes=-5", 206, LARGE[-5:]),
        (f"bytes={len(LARGE)}-", 416, None),
    ],
    ids=["first", "from", "last", "behind the end"],
)
def test_a_part_of_a_file_can_be_asked_for(
    shop: Stack, wish: str, status: int, expected: bytes | None
) -> None:
    answer = shop.request("GET", "/static/large.bin", headers={"Range": wish})
    assert answer.status == status
    if expected is not None:
        assert answer.body == expected
        assert answer.headers["Content-Range"].endswith(f"/{len(LARGE)}")


def test_a_large_file_arrives_whole(shop: Stack) -> None:
    answer = shop.get("/static/large.bin")
    assert answer.body == LARGE
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_head_tells_the_length_without_the_file(shop: Stack) -> None:
    answer = shop.request("HEAD", "/static/large.bin")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, str(len(LARGE)), b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_a_file_can_only_be_read(shop: Stack, method: str) -> None:
    assert shop.request(method, "/static/site.css", b"x").status == 405


@pytest.mark.parametrize("ending", TYPES)
def test_the_ending_of_a_name_tells_the_type(shop: Stack, ending: str) -> None:
    assert shop.get(f"/static/types/file.{ending}").headers["Content-Type"] == TYPES[ending]


def test_a_text_is_compressed_for_whoever_asks(shop: Stack) -> None:
    (shop.project / "static" / "long.css").write_text("a { margin: 0 }\n" * 200)
    answer = shop.get("/static/long.css", Accept_Encoding="gzip")
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")


def test_a_file_that_is_made_later_is_served_and_one_that_is_removed_is_not(shop: Stack) -> None:
    path = shop.project / "static" / "later.txt"
    assert shop.get("/static/later.txt").status == 404
    path.write_text("now\n")
    assert shop.get("/static/later.txt").text == "now\n"
    path.unlink()
    assert shop.get("/static/later.txt").status == 404


def test_a_link_to_a_file_of_the_same_owner_is_followed(shop: Stack) -> None:
    assert shop.get("/static/link.txt").text == "secret\n"  # who may write the file may publish it


@pytest.mark.root(reason="gives files away")
def test_a_link_to_another_users_file_is_refused(shop: Stack) -> None:
    theirs = shop.project / "theirs.txt"
    theirs.write_text("not yours\n")
    (shop.project / "static" / "theirs.txt").symlink_to(theirs)
    os.chown(theirs, 65534, 65534)
    answer = shop.get("/static/theirs.txt")
    assert (answer.status, b"not yours" in answer.body) == (403, False)


@pytest.mark.root(reason="gives files away")
def test_a_folder_of_another_user_is_served(shop: Stack) -> None:
    folder = shop.project / "static" / "uploads"
    write(folder / "a.txt", "uploaded\n")
    for path in (folder, folder / "a.txt"):
        os.chown(path, 65534, 65534)
    assert shop.get("/static/uploads/a.txt").text == "uploaded\n"

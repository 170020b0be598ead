"""Spellings of a path that might lead out of a static folder or to a hidden file: none does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.builds import BUILDS
from tests.support.stack import Stack
from tests.support.wire import APP, head, send_one, site

pytestmark = pytest.mark.native

SECRET = "SECRET-OF-THE-OWNER"
HIDDEN = (
    "static/.env", "static/.git/HEAD", "static/.site.css.swp", "static/deep/.env", "static/deep/.x/a.txt", "media/.env", "media/.x/m.txt",
    ".env", "secret.txt", "static-old/secret.txt", "a.db",
)  # fmt: skip
PUBLIC = {
    "static/site.css": "body { margin: 0 }\n",
    "static/deep/d.txt": "deep\n",
    "static/café.txt": "latin\n",
    "media/m.txt": "medium\n",
}
LARGE = bytes(range(256)) * 40
EXTRA = '[static]\nmode = "{mode}"\n[static.extra]\n"/media/" = "media"\n'
PATHS = {
    "dotfiles as they are": (
        "/static/.env", "/static/.git/HEAD", "/static/.git/", "/static/.git", "/static/.site.css.swp", "/static/deep/.env",
        "/static/deep/.x/a.txt", "/media/.env", "/media/.x/m.txt", "/.env", "/.enuf/conf/nginx.conf", "/.enuf/run", "/.enuf/log/access.log",
    ),
    "encoded dots": (
        "/static/%2eenv", "/static/%2Eenv", "/static/%2egit/HEAD", "/static/deep/%2eenv", "/static/%2e%65%6e%76", "/static/%252eenv",
        "/static/%u002eenv", "/static/%c0%aeenv", "/static/%e0%80%aeenv", "/static/%ef%bc%8eenv", "/media/%2eenv", "/%2eenv",
    ),
    "doubled slashes": (
        "/static//.env", "/static///.env", "//static/.env", "///static/.env", "//static//.env", "/static//deep//.env", "//media/.env",
        "/static/%2f.env", "/static%2f.env", "/static%2F%2eenv", "/%2fstatic/.env", "%2fstatic%2f.env", "/static/deep%2f.env", "/%2f%2fstatic/.env",
    ),
    "segments of dots": (
        "/static/./.env", "/./static/.env", "/static/deep/../.env", "/static/deep/%2e%2e/.env", "/x/../static/.env", "/x/..//static/.env",
        "/static/deep/./.env", "/static/..../.env", "/media/./.env", "/static/.%2f.env", "/.%2fstatic/.env", "/static/deep/..%2f.env",
    ),
    "above the folder": (
        "/static/../secret.txt", "/static/../.env", "/static/../app.py", "/static/%2e%2e/secret.txt", "/static/%2e%2e/app.py",
        "/static/..%2fsecret.txt", "/static/..%2fapp.py", "/static/%2e%2e%2fapp.py", "/static/deep/../../secret.txt",
        "/static/deep/..%2f..%2fsecret.txt", "/static/%252e%252e/secret.txt", "/static/..%252fsecret.txt", "/static/..%c0%afsecret.txt",
        "/static/..%5csecret.txt", "/static/..\\secret.txt", "/static/deep\\..\\..\\secret.txt", "/static/.../secret.txt",
        "/media/../.env", "/media/..%2f.env", "/media/%2e%2e/.env", "/media/.%2e/secret.txt", "/media/../../../../etc/passwd",
        "/static/../../../../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd", "/static/%2fetc%2fpasswd",
    ),
    "beside the folder": (
        "/static../secret.txt", "/static..%2fsecret.txt", "/static..%2f.env", "/static..;/.env", "/static;/.env", "/static/;/../secret.txt",
        "/static-old/secret.txt", "/media../secret.txt", "/media../.env", "/media..%2f.env", "/mediam.txt", "/staticsite.css", "/a.db", "/secret.txt",
    ),
    "with something behind": (
        "/static/.env/", "/static/.env/x", "/static/.env%2f", "/static/.env%20", "/static/.env%00", "/static/.env%00.css", "/static/.env;a=b",
        "/static/.env?x", "/static/.env%3f.css", "/static/.env%23.css", "/static/.env#.css", "/static/.env.", "/static/.env::$DATA",
    ),
    "with control signs": (
        "/static/%0a.env", "/static/%0d.env", "/static/%09.env", "/static/%0a/.env", "/static/deep/%0d.env", "/static/%0d%0a.env", "/static/%08.env",
        "/static/%7f.env", "/static/\x01.env", "/static/a%0a.env", "/static/x%00/../.env", "/static/%20.env",
    ),
    "in other letters": (
        "/STATIC/.env", "/Static/.env", "/static/.ENV", "/static/.Git/HEAD", "/%73tatic/.env", "/st%61tic/%2eenv", "/static/%2EGIT/HEAD", "/MEDIA/.env",
    ),
    "absolute targets": (
        "http://shop.test/static/.env", "http://shop.test/static/../.env", "http://shop.test//static/.env", "HTTP://shop.test/static/%2eenv",
    ),
    "through links of the owner": (
        "/static/home/.env", "/static/home/.enuf/conf/nginx.conf", "/static/home/static/.env", "/static/home/%2eenv", "/static/home//.env",
        "/static/home/.enuf/run/dashboard.token", "/static/home/deep/../.env",
    ),
    "what is no file": ("/static/pipe", "/static/socket", "/static/deep", "/static/deep/", "/static", "/static/", "/media", "/media/"),
}  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(build, marks=pytest.mark.xdist_group(f"static-paths-{build}"), id=build)
        for build in BUILDS
    ],
)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app with secrets in, above and beside its static folders, which nginx serves."""
    with shop_in(tmp_path_factory.mktemp("paths") / "shop", request.param, "always") as stack:
        yield stack


@contextlib.contextmanager
def shop_in(project: Path, build: str, mode: str) -> Iterator[Stack]:
    """The app with its secrets, and this static.mode."""
    for name in (*HIDDEN, *PUBLIC):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(PUBLIC.get(name, SECRET))
    (project / "static/large.bin").write_bytes(LARGE)
    (project / "static/home").symlink_to(project)
    os.mkfifo(project / "static/pipe")
    with site(project, build, EXTRA.format(mode=mode), app=f"# {SECRET}\n{APP}") as stack:
        yield stack


@pytest.mark.parametrize("kind", PATHS)
def test_no_spelling_of_a_path_reaches_what_is_hidden(shop: Stack, kind: str) -> None:
    hides(shop, kind)


def test_nor_does_one_where_the_app_serves_its_files_itself(tmp_path: Path) -> None:
    with shop_in(tmp_path / "shop", BUILDS[0], "auto") as stack:
        assert "the app is wrapped in" in stack.run("plan").out
        for kind in PATHS:
            hides(stack, kind)


def hides(shop: Stack, kind: str) -> None:
    """Assert that no path of this kind shows what is hidden."""
    wrong = {}
    for path in PATHS[kind]:
        received = shop.raw(head(path=path), timeout=20)
        if any(
            mark in received for mark in (SECRET.encode(), b"root:x:0", b"uwsgi_pass", b"d.txt", b"m.txt")
        ):
            wrong[path] = received
    assert not wrong
    assert shop.get("/static/site.css").text == PUBLIC["static/site.css"]


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_is_reached_beside_it(shop: Stack, name: str) -> None:
    assert shop.get(quote(f"/{name}")).text == PUBLIC[name]


RANGES = {
    "bytes=0-9": (206, LARGE[:10]),
    "bytes=-5": (206, LARGE[-5:]),
    "bytes=9-1": (416, None),
    "bytes=0-99999999999999999999999": (416, None),
    f"bytes={len(LARGE)}-": (416, None),
    "bytes=-99999999": (206, LARGE),
    "lines=1-2": (200, LARGE),
    "bytes=": (200, LARGE),
    "bytes=a-b": (416, None),
    "bytes=0-9,20-29": (206, None),
}
"""What is asked for, the status, and the body where it is one part."""


@pytest.mark.parametrize("wish", RANGES)
def test_a_range_is_answered_with_that_part_or_refused(shop: Stack, wish: str) -> None:
    answer = shop.request("GET", "/static/large.bin", headers={"Range": wish})
    status, part = RANGES[wish]
    assert answer.status == status
    assert part is None or answer.body == part


@pytest.mark.parametrize(
    "wish",
    [
        ",".join(["0-"] * 1000),
        ",".join(f"{start}-{start + 2000}" for start in range(1000)),
        ",".join(f"{start}-{start}" for start in range(4000)),
    ],
    ids=["the whole file 1000 times", "1000 parts that overlap", "4000 single bytes"],
)
def test_many_ranges_do_not_multiply_the_file(shop: Stack, wish: str) -> None:
    answer = shop.request("GET", "/static/large.bin", headers={"Range": f"bytes={wish}"})
    assert answer.status in (200, 206, 400, 416)
    assert len(answer.body) <= 2 * len(LARGE)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("If-Modified-Since: banana", 200), ("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT", 200), ("If-None-Match: *", 304),
        ('If-None-Match: "x"', 200), ('If-Match: "x"', 412), ("If-Match: *", 200), ("If-Unmodified-Since: Fri, 01 Jan 1999 00:00:00 GMT", 412),
    ],
)  # fmt: skip
def test_a_condition_is_judged_as_the_rfc_says(shop: Stack, condition: str, status: int) -> None:
    assert send_one(shop, head(condition, path="/static/site.css")).status == status


def test_a_range_of_another_version_is_answered_with_the_whole_file(shop: Stack) -> None:
    answer = send_one(shop, head('If-Range: "x"', "Range: bytes=0-9", path="/static/large.bin"))
    assert (answer.status, answer.body) == (200, LARGE)

"""The app mounted under a prefix, one that needs quoting in every language it passes through."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.builds import BUILDS
from tests.support.stack import Stack
from tests.support.wire import environ, head, send_one, site

pytestmark = pytest.mark.native

PREFIXES = ("/sub", "/가게/a+b.c")


@pytest.fixture(scope="module", params=[(build, prefix) for build in BUILDS for prefix in PREFIXES])
def mounted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, str]]:
    """The app below a prefix, and the prefix as a browser writes it."""
    build, prefix = request.param
    settings = f'[serve]\nprefix = "{prefix}"\n[static]\nextra = {{ "/media/" = "media files" }}\n[reload]\nhealth = "/echo"\n'
    project = tmp_path_factory.mktemp("prefix") / "shop"
    (project / "media files").mkdir(parents=True)
    (project / "media files" / "사진.txt").write_text("a picture\n")
    with site(project, build, settings) as stack:
        yield stack, quote(prefix, safe="/+")


def test_a_new_version_is_asked_for_a_page_below_the_prefix(mounted: tuple[Stack, str]) -> None:
    stack, _ = mounted
    assert stack.run("reload").code == 0  # reload.health must answer below 400


@pytest.mark.parametrize(
    ("below", "path_info"),
    [
        ("/echo", b"/echo"),
        ("/echo/%ED%95%9C%20x", "/echo/한 x".encode()),
        ("/echo/a%2Fb", b"/echo/a/b"),
        ("/echo/%ff", b"/echo/\xff"),
        ("/echo/x/../sub/echo", b"/echo/sub/echo"),
        ("//echo", b"//echo"),
    ],
)
def test_the_prefix_is_script_name_and_the_rest_path_info(
    mounted: tuple[Stack, str], below: str, path_info: bytes
) -> None:
    stack, prefix = mounted
    found = environ(stack, path=prefix + below + "?q=1")
    assert quote(found["SCRIPT_NAME"].encode("latin-1"), safe="/+") == prefix
    assert found["PATH_INFO"].encode("latin-1") == path_info
    assert (found["REQUEST_URI"], found["QUERY_STRING"]) == (f"{prefix}{below}?q=1", "q=1")


def test_a_line_break_in_the_path_does_not_bring_the_prefix_back(mounted: tuple[Stack, str]) -> None:
    stack, prefix = mounted
    answer = send_one(stack, head(path=f"{prefix}/echo/a%0Ab%0A"))
    assert (
        answer.status == 404
    )  # no rule of the app matches a line break; with the prefix it would be no path of its own
    assert send_one(stack, head(path=f"{prefix}/echo/a%0A/../b")).json["environ"]["PATH_INFO"] == "/echo/b"


def test_what_the_app_builds_begins_with_the_prefix(mounted: tuple[Stack, str]) -> None:
    stack, prefix = mounted
    answer = send_one(stack, head(path=f"{prefix}/echo", host=f"shop.test:{stack.port}")).json
    # url_for() leaves it to the browser to quote the letters of the prefix
    assert quote(answer["external"], safe="/+:") == f"http://shop.test:{stack.port}{prefix}/page"
    assert quote(answer["static"], safe="/+") == f"{prefix}/static/site.css"
    assert stack.get(f"{prefix}/elsewhere").headers["Location"] == f"{prefix}/page"


def test_the_prefix_without_its_slash_leads_to_the_app(mounted: tuple[Stack, str]) -> None:
    stack, prefix = mounted
    answer = send_one(stack, head(path=f"{prefix}?a=1&b=2", method="POST", host="shop.test:81"))
    assert (answer.status, answer.headers["Location"]) == (308, f"{prefix}/?a=1&b=2")
    assert send_one(stack, head(path=prefix)).headers["Location"] == f"{prefix}/"


def test_static_folders_are_below_the_prefix_too(mounted: tuple[Stack, str]) -> None:
    stack, prefix = mounted
    assert stack.get(f"{prefix}/static/site.css").text == "body { margin: 0 }\n"
    assert stack.get(f"{prefix}/media/" + quote("사진.txt")).text == "a picture\n"
    assert stack.get("/static/site.css").status == 404


@pytest.mark.parametrize("path", ["/", "/echo", "/other", "/page", "/su", "/subx", "/sub2/echo"])
def test_nothing_above_the_prefix_is_the_apps(mounted: tuple[Stack, str], path: str) -> None:
    stack, _ = mounted
    answer = send_one(stack, head(path=path))
    assert answer.status == 404
    assert b"<center>nginx</center>" in answer.body
    assert len(answer.headers["X-Request-ID"]) == 32

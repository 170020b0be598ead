"""Cached pages on real servers: what is kept, for whom, for how long, and that nobody gets what is another visitor's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builds import nginx_program
from tests.support.dashboard import dashboard_pid, metrics, with_dashboard
from tests.support.stack import Response, Stack, stack_in, until

pytestmark = pytest.mark.native

APP = """
import os, pathlib, time, uuid
from flask import Flask, Response, request
app = Flask(__name__)
SEEN = pathlib.Path(__file__).with_name("seen")

@app.route("/", methods=["GET", "POST"])
@app.route("/<path:rest>", methods=["GET", "POST"])
def page(rest=""):
    said = request.args
    answer = Response(f"{uuid.uuid4()} {request.url} {said.get('text', '')}", int(said.get("status", 200)))
    for name in ("Cache-Control", "Vary", "Set-Cookie", "Accept-Ranges"):
        for value in said.getlist(name):
            answer.headers.add(name, value)
    if "etag" in said:
        answer.set_etag(said["etag"])
    return answer

@app.get("/held/<name>")
def held(name):
    with SEEN.open("a") as seen:
        seen.write(name + "\\n")
    while not os.path.exists(os.path.join(app.root_path, f"let-go-{name}")):
        time.sleep(0.02)
    return f"{uuid.uuid4()}"

@app.get("/version")
def version():
    return "VERSION"
"""
SETTINGS = """
[cache]
paths = { "/page" = "10m", "/page/off" = "off", "/held" = "10m", "/version" = "10m", "/short/" = "1s" }
stale = "10m"
[serve]
processes = 1
threads = 8
"""
ROWS = [
    pytest.param(row, build, marks=pytest.mark.xdist_group(f"cache-{row}"))
    for row, build in (("nginx-uwsgi", "embedded"), ("nginx-gunicorn", "system"))
]


@pytest.fixture(scope="module", params=[pytest.param(each.values, marks=each.marks) for each in ROWS])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that keeps the answers of some paths, over each wire."""
    row, build = request.param
    nginx_program(build)
    with with_dashboard(tmp_path_factory.mktemp("cache") / "shop", APP.replace("VERSION", "1")) as stack:
        stack.write("enuf.toml", f'topology = "{row}"\nnginx = "{build}"\n{SETTINGS}')
        stack.up()
        yield stack


def cached(answer: Response) -> str:
    return answer.headers.get("X-Cache", "")


def twice(stack: Stack, path: str, **headers: str) -> tuple[Response, Response]:
    first = stack.get(path, **headers)
    return first, stack.get(path, **headers)


def test_an_answer_of_a_listed_path_is_sent_again_and_no_other(shop: Stack) -> None:
    for path in ("/page", "/page/below?q=1", "/page?status=301", "/page?text=head"):
        first, second = twice(shop, path)
        assert (cached(first), cached(second)) == ("MISS", "HIT"), path
        assert first.body == second.body
    for path in ("/", "/pages", "/elsewhere/page", "/page/off", "/page/off/below"):
        first, second = twice(shop, path)
        assert (cached(first), cached(second)) == ("", ""), path
        assert first.body != second.body


@pytest.mark.parametrize(
    "said",
    [
        "Cache-Control=private",
        "Cache-Control=no-store",
        "Cache-Control=no-cache",
        "Cache-Control=max-age=0",
        "Cache-Control=s-maxage=0,max-age=60",
        "Set-Cookie=session=1",
        "Vary=*",
        "Vary=Accept-Language,+*",
        "Vary=*&Vary=Accept-Language",
        "status=404",
        "status=500",
        "status=302&Set-Cookie=a=1",
    ],
)
def test_what_the_app_does_not_want_to_be_kept_is_not(shop: Stack, said: str) -> None:
    first, second = twice(shop, f"/page/words?{said}")
    assert (cached(first), cached(second)) == ("MISS", "MISS")
    assert first.body != second.body


def test_an_error_is_kept_if_the_app_says_so(shop: Stack) -> None:
    first, second = twice(shop, "/page/gone?status=404&Cache-Control=max-age=60")
    assert (second.status, cached(second), first.body) == (404, "HIT", second.body)


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "session=alice"},
        {"Authorization": "Bearer alice"},
        {"Authorization": "Basic YWxpY2U6eA=="},
        {"Content-Length": "3"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Original-URL": "/admin"},
        {"X-API-Key": "alice"},
        {"X-Forwarded-User": "alice"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_a_personal_request_neither_gets_a_kept_page_nor_leaves_one(
    shop: Stack, headers: dict[str, str]
) -> None:
    path = f"/page/mine?{'-'.join(headers)}={len(next(iter(headers.values())))}"
    own = [
        shop.request("GET", path, b"abc" if "Content-Length" in headers else None, headers) for _ in range(2)
    ]
    assert [cached(each) for each in own] == ["BYPASS"] * 2
    strangers = twice(shop, path)
    assert [cached(each) for each in strangers] == ["MISS", "HIT"]
    assert len({each.body for each in (*own, *strangers)}) == 3
    assert shop.request("POST", path).body != strangers[0].body


def test_the_key_has_all_that_the_app_may_build_a_page_from(shop: Stack) -> None:
    bodies = {
        shop.get("/page/key").body,
        shop.get("/page/key?").body,
        shop.get("/page/key?a=1").body,
        shop.get("//page/key").body,
        shop.get("/page/key", Host="other.test").body,
        shop.get("/page/key", Host="other.test:81").body,
        shop.get("/page/k%65y").body,
    }
    assert len(bodies) == 7
    forged = shop.get("/page/forged", X_Forwarded_Host="evil.test", X_Forwarded_Proto="https", X_Host="evil")
    assert b"evil" not in forged.body and b"https" not in forged.body
    assert shop.get("/page/forged").body == forged.body


def test_the_empty_answer_to_head_is_never_sent_for_a_page(shop: Stack) -> None:
    assert shop.request("HEAD", "/page/head").body == b""
    got = shop.get("/page/head")
    assert cached(got) == "MISS" and got.body
    assert shop.request("HEAD", "/page/head").body == b""


def test_what_the_app_varies_by_is_kept_apart(shop: Stack) -> None:
    korean, english = (
        shop.get("/page/vary?Vary=Accept-Language", Accept_Language=each) for each in ("ko", "en")
    )
    assert korean.body != english.body
    again = shop.get("/page/vary?Vary=Accept-Language", Accept_Language="ko")
    assert (cached(again), again.body) == ("HIT", korean.body)
    path = "/page/vary/two?Vary=Accept-Language&Vary=Origin"
    pages = [shop.get(path, Accept_Language=each, Origin="null") for each in ("ko", "en", "ko")]
    assert [cached(each) for each in pages] == ["MISS", "MISS", "HIT"]
    assert pages[2].headers["Vary"] == "Accept-Language, Origin"


def test_a_part_of_a_kept_page_and_the_question_whether_it_changed_are_answered(shop: Stack) -> None:
    path = "/page/part?Accept-Ranges=bytes"
    whole = shop.get(path)
    part = shop.get(path, Range="bytes=0-3")
    assert (part.status, part.body, whole.status) == (206, whole.body[:4], 200)
    whole = shop.get("/page/part?etag=v1")
    assert shop.get("/page/part?etag=v1", If_None_Match=whole.headers["ETag"]).status == 304
    assert shop.get("/page/part?etag=v1").body == whole.body


def stampede(stack: Stack, name: str) -> tuple[list[Response], int]:
    """The answers to visitors of a new page, who come while it is made, and how often the app was asked for it."""
    answers: list[Response] = []
    visitors = [threading.Thread(target=lambda: answers.append(stack.get(f"/held/{name}"))) for _ in range(6)]
    visitors[0].start()
    until(lambda: name in seen(stack), what="the first visitor in the app")
    for visitor in visitors[1:]:
        visitor.start()
    for _ in range(3):  # meanwhile the others have come
        assert stack.get("/").status == 200
    stack.let_go(name)
    for visitor in visitors:
        visitor.join()
    return answers, seen(stack).count(name)


def seen(stack: Stack) -> list[str]:
    file = stack.project / "seen"
    return file.read_text().split() if file.exists() else []


def test_of_many_visitors_of_a_new_page_one_asks_the_app(shop: Stack) -> None:
    """The others wait for two seconds at most, so on a machine that stands still for so long it is tried again."""
    tried = [stampede(shop, "first")]
    while tried[-1][1] > 1 and len(tried) < 5:
        tried.append(stampede(shop, f"again-{len(tried)}"))
    answers, asked = tried[-1]
    assert asked == 1
    assert len({answer.body for answer in answers}) == 1
    assert sorted(map(cached, answers)) == ["HIT"] * 5 + ["MISS"]


def test_a_page_whose_time_is_over_is_sent_while_a_new_one_is_fetched(shop: Stack) -> None:
    first = shop.get("/short/page")
    old = until(lambda: (each := shop.get("/short/page")) and cached(each) == "STALE" and each, what="STALE")
    assert old.body == first.body
    until(lambda: shop.get("/short/page").body != first.body, what="the new page")


def test_what_the_cache_did_is_in_the_log_the_metrics_and_the_status(shop: Stack) -> None:
    dashboard_pid(shop)
    before = metrics(shop).get(("enuf_cache_requests_total", "HIT"), 0)
    answers = [shop.get("/page/counted", X_Request_ID="a") for _ in range(3)]
    assert [cached(each) for each in answers] == ["MISS", "HIT", "HIT"]
    shop.until_logged(f"id={answers[-1].headers['X-Request-ID']} cache=HIT host=")
    until(lambda: metrics(shop)["enuf_cache_requests_total", "HIT"] >= before + 2, what="two hits")
    counted = until(
        lambda: (hits := shop.status()["cache"].get("HIT", 0)) >= before + 2 and hits, what="the status"
    )
    assert f"{counted} HIT" in shop.run("status").out


def test_a_new_version_finds_no_page_of_the_old_one(shop: Stack) -> None:
    assert shop.get("/version").text == "1" == shop.get("/version").text
    shop.write("app.py", APP.replace("VERSION", "2"))
    assert shop.run("reload").code == 0
    assert shop.get("/version").text == "2"


def test_the_pages_are_in_a_private_folder_that_ends_with_the_stack(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", APP.replace("VERSION", "1"))
        stack.write("enuf.toml", '[cache]\npaths = { "/" = "10m" }\n')
        stack.up()
        assert [cached(each) for each in twice(stack, "/new")] == ["MISS", "HIT"]
        runtime = (stack.project / ".enuf" / "run").readlink()
        (folder,) = (runtime / "temporary").glob("pages-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert any(path.is_file() for path in folder.rglob("*"))
        assert stack.run("down").code == 0
        assert not folder.exists()

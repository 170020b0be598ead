"""Protected downloads: nginx sends a file of a named folder where the app says so, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.builds import prepare, settings_of
from tests.support.stack import Response, Stack, stack_in
from tests.support.wire import head, send_one

pytestmark = pytest.mark.native

APP = """
import os
from flask import Flask, Response, request, send_file
app = Flask(__name__)
app.config["USE_X_SENDFILE"] = True

@app.get("/download")
def download():
    answer = send_file(os.path.join(app.root_path, request.args["file"]), as_attachment="as" in request.args,
                       download_name=request.args.get("as"), mimetype=request.args.get("type"))
    answer.set_cookie("seen", "yes")
    answer.headers["Cache-Control"] = "private, max-age=60"
    if "packed" in request.args:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Security-Policy"] = "sandbox"
    answer.headers["X-Frame-Options"] = "DENY"
    return answer

@app.route("/header", methods=["GET", "POST"])
def header():
    value = request.args["value"].encode().decode(request.args.get("coding", "utf-8"))
    return Response(request.args.get("body", ""), int(request.args.get("status", "200")), {request.args["name"]: value})

@app.get("/private/own")
def own():
    return "a page of the app"
"""
NAMES = (
    "a.txt",
    "deep/er/b.bin",
    "한글 파일.txt",
    "100%.txt",
    "#1?&x=y.txt",
    "café.txt",
    "line\nbreak.txt",
    "a+b;c.txt",
    "%2e%2e.txt",
)
LARGE = bytes(range(256)) * 2000
BUILD_OF = {"nginx-uwsgi": "system", "nginx-gunicorn": "embedded"}


@pytest.fixture(scope="module", params=BUILD_OF)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An app behind nginx, once per wire, with a protected folder beside files that are nobody's business."""
    project = tmp_path_factory.mktemp("protected") / "shop"
    prepare(project, BUILD_OF[request.param])
    with stack_in(project) as stack:
        stack.write("app.py", APP)
        stack.write("outside.txt", "not for anybody\n")
        stack.write("private-too/x.txt", "not for anybody\n")
        for name in NAMES:
            stack.write(f"private/{name}", f"content of {name}")
        stack.write("private/.env", "SECRET=1\n")
        stack.write("private/.git/config", "secret\n")
        (project / "private/large.bin").write_bytes(LARGE)
        (project / "private/page.svgz").write_bytes(b"\x1f\x8bnot unpacked")
        (project / "private/way-out.txt").symlink_to(project / "outside.txt")
        (project / "private/way-in.txt").symlink_to("a.txt")
        os.mkfifo(project / "private/pipe")
        stack.write("media/m.txt", "elsewhere")
        stack.write(
            "enuf.toml",
            f'topology = "{request.param}"\n{settings_of(BUILD_OF[request.param])}'
            '[static]\nprotected = { "/private/" = "./private", "/private/media/" = "media" }\n',
        )
        stack.up()
        yield stack


def sendfile(stack: Stack, file: object, more: str = "", **options: object) -> Response:
    """What a visitor gets when the app leaves this file to nginx."""
    method = str(options.pop("method", "GET"))
    return stack.request(method, f"/download?file={quote(str(file))}{more}", **options)  # type: ignore[arg-type]


def told(stack: Stack, name: str, value: str, more: str = "") -> Response:
    """What a visitor gets when the app answers with this header."""
    return stack.get(f"/header?name={name}&value={quote(value)}{more}")


def is_refused(answer: Response) -> bool:
    """True for a 500 that tells nothing about files."""
    private = b"not for anybody" in answer.body or b"SECRET" in answer.body or b"root:" in answer.body
    return (
        answer.status == 500 and not private and not {"X-Sendfile", "X-Accel-Redirect"} & set(answer.headers)
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_the_app_leaves_to_nginx_arrives_whatever_its_name(shop: Stack, name: str) -> None:
    by_url = told(shop, "X-Accel-Redirect", "/private/" + quote(name))
    assert (by_url.status, by_url.text) == (200, f"content of {name}")
    if "\n" not in name:  # Flask refuses a header with a line break
        by_path = sendfile(shop, f"private/{name}")
        assert (by_path.status, by_path.text) == (200, f"content of {name}")


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_name_may_be_written_as_flask_or_as_wsgi_writes_it(shop: Stack, coding: str) -> None:
    for header, folder in (("X-Sendfile", f"{shop.project}/private"), ("X-Accel-Redirect", "/private")):
        for name in ("한글 파일.txt", "café.txt"):
            assert told(shop, header, f"{folder}/{name}", f"&coding={coding}").text == f"content of {name}"


def test_the_apps_headers_go_with_the_file(shop: Stack) -> None:
    answer = sendfile(shop, "private/large.bin", "&as=%ED%95%9C%EA%B8%80.bin&type=application/x-own")
    assert answer.body == LARGE
    kept = {
        name: answer.headers.get(name)
        for name in ("Content-Type", "Cache-Control", "Content-Length", "Accept-Ranges")
    }
    assert kept == {
        "Content-Type": "application/x-own", "Cache-Control": "private, max-age=60", "Content-Length": str(len(LARGE)),
        "Accept-Ranges": "bytes",
    }  # fmt: skip
    assert "filename*=UTF-8''%ED%95%9C%EA%B8%80.bin" in answer.headers["Content-Disposition"]
    assert answer.headers["Set-Cookie"].startswith("seen=yes")
    own = (answer.headers["Content-Security-Policy"], answer.headers["X-Frame-Options"])
    assert own == ("sandbox", "DENY")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"  # ours, because the app sends none
    assert len(answer.headers["X-Request-ID"]) == 32
    assert not {"X-Sendfile", "X-Accel-Redirect"} & set(answer.headers)


def test_a_file_that_is_packed_already_says_so(shop: Stack) -> None:
    answer = sendfile(
        shop, "private/page.svgz", "&type=image/svg%2Bxml&packed", headers={"Accept-Encoding": "gzip"}
    )
    assert (answer.headers["Content-Encoding"], answer.headers["Content-Type"]) == (
        "gzip",
        "image/svg+xml; charset=utf-8",
    )
    assert answer.body == b"\x1f\x8bnot unpacked"


def test_a_part_a_head_and_a_condition_are_answered_by_nginx(shop: Stack) -> None:
    whole = sendfile(shop, "private/large.bin")
    for first, wish in ((LARGE[:10], "bytes=0-9"), (LARGE[-5:], "bytes=-5")):
        part = sendfile(shop, "private/large.bin", headers={"Range": wish, "If-Range": whole.headers["ETag"]})
        assert (part.status, part.body) == (206, first)
        assert part.headers["Content-Range"].endswith(f"/{len(LARGE)}")
    beyond = sendfile(shop, "private/large.bin", headers={"Range": f"bytes={len(LARGE)}-"})
    assert beyond.status == 416
    bare = sendfile(shop, "private/large.bin", method="HEAD")
    assert (bare.status, bare.headers["Content-Length"], bare.body) == (200, str(len(LARGE)), b"")
    for condition in (
        {"If-None-Match": whole.headers["ETag"]},
        {"If-Modified-Since": whole.headers["Last-Modified"]},
    ):
        again = sendfile(shop, "private/large.bin", headers=condition)
        assert (again.status, again.body) == (304, b"")


def test_the_answer_to_a_form_can_be_a_file_and_its_body_is_left_out(shop: Stack) -> None:
    answer = shop.request(
        "POST", "/header?name=X-Sendfile&body=unused&value=" + quote(f"{shop.project}/private/a.txt"), b"x=y"
    )
    assert (answer.status, answer.text) == (200, "content of a.txt")


def test_a_link_that_stays_inside_is_followed_and_a_folder_inside_may_be_another_one(shop: Stack) -> None:
    assert sendfile(shop, "private/way-in.txt").text == "content of a.txt"
    assert told(shop, "X-Accel-Redirect", "/private/media/m.txt").text == "elsewhere"
    assert sendfile(shop, "media/m.txt").text == "elsewhere"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("X-Sendfile", path) for path in (
            "/etc/passwd", "{project}/outside.txt", "{project}/app.py", "{project}/private/../outside.txt", "private/a.txt",
            "{project}/private/way-out.txt", "{project}/private/.env", "{project}/private/.git/config", "", "{project}/private",
            "{project}/private-too/x.txt", "{project}/private/pipe", "/proc/self/environ", "/dev/zero", "{project}/.enuf/conf/nginx.conf",
        )),
        *(("X-Accel-Redirect", address) for address in (
            "/private/../outside.txt", "/private/%2e%2e/outside.txt", "/private/..%2foutside.txt", "/private/way-out.txt", "/private/.env",
            "/private/%2egit/config", "/private/deep/", "/private/", "/private", "/", "/static/x", "/.enuf/protected/0/a.txt", "@enuf_no_answer",
            "/private/a.txt%00", "//private/a.txt", "/private/deep", "http://127.0.0.1/private/a.txt", "/.enuf/protected/0/../outside.txt",
        )),
    ],
)  # fmt: skip
def test_nothing_but_files_of_the_folders_is_sent(shop: Stack, name: str, value: str) -> None:
    answer = told(shop, name, value.format(project=shop.project))
    assert is_refused(answer), answer
    log = "server.log" if (shop.project / ".enuf/log/server.log").exists() else "uwsgi.log"
    assert f"refused: the header {name} names {value.format(project=shop.project)!r}" in shop.log(log)


def test_a_file_that_does_not_exist_is_not_found(shop: Stack) -> None:
    assert told(shop, "X-Accel-Redirect", "/private/none.txt").status == 404


@pytest.mark.parametrize("status", [403, 404, 302, 503])
def test_an_answer_with_another_status_stays_what_it_is(shop: Stack, status: int) -> None:
    answer = told(shop, "X-Sendfile", f"{shop.project}/private/a.txt", f"&status={status}&body=mine")
    assert (answer.status, answer.text) == (status, "mine")
    assert "X-Sendfile" not in answer.headers


@pytest.mark.parametrize("path", ["/.enuf/protected/0/a.txt", "/.enuf/protected/1/a.txt", "/private/a.txt", "//.enuf/protected/0/a.txt",
                                  "/.enuf/protected/0/.env", "/%2eenuf/protected/0/a.txt", "/.enuf/protected/0"])  # fmt: skip
def test_a_visitor_cannot_ask_for_a_protected_file(shop: Stack, path: str) -> None:
    for more in ((), ("X-Accel-Redirect: /private/a.txt", "X-Sendfile: /etc/passwd")):
        answer = send_one(shop, head(*more, path=path))
        assert (answer.status, b"content of" in answer.body) == (404, False)


def test_a_page_of_the_app_may_have_the_url_of_a_protected_folder(shop: Stack) -> None:
    assert shop.get("/private/own").text == "a page of the app"


REFUSED = {
    "the project": (".", "would publish the whole project"),
    "its parent": ("..", "would publish the whole project"),
    "a way back": ("private/..", "would publish the whole project"),
    "enuf's own folder": (".enuf", "belongs to enuf's own folder"),
    "a link to the project": ("link", "is the app's own folder"),
    "a folder with an env_file": ("conf", "contains the env_file prod.env"),
    "a public folder": ("static/inner", "which everybody may read at /static/"),
    "none": ("missing", "there is no folder"),
}


def test_a_folder_that_is_not_for_this_is_refused_at_the_start(stack: Stack) -> None:
    (stack.project / "link").symlink_to(".")
    for name in ("private/a", "static/inner/a.txt", "static/b.css", ".enuf/log/a"):
        stack.write(name, "x")
    stack.write("conf/prod.env", "A=1\n")
    for folder, why in REFUSED.values():
        stack.write("enuf.toml", f'env_file = ["conf/prod.env"]\n[static.protected]\n"/p/" = "{folder}"\n')
        done = stack.run("plan")
        assert (done.code, why in done.err) == (4, True), done
    for topology in ("gunicorn", "uwsgi-http", "flask", "nginx-flask"):
        stack.write("enuf.toml", f'topology = "{topology}"\n[static.protected]\n"/p/" = "private"\n')
        done = stack.run("plan")
        assert (done.code, "static.protected" in done.err) == (4, True), done


def test_without_a_folder_the_plan_says_what_x_sendfile_needs(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop") as stack:
        stack.write("app.py", APP)
        stack.write("static/site.css", "body { margin: 0 }\n")
        found = stack.run("plan", "--json").json
        assert any('static.protected = { "/private/" = "./private" }' in note for note in found["notes"])
        # nginx sends the static files all the same: the app would leave them to nginx too
        assert [folder["url"] for folder in found["static_folders"]] == ["/static/"]

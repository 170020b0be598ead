"""What the settings can say about static files, and what enuf refuses to publish."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stack import Finished, Stack

pytestmark = pytest.mark.native

APP = """
from flask import Flask
app = Flask(__name__, static_folder={folder!r}, static_url_path={url!r})
app.logger.warning("imported")

@app.get("/")
def index():
    return "the app"
"""


def refused(stack: Stack) -> Finished:
    """The answer of `up` to what may not be published; nothing runs after it."""
    done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--json")
    assert (done.code, done.json["error"]["slug"]) == (4, "static-folder-unsafe"), done
    assert stack.run("status").code == 3
    assert stack.processes() == []
    return done


@pytest.mark.parametrize(("folder", "relation"), [(".", "is"), ("..", "contains")])
def test_a_static_folder_with_the_apps_source_in_it_is_refused(
    stack: Stack, folder: str, relation: str
) -> None:
    stack.write("app.py", APP.format(folder=folder, url="/files"))
    error = refused(stack).json["error"]
    public = stack.project if folder == "." else stack.project.parent
    assert error["summary"] == (
        f"the static folder {public} (of app) {relation} the app's own folder: "
        "nginx would hand out your source and your settings, /files/app.py for example"
    )
    assert 'static.mode = "off" in enuf.toml leaves /files/ to the app' in error["hint"]


@pytest.mark.parametrize("folder", ["../shop", "{project}", "{project}/..", ".enuf/log", ".enuf"])
def test_an_extra_folder_with_source_or_logs_in_it_is_refused(stack: Stack, folder: str) -> None:
    for name in ("conf", "log"):
        (stack.project / ".enuf" / name).mkdir(parents=True)
    stack.write("enuf.toml", f'[static.extra]\n"/x/" = "{folder.format(project=stack.project)}"\n')
    assert "static.extra" in refused(stack).json["error"]["summary"]


def test_a_refused_folder_can_be_left_to_the_app(stack: Stack) -> None:
    stack.write("app.py", APP.format(folder=".", url="/files"))
    stack.write("enuf.toml", '[static]\nmode = "off"\n')
    stack.up()
    answer = stack.get("/files/app.py")
    assert (answer.status, "static_folder" in answer.text) == (200, True)  # as Flask itself does it


def test_with_mode_off_the_app_serves_its_own_files_and_nginx_the_extra_ones(stack: Stack) -> None:
    stack.write("app.py", APP.format(folder="static", url="/static"))
    stack.write("static/a.txt", "by the app\n")
    stack.write("media/b.txt", "by nginx\n")
    stack.write("enuf.toml", '[static]\nmode = "off"\nextra = { "/media/" = "media" }\n')
    stack.up()
    app, nginx = stack.get("/static/a.txt"), stack.get("/media/b.txt")
    assert (app.text, nginx.text) == ("by the app\n", "by nginx\n")
    stack.until_logged("/a.txt")
    stack.until_logged("/b.txt")  # each worker of nginx writes its own lines: in any order
    lines = stack.log("access.log").splitlines()
    assert ["app=-" in line for line in lines if "/a.txt" in line] == [False]
    assert ["app=-" in line for line in lines if "/b.txt" in line] == [True]


def test_a_static_folder_at_the_root_of_the_site_stays_with_the_app(stack: Stack) -> None:
    stack.write("app.py", APP.format(folder="static", url=""))
    stack.write("static/a.txt", "by the app\n")
    stack.up()
    assert (stack.get("/").text, stack.get("/a.txt").text) == ("the app", "by the app\n")
    assert stack.get("/app.py").status == 404


def test_an_extra_folder_that_is_missing_is_an_error(stack: Stack) -> None:
    stack.write("enuf.toml", '[static.extra]\n"/x/" = "none"\n')
    done = stack.run("up", "-d", "--listen", "127.0.0.1:0")
    assert done.code == 4
    assert f"there is no folder {stack.project / 'none'}" in done.err
    assert stack.processes() == []


def test_a_static_folder_in_a_path_that_nginx_cannot_write_down_stays_with_the_app(
    stack: Stack, tmp_path: Path
) -> None:
    folder = tmp_path / "a $b"
    folder.mkdir()
    (folder / "a.txt").write_text("by the app\n")
    stack.write("app.py", APP.format(folder=str(folder), url="/static"))
    stack.up()
    assert stack.get("/static/a.txt").text == "by the app\n"


@pytest.mark.parametrize("how", ["flask", "extra"])
def test_a_link_to_the_apps_folder_is_refused_like_the_folder(stack: Stack, how: str) -> None:
    (stack.project / "public").symlink_to(".")
    if how == "flask":
        stack.write("app.py", APP.format(folder="public", url="/files"))
    else:
        stack.write("enuf.toml", '[static.extra]\n"/x/" = "public"\n')
    refused(stack)

"""Deployments that replace the project's folder: a link to the next release, and a folder that is there anew."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import APP, Stack, until

pytestmark = [pytest.mark.native, pytest.mark.user]

CALM = {"ENUF_SERVE_USER": "root"}


def release(site: Path, number: int) -> Path:
    folder = site / "releases" / str(number)
    (folder / "static").mkdir(parents=True)
    (folder / "app.py").write_text(APP.replace('VERSION = "1"', f'VERSION = "{number}"'))
    (folder / "static/name.txt").write_text(f"file {number}\n")
    (folder / ".env").write_text(f"RELEASE={number}\n")
    return folder


def switch(site: Path, number: int) -> None:
    """Let `current` lead to another release in one step, as `ln -sfn` and Capistrano do."""
    (site / "next").symlink_to(f"releases/{number}")
    (site / "next").replace(site / "current")


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Stack]:
    """A site whose `current` leads to its first release, and a shell that has changed into `current`."""
    release(tmp_path, 1)
    switch(tmp_path, 1)
    stack = Stack(tmp_path / "current", env={**CALM, "PWD": str(tmp_path / "current")})
    try:
        yield stack
    finally:
        stack.close()


def test_a_reload_follows_the_link_to_the_next_release_and_loses_no_request(
    deployed: Stack, tmp_path: Path
) -> None:
    deployed.up()
    answers: list[int] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            answers.append(deployed.get("/").status)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        release(tmp_path, 2)
        switch(tmp_path, 2)
        assert deployed.get("/").text == "version 1\n"  # until somebody asks for the next one
        done = deployed.run("reload")
        assert done.code == 0, done
        until(lambda: not (tmp_path / "releases/1/.enuf/run").is_symlink(), what="the first release is left")
        earlier = Stack(tmp_path / "releases/1", env=CALM)
        for verb, code in (("status", 3), ("reload", 3), ("down", 0)):
            left = earlier.run(verb)
            assert (left.code, "ended without" in left.err) == (code, False), left
        shutil.rmtree(tmp_path / "releases/1")  # as deployments keep only the last few
        assert deployed.get("/").text == "version 2\n"
    finally:
        over.set()
        visitor.join()
    assert set(answers) == {200}
    until(lambda: deployed.get("/static/name.txt").text == "file 2\n", what="the new release's file")
    found = deployed.status()
    assert (found["state"], found["warnings"]) == ("serving", [])
    until(lambda: "name.txt" in (tmp_path / "releases/2/.enuf/log/access.log").read_text())
    switch(release(tmp_path, 3).parents[1], 3)
    outside = Stack(tmp_path, env=CALM)
    assert outside.run("--project", "current", "reload").code == 0
    assert deployed.get("/").text == "version 3\n"
    assert outside.run("--project", "current", "up").code == 8
    switch(tmp_path, 9)  # to a release that was never there
    done = outside.run("--project", "current", "reload")
    assert (done.code, f"there is no folder {tmp_path}/releases/9" in done.err) == (7, True), done
    assert deployed.get("/").text == "version 3\n"
    assert outside.run("--project", "current", "down").out == "stopped\n"
    switch(tmp_path, 3)


def test_a_project_folder_that_is_replaced_under_a_running_stack_is_served_after_a_reload(
    calm: Stack,
) -> None:
    calm.up()
    other = shutil.copytree(calm.project, calm.project.with_name("new"), ignore=lambda *_: [".enuf"])
    (other / "app.py").write_text(APP.replace('VERSION = "1"', 'VERSION = "2"'))
    calm.project.rename(calm.project.with_name("old"))
    other.rename(calm.project)
    done = calm.run("reload")
    assert done.code == 0, done
    assert calm.get("/").text == "version 2\n"
    (calm.project / ".enuf").rename(calm.project.with_name("removed"))  # as git clean -fdx, in one step
    assert calm.run("reload").code == 0
    assert calm.status()["state"] == "serving"
    calm.project.rename(calm.project.with_name("gone"))
    outside = Stack(calm.project.parent, env=CALM)
    assert outside.run("--project", "shop", "status", "--json").json["state"] == "serving"
    assert outside.run("--project", "shop", "down").out == "stopped\n"
    assert outside.run("--project", "shop", "down").code == 5
    calm.project.mkdir()


@pytest.mark.root(reason="makes releases of root's, which www-data serves")
def test_releases_of_roots_are_served_by_another_user_each_with_a_folder_of_its_own(
    open_folder: Path, open_python: str
) -> None:
    release(open_folder, 1)
    release(open_folder, 2)
    switch(open_folder, 1)
    link = open_folder / "current"
    stack = Stack(link, enuf=(open_python, "-m", "enuf"), env={"PWD": str(link)})
    try:
        stack.up()
        server = stack.status()["server"]["pid"]
        switch(open_folder, 2)
        done = stack.run("reload")
        assert done.code == 0, done
        assert stack.get("/").text == "version 2\n"
        # The old workers of nginx end their listening a moment after the new ones have begun.
        until(lambda: stack.get("/static/name.txt").text == "file 2\n", what="the new release's file")
        logs = open_folder / "releases/2/.enuf/log"
        assert logs.stat().st_uid == Path(f"/proc/{stack.status()['server']['pid']}").stat().st_uid != 0
        assert server != stack.status()["server"]["pid"]
        (open_folder / "releases/2/.enuf").rename(open_folder / "removed")
        stack.write("static/other.txt", "")
        stack.write("enuf.toml", "[serve]\nmax_body = '7m'\n")
        assert stack.run("reload").code == 0
    finally:
        stack.close()

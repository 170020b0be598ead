"""Secrets in the settings reach the app, and no other user of the machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.dashboard import DASHBOARD, fetch, token_of
from tests.support.stack import APP, Stack, stack_in

pytestmark = pytest.mark.native

SECRET, HEADER, CALL = "Z9hunter2hunter2q", "Z9headerheaderq", "Z9callcallcallq"
SETTINGS = f"""
app = 'app:made(token="{CALL}")'
[serve]
user = "root"
[raw]
nginx_server = 'proxy_set_header Authorization "Basic {HEADER}";'
[raw.uwsgi]
env = ["API_TOKEN={SECRET}"]
"""
APP_WITH_SECRETS = (
    APP
    + """
def made(token):
    @app.get("/secret")
    def secret():
        return token
    return app
"""
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that was started with an open umask in a folder that an earlier version had left open."""
    project = tmp_path_factory.mktemp("secrets") / "shop"
    with stack_in(project, env={**DASHBOARD, "ENUF_DASHBOARD_LISTEN": "127.0.0.1:0"}) as stack:
        stack.write("app.py", APP_WITH_SECRETS)
        stack.write("enuf.toml", SETTINGS).chmod(0o600)
        for folder in (".enuf", ".enuf/conf", ".enuf/log"):
            (project / folder).mkdir()
            (project / folder).chmod(0o755)
        started = stack.run("up", "-d", "--explain", "--listen", "127.0.0.1:0", umask=0)
        assert started.code == 0, started
        stack.started = started.out + started.err  # type: ignore[attr-defined]
        stack.port = int(stack.status()["url"].rsplit(":", 1)[1])
        yield stack


def test_the_app_gets_what_it_was_called_with(stack: Stack) -> None:
    assert stack.get("/secret").text == CALL


def test_no_other_user_can_read_a_file_that_holds_them(stack: Stack) -> None:
    home = stack.project / ".enuf"
    for folder in (home, home / "conf", home / "log"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o750, folder
    for file in (*home.glob("conf/*"), *home.glob("log/*"), *(home / "run").resolve().glob("g*/*.ini")):
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) & 0o027 == 0, file
    assert SECRET in (home / "run/g1/uwsgi.ini").read_text()
    assert HEADER in (home / "conf/nginx.conf").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as another user")
def test_another_user_is_refused(stack: Stack) -> None:
    for parent in stack.project.parents:
        if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    path = stack.project / ".enuf/conf/nginx.conf"
    done = subprocess.run(
        ["cat", path], user="nobody", group="nogroup", extra_groups=[], capture_output=True, check=False
    )
    assert done.returncode != 0 and not done.stdout


@pytest.mark.parametrize(
    "words",
    [("config",), ("config", "--json"), ("plan",), ("plan", "--json"), ("status",), ("status", "--json"), ("doctor",),
     ("logs",), ("logs", "--json"), ("doctor", "--json", ".enuf/conf"), ("doctor", ".enuf/run/g1/uwsgi.ini", "--diff")],
    ids=" ".join,
)  # fmt: skip
def test_no_command_prints_them(stack: Stack, words: tuple[str, ...]) -> None:
    done = stack.run(*words)
    assert done.code in (0, 1), done
    assert done.out
    for secret in (SECRET, HEADER, CALL):
        assert secret not in done.out + done.err


def test_names_are_still_told(stack: Stack) -> None:
    assert "API_TOKEN=***" in stack.run("config").out
    files = {file["name"]: file["text"] for file in stack.run("plan", "--json").json["files"]}
    assert "env = API_TOKEN=***" in files["uwsgi.ini"]
    assert 'proxy_set_header Authorization "***";' in files["nginx.conf"]


def test_the_start_and_its_log_do_not_tell_them(stack: Stack) -> None:
    told = stack.started + stack.log("enuf.log")  # type: ignore[attr-defined]
    assert "What enuf does now" in told
    for secret in (SECRET, HEADER, CALL):
        assert secret not in told


def test_the_dashboard_does_not_show_them(stack: Stack) -> None:
    for path in ("/api/config/nginx.conf", "/api/snapshot", "/api/findings", "/metrics"):
        text = fetch(stack, path, Authorization=f"Bearer {token_of(stack)}")
        for secret in (SECRET, HEADER, CALL):
            assert secret not in text
    assert json.loads(stack.run("status", "--json").out)["state"] == "serving"

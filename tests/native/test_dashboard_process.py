"""The dashboard's process: beside the stack, never in its way, with a token that only its owner sees."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.dashboard import (
    answers,
    dashboard_pid,
    fetch,
    requests_counted,
    token_of,
    with_dashboard,
)
from tests.support.refusal import assert_refused
from tests.support.stack import APP, Stack, has_ended, until

pytestmark = [pytest.mark.native, pytest.mark.user]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a dashboard, for the tests that leave it as it was."""
    with with_dashboard(tmp_path_factory.mktemp("dashboard") / "shop", APP) as stack:
        stack.env["MY_SECRET"] = "known-to-the-app-only"
        stack.up()
        dashboard_pid(stack)
        yield stack


def runtime(stack: Stack) -> Path:
    return (stack.project / ".enuf/run").resolve()


def past_of(stack: Stack) -> list[dict[str, Any]]:
    """Return the points of the last hour."""
    points: list[dict[str, Any]] = json.loads(fetch(stack, f"/api/history?token={token_of(stack)}"))["points"]
    return points


def test_dash_prints_an_address_that_opens_it(served: Stack) -> None:
    url = served.run("dash").out.strip()
    assert url == f"{served.status()['dashboard']['url']}/?token={token_of(served)}"
    assert served.run("dash", "--json").json == {"schema": 1, "url": url}
    shown = json.loads(fetch(served, f"/api/snapshot?token={token_of(served)}"))
    assert (shown["state"], shown["url"]) == ("serving", served.url)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fetch(served, "/api/snapshot?token=" + "x" * 43)


def test_the_token_is_in_no_argument_environment_log_plan_or_status(served: Stack) -> None:
    token = token_of(served)
    assert len(token) >= 43
    assert (runtime(served) / "dashboard.token").stat().st_mode & 0o777 == 0o600
    fetch(served, "/metrics")
    for process in served.processes():
        assert token not in " ".join(process.cmdline())
        assert token not in str(process.environ())
    logs = [path.read_text(errors="replace") for path in (served.project / ".enuf/log").iterdir()]
    assert not [log for log in logs if token in log]
    for words in (("status", "--json"), ("plan", "--json"), ("status",)):
        assert token not in served.run(*words).out


def test_it_knows_nothing_of_the_apps_environment(served: Stack) -> None:
    environment = psutil.Process(dashboard_pid(served)).environ()
    assert "MY_SECRET" not in environment
    assert environment["ENUF_DASHBOARD_FD"].isdigit()
    assert "MY_SECRET" in psutil.Process(served.status()["supervisor"]["pid"]).environ()


def test_killed_again_and_again_it_comes_back_at_the_same_address_and_the_stack_does_not_notice(
    served: Stack,
) -> None:
    address = served.status()["dashboard"]["url"]
    before = until(lambda: past_of(served), timeout=60, what="a step of the last hour")
    servers = {served.status()[unit]["pid"] for unit in ("supervisor", "front", "server")}
    for _ in range(3):
        pid = dashboard_pid(served)
        os.kill(pid, signal.SIGKILL)
        assert dashboard_pid(served) != pid
        assert served.get("/").status == 200
    assert past_of(served)[: len(before)] == before
    status = served.status()
    assert status["dashboard"]["url"] == address
    assert {status[unit]["pid"] for unit in ("supervisor", "front", "server")} == servers
    assert "dashboard: was killed by SIGKILL" in served.log("enuf.log")


def asleep(stack: Stack) -> bool:
    """Return True while no process of the dashboard runs."""
    return stack.status()["dashboard"]["pid"] is None


def test_it_runs_while_somebody_looks_and_has_missed_nothing_when_somebody_looks_again(
    tmp_path: Path,
) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        stack.up()
        assert asleep(stack)
        for _ in range(5):
            assert stack.get("/").status == 200
        assert stack.run("status").code == 0
        assert asleep(stack)
        until(lambda: requests_counted(stack) == {"200": 5}, what="the requests before the first visitor")
        pid = dashboard_pid(stack)
        os.kill(pid, signal.SIGTERM)  # ends it as the time without visitors does
        until(lambda: has_ended(pid), what="its end")
        began_at = time.time()
        for _ in range(7):
            assert stack.get("/").status == 200
        until(lambda: requests_counted(stack) == {"200": 12}, what="the requests between the visitors")
        past = until(
            lambda: sum(point["rates"]["s2xx"] for point in past_of(stack) if point["at"] >= began_at),
            timeout=60,
            what="the requests between the visitors, in the last hour",
        )
        assert past
        assert "dashboard" not in stack.log("enuf.log")


def test_without_a_visitor_a_log_that_is_set_aside_is_counted_before_it_goes(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        stack.up()
        for _ in range(5):
            assert stack.get("/").status == 200
        log = stack.project / ".enuf/log/access.log"
        until(lambda: log.read_text().count("GET / ") >= 5, what="their lines")
        log.rename(log.with_name("access.log.1"))
        os.kill(stack.status()["supervisor"]["pid"], signal.SIGUSR1)
        kept = runtime(stack) / "dashboard.totals"
        until(
            lambda: json.loads(kept.read_text())["totals"]["by_status"] == {"200": 5},
            what="their count",
        )
        log.with_name("access.log.1").unlink()
        assert requests_counted(stack) == {"200": 5}


def test_open_gives_the_browser_a_private_page_and_no_token_on_its_command_line(served: Stack) -> None:
    seen = served.write("seen", "")
    browser = served.write("bin/xdg-open", f'#!/bin/sh\necho "$@" > {seen}\n')
    browser.chmod(0o755)
    before = served.env["PATH"]
    served.env["PATH"] = f"{browser.parent}:{before}"
    try:
        assert served.run("dash", "--open").code == 0
    finally:
        served.env["PATH"] = before
    opened = until(lambda: seen.read_text().strip(), what="the browser")
    assert token_of(served) not in opened
    page = Path(re.sub("^file://", "", opened))
    assert page.stat().st_mode & 0o777 == 0o600
    assert token_of(served) in page.read_text()


def test_a_taken_address_is_said_once_and_another_port_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with with_dashboard(tmp_path / "shop", APP, ENUF_DASHBOARD_LISTEN=f"127.0.0.1:{port}") as stack:
            done = stack.up()
            assert done.err.count(f"note: 127.0.0.1:{port} is taken") == 1
            assert done.json["warnings"] == []
            dashboard_pid(stack)
            assert stack.status()["dashboard"]["url"] != f"http://127.0.0.1:{port}"
            assert answers(stack)


def test_off_means_no_process_no_socket_and_a_word_about_it(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP, ENUF_DASHBOARD_LISTEN="off") as stack:
        stack.up()
        assert stack.status()["dashboard"] is None
        assert not (runtime(stack) / "dashboard.token").exists()
        assert_refused(stack.run("dash"), 1, "without a dashboard", "enuf top")


def test_one_that_can_never_start_hurts_nobody(tmp_path: Path) -> None:
    (tmp_path / "broken/waitress").mkdir(parents=True)
    (tmp_path / "broken/waitress/__init__.py").write_text("raise RuntimeError('no such thing')\n")
    with with_dashboard(tmp_path / "shop", APP, PYTHONPATH=str(tmp_path / "broken")) as stack:
        stack.up()
        until(
            lambda: (
                not answers(stack, within_s=1) and stack.log("enuf.log").count("; it is started again") >= 2
            ),
            what="two tries",
        )
        assert stack.get("/").status == 200
        assert stack.run("reload").code == 0
        assert "no such thing" in stack.log("dashboard.log")


def test_it_ends_with_the_stack_and_leaves_no_file(tmp_path: Path) -> None:
    with with_dashboard(tmp_path / "shop", APP) as stack:
        stack.up()
        pid, folder = dashboard_pid(stack), runtime(stack)
        assert stack.run("down").code == 0
        assert has_ended(pid)
        assert not list(folder.glob("dashboard*"))
        # A supervisor that is killed takes it along, too.
        stack.up()
        pid = dashboard_pid(stack)
        os.kill(stack.status()["supervisor"]["pid"], signal.SIGKILL)
        until(lambda: has_ended(pid), what="its end")


@pytest.mark.root
def test_started_by_root_it_runs_as_the_servers_user(open_python: str, open_folder: Path) -> None:
    subprocess.run(["chown", "-R", "www-data", open_folder], check=True)
    with with_dashboard(open_folder / "shop", APP, ENUF_SERVE_USER="www-data") as stack:
        subprocess.run(["chown", "-R", "www-data", stack.project], check=True)
        stack.enuf = (open_python, "-m", "enuf")
        stack.up()
        process = psutil.Process(dashboard_pid(stack))
        assert process.username() == "www-data"
        assert process.uids().real == process.uids().effective == process.uids().saved
        shown = json.loads(fetch(stack, f"/api/snapshot?token={token_of(stack)}"))
        assert len(shown["workers"]) == 2
        assert shown["backlog"]["queued"] == 0
        assert stack.run("dash").out.strip().endswith(token_of(stack))

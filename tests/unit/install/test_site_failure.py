"""What a failed site leads to: root's script tries it again, and a program of the standard library tells of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from enuf.install import alert_program
from enuf.install.failure_script import failure_script
from enuf.install.services.base import ServiceUser
from enuf.install.services.systemd_failure import failure_units
from enuf.model.journal import JournalEvent
from enuf.model.paths import StackPaths
from enuf.model.service_state import EXITS, RESULTS, ServiceState
from enuf.model.stack_events import PhaseChanged, StackEnded, StackStarted, StartFailed
from enuf.sites.failure import failure_of_service, noted_cause, reason_of_start
from enuf.syntax.unit import read_unit
from tests.unit.install.test_systemd_unit import needs_systemd, request

WITHIN_S = 60
SECRET = "/services/T0/secret"
FAILED = {"Result": "exit-code", "ExecMainCode": "1", "ExecMainStatus": "5"}


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what is posted, and answers with the status that its path ends with."""

    posted: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Keep the document."""
        self.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Location", "/elsewhere/200")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Print nothing."""


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook's address up to the status, and what was posted to it."""
    posted: list[dict[str, Any]] = []
    handler = type("OwnHook", (Hook,), {"posted": posted})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{SECRET}", posted
        server.shutdown()
        thread.join()


def tell(
    folder: Path, event: str, *, command: tuple[str, ...] = (), webhook: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the program as the service does."""
    config = {"command": command, "webhook": webhook, "directory": "/", "exits": EXITS, "results": RESULTS}
    (folder / "alert").write_text(json.dumps(config))
    words = [sys.executable, "-I", alert_program.__file__, event]
    own = {
        "CREDENTIALS_DIRECTORY": str(folder),
        "ENUF_SITE": "shop",
        "ENUF_URL": "http://shop.example",
        "ENUF_UNIT": "enuf-shop.service",
    }
    env = {"PATH": os.environ["PATH"], **own, **FAILED, "SECRET_KEY": "s3cret"}
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False)


def test_the_webhook_gets_what_happened_and_the_command_the_same_in_variables(
    tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, posted = hook
    command = ("sh", "-c", f"env > {tmp_path}/told")
    done = tell(tmp_path, "failed", command=command, webhook=f"{address}/200")
    assert (done.returncode, done.stderr) == (0, "")
    (document,) = posted
    assert (
        document["site"] == "shop"
        and document["event"] == "failed"
        and document["url"] == "http://shop.example"
    )
    assert (
        document["reason"] == EXITS[5]
        and EXITS[5] in document["text"]
        and "enuf status shop" in document["text"]
    )
    told = dict(line.split("=", 1) for line in (tmp_path / "told").read_text().splitlines())
    assert (told["ENUF_EVENT"], told["ENUF_REASON"]) == ("failed", EXITS[5])
    assert "SECRET_KEY" not in told and "CREDENTIALS_DIRECTORY" not in told
    assert tell(tmp_path, "serving", webhook=f"{address}/204").returncode == 0
    assert posted[1]["event"] == "serving" and posted[1]["reason"] == ""


def test_an_alert_that_fails_says_so_without_the_address_and_follows_no_redirect(
    tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, posted = hook
    done = tell(tmp_path, "failed", command=("/no/such",), webhook=f"{address}/302")
    assert done.returncode == 1
    assert "302" in done.stderr and "/no/such" in done.stderr and "secret" not in done.stderr
    assert len(posted) == alert_program.TRIES
    elsewhere = tell(tmp_path, "failed", webhook="file:///etc/passwd")
    assert elsewhere.returncode == 1 and "no address of the web" in elsewhere.stderr


def test_the_service_stops_what_tries_it_again_and_a_failed_start_is_a_failure() -> None:
    from enuf.install.services.systemd_unit import unit_text

    unit = read_unit(unit_text(request()), "enuf-shop.service")
    assert (
        unit.value("OnFailure", "Unit")
        == unit.value("PropagatesStopTo", "Unit")
        == "enuf-shop-failed.service"
    )
    assert "5" in unit.value("RestartPreventExitStatus").split()


@pytest.mark.parametrize("alerts", [False, True])
@pytest.mark.parametrize("user", [ServiceUser(name="daemon"), ServiceUser(name="enuf-shop", dynamic=True)])
def test_root_tries_again_and_the_sites_user_tells(user: ServiceUser, *, alerts: bool) -> None:
    units = {
        file.path: read_unit(file.text, file.path)
        for file in failure_units(request(user=user), "/etc/systemd/system", alerts=alerts)
    }
    retries = units["/etc/systemd/system/enuf-shop-failed.service"]
    assert (
        retries.value("User") == "" and retries.value("ExecStart") == "/bin/sh /var/lib/enuf/failed/shop.sh"
    )
    told = units.get("/etc/systemd/system/enuf-shop-alert@.service")
    assert (told is not None) is alerts
    if told:
        assert told.value("User") == user.name and told.value("LoadCredential").startswith(
            "alert:/var/lib/enuf/alert/"
        )
        assert told.value("TimeoutStartSec") and told.is_on("NoNewPrivileges")


@needs_systemd
@pytest.mark.native
def test_systemd_finds_no_fault_in_them(tmp_path: Path) -> None:
    files = failure_units(request(user=ServiceUser(name="daemon")), str(tmp_path), alerts=True)
    for file in files:
        Path(file.path).write_text(file.text)
        name = file.path.replace("@.", "@failed.")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", name],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), file.text


def test_the_script_is_one_that_a_shell_reads(tmp_path: Path) -> None:
    site = request().site
    script = tmp_path / "shop.sh"
    for alerts in (False, True):
        script.write_text(failure_script(site, alerts=alerts))
        checker = ["shellcheck", "--shell=sh"] if shutil.which("shellcheck") else ["sh", "-n"]
        done = subprocess.run(
            [*checker, str(script)], capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        assert ("enuf-shop-alert" in script.read_text()) is alerts


@pytest.mark.parametrize("ended", [
    StartFailed(summary="the app cannot be imported", evidence=("Traceback", "KeyError")),
    StackEnded(reason="the app cannot be imported\nTraceback\nKeyError"),
], ids=["a start", "a run"])  # fmt: skip
def test_why_a_site_failed_is_told_until_it_serves(tmp_path: Path, ended: JournalEvent) -> None:
    paths = StackPaths(
        project="/srv/shop", home="/r", runtime="/r", logs=str(tmp_path), service="enuf-shop.service"
    )
    started = StackStarted(pid=7, topology="nginx-uwsgi", app="app:app", listen="unix:/r/app.sock")
    journal = tmp_path / "events.jsonl"
    journal.write_bytes(msgspec.json.Encoder().encode_lines((ended, StackEnded(), started)))
    trying = ServiceState(
        unit="enuf-shop.service", active="activating", sub="start", result="success", is_retried=True
    )

    failure = failure_of_service(paths, trying)
    assert failure.reason == "the app cannot be imported; it is tried again by itself"
    assert failure.lines == ("Traceback", "KeyError")
    # Somebody has started it by hand, and its supervisor answers already.
    assert reason_of_start(paths, "starting", "") == "the start before failed: the app cannot be imported"
    assert reason_of_start(paths, "stopping", "what it stops for") == "what it stops for"
    serving = PhaseChanged(before="starting", phase="serving")
    journal.write_bytes(msgspec.json.Encoder().encode_lines((ended, StackEnded(), started, serving, started)))
    assert reason_of_start(paths, "starting", "") == ""


def test_the_cause_that_a_new_try_takes_back_has_been_noted_by_roots_script() -> None:
    assert noted_cause("Result=exit-code\nExecMainCode=1\nExecMainStatus=203\n") == EXITS[203]
    assert noted_cause("Result=success\nExecMainCode=0\nExecMainStatus=0\n") == noted_cause("cut of") == ""


@pytest.mark.parametrize(("seen", "phase", "cause"), [
    ({"active": "active", "sub": "running"}, "serving", ""),
    ({"active": "activating", "sub": "start"}, "starting", ""),
    ({"active": "activating", "sub": "start", "is_retried": True, "result": "success"}, "failed", ""),
    ({"active": "activating", "sub": "auto-restart", "result": "signal", "code": 2, "status": 9}, "failed", "SIGKILL"),
    ({"active": "failed", "result": "exit-code", "code": 1, "status": 203}, "failed", "Python"),
    ({"active": "failed", "result": "oom-kill", "code": 2, "status": 9}, "failed", "memory"),
    ({"active": "deactivating", "sub": "stop-post", "result": "exit-code", "code": 1, "status": 5}, "failed", "imported"),
    ({"active": "deactivating", "sub": "stop-sigterm", "result": "success"}, "stopping", ""),
    ({"active": "inactive", "result": "success"}, None, ""),
    ({"active": "inactive", "result": "success", "is_retried": True}, "failed", ""),
])  # fmt: skip
def test_the_state_of_a_service_in_the_words_for_a_stack(
    seen: dict[str, Any], phase: str | None, cause: str
) -> None:
    state = ServiceState(unit="enuf-shop.service", **seen)
    assert state.phase == phase
    assert cause in state.cause and bool(cause) == bool(state.cause)

"""`enuf doctor --live` finds the one cause on real servers: one nginx, with a backend for each way to fail."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from enuf.cli.terminal import live_view
from enuf.doctor.budget import Budget
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.live.engine import Diagnosis, diagnosis_of
from enuf.doctor.live.evidence_file import from_json, to_json
from enuf.doctor.live.requested import parse_requested
from tests.support.builds import nginx_program
from tests.support.command_line import enuf
from tests.support.live_servers import BIN, NGINX_HEAD, UWSGI_PARAMS, let_go, start_in
from tests.support.ports import free_port
from tests.support.stack import has_ended, until

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("live-doctor")]

WITHIN_S = 30.0
"""Far more than a diagnosis takes: a busy machine must not change the verdict."""
APP = """
import os, signal

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path.endswith("/die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if path.endswith("/slow"):
        open("go-on").close()  # a pipe: waits for the test, which opens the other end
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
NGINX = """{head}    server {{
        listen 127.0.0.1:{port};
        include params;
        location /good/ {{ uwsgi_pass unix:{folder}/good.sock; }}
        location /unicorn/ {{ proxy_pass http://unix:{folder}/unicorn.sock; }}
        location /slow {{ uwsgi_read_timeout 1s; uwsgi_pass unix:{folder}/good.sock; }}
        location /missing {{ uwsgi_pass unix:{folder}/missing.sock; }}
        location /stale {{ uwsgi_pass unix:{folder}/stale.sock; }}
        location /closed {{ uwsgi_pass unix:{folder}/closed/app.sock; }}
        location /locked {{ uwsgi_pass unix:{folder}/locked.sock; }}
        location /unnamed {{ uwsgi_pass unix:{folder}/unnamed.sock; }}
        location /port {{ uwsgi_pass 127.0.0.1:{unused}; }}
        location /http-behind {{ uwsgi_pass unix:{folder}/plain.sock; }}
        location /uwsgi-behind {{ proxy_pass http://unix:{folder}/good.sock; }}
        location /no-app {{ uwsgi_pass unix:{folder}/broken.sock; }}
    }}
    server {{ listen 127.0.0.1:{shadowed} default_server; root html; }}
    server {{
        listen 127.0.0.1:{shadowed};
        server_name shop.example;
        include params;
        location / {{ uwsgi_pass unix:{folder}/good.sock; }}
    }}
}}
"""


class Behind:
    """The folder, the ports and the servers of this module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.shadowed, self.unused = free_port(), free_port(), free_port()
        self.running: list[psutil.Popen] = []

    def start(self, *words: str) -> psutil.Popen:
        process = start_in(self.folder, Path(words[0]).name, words)
        self.running.append(process)
        return process

    def uwsgi(self, name: str, module: str, *words: str) -> psutil.Popen:
        """Start a uWSGI with a file of its own at the socket of this name."""
        ini = self.folder / f"{name}.ini"
        ini.write_text(
            f"[uwsgi]\nmodule = {module}\nsocket = {self.folder}/{name}.sock\nchmod-socket = 666\nmaster = true\nprocesses = 2\n"
            f"logto = {self.folder}/{name}.log\ndie-on-term = true\nbuffer-size = 8192\n"
        )
        return self.start(sys.executable, str(BIN / "uwsgi"), "--ini", str(ini), *words)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url(path), timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def end(self) -> None:
        let_go(self.folder / "go-on")
        (self.folder / "closed").chmod(0o755)
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(30)


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    """One nginx and all backends."""
    folder = Path(tempfile.mkdtemp(prefix="live-", dir="/tmp"))
    folder.chmod(0o755)
    found = Behind(folder)
    try:
        _write(found)
        found.uwsgi("good", "app", "--http-socket", f"{folder}/plain.sock")
        found.uwsgi("broken", "broken")
        found.start(
            str(BIN / "gunicorn"),
            "--bind",
            f"unix:{folder}/unicorn.sock",
            "--umask",
            "0",
            "--log-file",
            "unicorn.log",
            "app",
        )
        found.start(
            nginx_program("embedded"),
            "-p",
            f"{folder}/",
            "-c",
            f"{folder}/nginx.conf",
            "-e",
            f"{folder}/error.log",
        )
        until(
            lambda: _serves(found, "/good/") and _serves(found, "/unicorn/"), what="answers of both servers"
        )
        until(lambda: found.get("/no-app") == 500, what="an answer without an app")
        yield found
    finally:
        found.end()
        shutil.rmtree(folder, ignore_errors=True)


def _serves(behind: Behind, path: str) -> bool:
    try:
        return behind.get(path) == 200
    except OSError:
        return False


def _write(behind: Behind) -> None:
    folder = behind.folder
    (folder / "app.py").write_text(APP)
    os.mkfifo(folder / "go-on")
    (folder / "broken.py").write_text("import a_package_that_nobody_has\n")
    (folder / "html").mkdir()
    (folder / "html/index.html").write_text("Welcome")
    (folder / "params").write_text(UWSGI_PARAMS)
    text = NGINX.format(
        head=NGINX_HEAD, folder=folder, port=behind.port, shadowed=behind.shadowed, unused=behind.unused
    )
    (folder / "nginx.conf").write_text(text)
    (folder / "closed").mkdir()
    for name in ("stale.sock", "closed/app.sock", "locked.sock"):
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(str(folder / name))
        bound.close()
        (folder / name).chmod(0o666)
    (folder / "locked.sock").chmod(0)
    (folder / "closed").chmod(0)


def diagnosed(url: str) -> Diagnosis:
    collected = collect_live(parse_requested(url), budget=Budget(WITHIN_S))
    found = diagnosis_of(collected.evidence, collected.static)
    again = diagnosis_of(from_json(to_json(collected.evidence)))
    assert [each.code for each in again.findings] == [each.code for each in found.findings], (
        "on another machine"
    )
    return found


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/missing", "L001", ["missing.sock", "errno 2"]),
        ("/stale", "R001", ["stale.sock", "errno 111"]),
        ("/closed", "S002", ["closed is 0000", "errno 13"]),
        ("/locked", "S001", ["locked.sock", "errno 13", "0000"]),
        ("/port", "L005", ["errno 111"]),
        ("/http-behind", "L002", ["uwsgi speaks HTTP"]),
        ("/uwsgi-behind", "L003", ["uwsgi protocol"]),
        ("/no-app", "A002", ["a_package_that_nobody_has"]),
        ("/slow", "L006", ["uwsgi_read_timeout (1s)", "/slow"]),
    ],
)
def test_the_verdict_is_the_cause_and_says_the_proof(
    behind: Behind, path: str, code: str, words: list[str]
) -> None:
    found = diagnosed(behind.url(path))
    assert found.verdict is not None
    assert (found.verdict.code, found.verdict.severity) == (code, "error")
    assert all(word in found.verdict.message for word in words), found.verdict.message
    assert found.verdict.evidence
    assert found.verdict.hint


@pytest.mark.parametrize("path", ["/good/", "/unicorn/"])
def test_a_healthy_stack_under_load_has_no_error(behind: Behind, path: str) -> None:
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            behind.get(path)

    clients = [threading.Thread(target=load) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        found = diagnosed(behind.url(path))
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert found.status == 200
    assert not found.is_failing
    assert [each for each in found.findings if each.severity == "error"] == []
    assert {link.state for link in found.chain} == {"ok"}


def test_a_worker_that_was_killed_is_named_while_the_site_serves_again(behind: Behind) -> None:
    assert behind.get("/good/die") == 502
    until(lambda: "Respawned uWSGI worker" in (behind.folder / "good.log").read_text(), what="a new worker")
    found = diagnosed(behind.url("/good/"))
    assert found.status == 200
    assert ("R003", "warning") in [(each.code, each.severity) for each in found.findings]
    assert [each for each in found.findings if each.severity == "error"] == []


def test_a_socket_without_its_file_belongs_to_a_server_that_still_runs(behind: Behind) -> None:
    server = behind.uwsgi("unnamed", "app")
    until(lambda: behind.get("/unnamed") == 200, what="an answer")
    (behind.folder / "unnamed.sock").unlink()
    found = diagnosed(behind.url("/unnamed"))
    server.terminate()
    until(lambda: has_ended(server.pid) or server.poll() is not None, what="the end of uWSGI")
    assert found.verdict is not None
    assert found.verdict.code == "R005"


def test_the_default_site_in_front_of_the_app_is_named(behind: Behind) -> None:
    found = diagnosed(f"http://127.0.0.1:{behind.shadowed}/")
    assert found.verdict is not None
    assert found.verdict.code == "N010"
    assert any("shop.example" in line for line in found.verdict.evidence)


def test_a_port_without_a_listener_is_named(behind: Behind) -> None:
    found = diagnosed(f"http://127.0.0.1:{behind.unused}/")
    assert found.verdict is not None
    assert found.verdict.code == "R010"


def test_the_command_line_prints_saves_and_reads(
    behind: Behind, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_view, "WITHIN_S", WITHIN_S)
    file = tmp_path / "evidence.json"
    url = behind.url("/stale?token=hush-hush")
    printed = enuf(capsys, "doctor", "--live", url, "--save", str(file), "--json")
    assert printed.code == 1
    document = printed.json
    assert document["findings"][0]["code"] == document["live"]["verdict"] == "R001"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hush-hush" not in file.read_text() + printed.out
    again = enuf(capsys, "doctor", str(file))
    assert again.code == 1
    assert "R001 socket-stale" in again.out
    assert "stale.sock" in again.out

"""`enuf doctor --live` explains wrong, refused, slow and endless answers of real servers: one nginx, two uWSGI, one gunicorn."""

from __future__ import annotations

import datetime
import http.client
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.doctor.budget import Budget
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.live.engine import Diagnosis, diagnosis_of
from enuf.doctor.live.evidence_file import from_json, to_json
from enuf.doctor.live.requested import parse_requested
from enuf.tls.making import common_name, for_server, key_pem, new_key, signed_pem, unsigned
from tests.native.test_live_doctor import Behind
from tests.support.builds import nginx_program
from tests.support.live_servers import BIN, NGINX_HEAD, UWSGI_PARAMS, let_go
from tests.support.ports import free_port
from tests.support.stack import until

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("live-answers")]

WITHIN_S = 30.0
"""Far more than a diagnosis takes: a busy machine must not change the verdict."""
SLOW_WITHIN_S = 5.0
"""For answers that never come: a little more than half of it passes until the doctor looks at the queue."""
APP = """
def application(environ, start_response):
    path, host = environ["PATH_INFO"], environ.get("HTTP_HOST", "")
    head = [("Content-Type", "text/plain")]
    if path.endswith("/hold") or path == "/slow":
        open("holding", "w").close()
        open("go-on").close()  # a pipe: waits for the test, which opens the other end
    if path == "/big":
        head.append(("X-Big", "x" * 20000))
    if path == "/cookie":
        head.append(("Set-Cookie", "session=hush-hush; Secure; Path=/"))
    if path == "/go":
        start_response("302 Found", [("Location", "http://" + host + "/there")])
        return [b""]
    if path == "/loop" and environ.get("wsgi.url_scheme") != "https":
        start_response("301 Moved", [("Location", "https://" + host + "/loop")])
        return [b""]
    if path == "/none":
        start_response("404 Not Found", head)
        return [b"no"]
    start_response("200 OK", head)
    return [b"hello"]
"""
NGINX = """{head}    limit_req_zone $remote_addr zone=one:1m rate=1r/m;
    server {{
        listen 127.0.0.1:{port};
        include params;
        location / {{ uwsgi_pass unix:{folder}/good.sock; }}
        location /up {{ client_max_body_size 1k; uwsgi_pass unix:{folder}/good.sock; }}
        location /store {{ client_body_temp_path denied; client_body_in_file_only on; uwsgi_pass unix:{folder}/good.sock; }}
        location /limited {{ limit_req zone=one; uwsgi_pass unix:{folder}/good.sock; }}
        location /closed {{ return 503; }}
        location /private {{ deny all; uwsgi_pass unix:{folder}/good.sock; }}
        location /secret/ {{ alias {folder}/closed/; }}
        location /glued/ {{ alias {folder}/files; }}
        location /files/ {{ alias {folder}/files/; }}
        location /go {{ include params; uwsgi_param HTTP_HOST $host; uwsgi_pass unix:{folder}/good.sock; }}
        location /none {{ add_header Access-Control-Allow-Origin *; uwsgi_pass unix:{folder}/good.sock; }}
        location /dns {{ set $behind app.internal; proxy_pass http://$behind; }}
        location /to-tls {{ proxy_pass http://127.0.0.1:{secure}; }}
        location /from-tls {{ proxy_pass https://unix:{folder}/unicorn.sock:; }}
        location /one/ {{ uwsgi_pass unix:{folder}/one.sock; }}
    }}
    server {{
        listen 127.0.0.1:{secure} ssl;
        server_name shop.example;
        ssl_certificate shop.pem; ssl_certificate_key shop.key;
        location / {{ proxy_set_header Host $http_host; proxy_pass http://unix:{folder}/unicorn.sock:; }}
    }}
    server {{ listen 127.0.0.1:{named} default_server; return 444; }}
    server {{ listen 127.0.0.1:{named}; server_name shop.example; include params; location / {{ uwsgi_pass unix:{folder}/good.sock; }} }}
}}
"""


ONE_WORKER = """
[uwsgi]
module = app
socket = {folder}/one.sock
chmod-socket = 666
master = true
processes = 1
logto = {folder}/one.log
die-on-term = true
"""


class Answers(Behind):
    """The folder, the ports and the servers of this module."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.secure, self.named = free_port(), free_port()

    def post(self, path: str, size: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body=b"x" * size)
            return connection.getresponse().status
        finally:
            connection.close()

    def diagnosed(self, url: str, within_s: float = WITHIN_S) -> Diagnosis:
        """Diagnose an URL, here and from the saved evidence; a path alone is one of the first server block."""
        full = self.url(url) if url.startswith("/") else url
        collected = collect_live(parse_requested(full), budget=Budget(within_s))
        found = diagnosis_of(collected.evidence, collected.static)
        saved = to_json(collected.evidence)
        assert b"hush-hush" not in (saved if isinstance(saved, bytes) else saved.encode())
        again = diagnosis_of(from_json(saved))
        assert [each.code for each in again.findings] == [each.code for each in found.findings]
        return found


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    """One nginx and all servers behind."""
    folder = Path(tempfile.mkdtemp(prefix="live-", dir="/tmp"))
    folder.chmod(0o755)
    found = Answers(folder)
    try:
        _write(found)
        found.uwsgi("good", "app", "--threads", "4", "--chmod-socket=666")
        found.start(sys.executable, str(BIN / "uwsgi"), "--ini", str(folder / "one.ini"))
        found.start(
            str(BIN / "gunicorn"),
            *("--bind", f"unix:{folder}/unicorn.sock", "--umask", "0", "--threads", "4", "--log-file", "unicorn.log", "app"),
        )  # fmt: skip
        program = nginx_program("embedded")
        found.start(program, "-p", f"{folder}/", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log")
        until(lambda: _status(found, "/") == 200, what="an answer of uWSGI")
        until(lambda: _status(found, "/one/") == 200, what="an answer of the single worker")
        until((folder / "unicorn.sock").exists, what="the socket of gunicorn")
        yield found
    finally:
        found.end()
        shutil.rmtree(folder, ignore_errors=True)


def _status(answers: Answers, path: str) -> int:
    try:
        return answers.get(path)
    except OSError:
        return 0


def _write(answers: Answers) -> None:
    folder = answers.folder
    (folder / "app.py").write_text(APP)
    os.mkfifo(folder / "go-on")
    (folder / "params").write_text(f"{UWSGI_PARAMS}uwsgi_param HTTP_HOST $http_host;\n")
    for name in ("files", "closed", "denied"):
        (folder / name).mkdir()
        (folder / name / "a.css").write_text("a { }")
    (folder / "one.ini").write_text(ONE_WORKER.format(folder=folder))
    _write_certificate(folder)
    text = NGINX.format(
        head=NGINX_HEAD, folder=folder, port=answers.port, secure=answers.secure, named=answers.named
    )
    (folder / "nginx.conf").write_text(text)
    (folder / "closed").chmod(0o000)


def _write_certificate(folder: Path) -> None:
    """Write a certificate for shop.example that is valid today."""
    key, name, now = new_key(), common_name("shop.example"), datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    builder = for_server(unsigned(name, name, key, now - day, now + day), ["shop.example"])
    (folder / "shop.pem").write_bytes(signed_pem(builder, key))
    (folder / "shop.key").write_bytes(key_pem(key))


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/big", "N003", ["uwsgi_buffer_size", "/big"]),
        ("/closed", "R024", ["503"]),
        ("/private", "R025", ["deny"]),
        ("/secret/a.css", "S014", ["errno 13"]),
        ("/glued/a.css", "N007", ["a.css"]),
        ("/files/b.css", "R026", ["errno 2", "b.css"]),
        ("/files/a.css", "R027", ["text/css"]),
        ("/go", "N013", ["port"]),
        ("/dns", "N067", ["resolver"]),
        ("/to-tls", "R031", ["TLS"]),
        ("/from-tls", "R032", ["TLS"]),
    ],
)
def test_the_verdict_is_the_cause_and_says_the_proof(
    answers: Answers, path: str, code: str, words: list[str]
) -> None:
    found = answers.diagnosed(path)
    assert found.verdict is not None
    assert (found.verdict.code, found.verdict.severity) == (code, "error"), found.verdict.message
    text = found.verdict.message + found.verdict.hint
    assert all(word in text for word in words), text
    assert found.verdict.evidence


def test_uploads_that_nginx_refused_or_could_not_store_are_named_afterwards(answers: Answers) -> None:
    assert answers.post("/up", 2000) == 413
    (answers.folder / "denied").rename(answers.folder / "moved")
    assert answers.post("/store", 2000) == 500
    found = {each.code: each.severity for each in answers.diagnosed("/").findings}
    assert (found["N008"], found["S015"]) == ("warning", "warning")


def test_a_limit_that_refuses_the_visitor_is_named_with_its_zone(answers: Answers) -> None:
    assert answers.get("/limited") == 200
    verdict = answers.diagnosed("/limited").verdict
    assert verdict is not None
    assert verdict.code == "R023"
    assert "zone one" in verdict.message


def test_the_ports_of_http_and_https_are_told_apart(answers: Answers) -> None:
    plain = answers.diagnosed(f"http://shop.example:{answers.secure}/").verdict
    secure = answers.diagnosed(f"https://shop.example:{answers.port}/").verdict
    assert plain is not None
    assert secure is not None
    assert (plain.code, secure.code) == ("R031", "R032")


def test_a_certificate_of_another_name_is_named(answers: Answers) -> None:
    own = answers.diagnosed(f"https://shop.example:{answers.secure}/")
    other = answers.diagnosed(f"https://www.shop.example:{answers.secure}/").verdict
    assert [each.code for each in own.findings if each.severity == "error"] == []
    assert other is not None
    assert other.code == "N024"
    assert "www.shop.example" in other.message


def test_a_redirect_without_end_is_traced_to_the_hidden_scheme(answers: Answers) -> None:
    verdict = answers.diagnosed(f"https://shop.example:{answers.secure}/loop").verdict
    assert verdict is not None
    assert verdict.code == "N041"
    assert "X-Forwarded-Proto" in verdict.hint


def test_a_name_that_no_server_block_has_is_named(answers: Answers) -> None:
    verdict = answers.diagnosed(f"http://www.shop.example:{answers.named}/").verdict
    assert verdict is not None
    assert verdict.code == "R028"
    assert "shop.example" in verdict.message


@pytest.mark.parametrize(("path", "code"), [("/cookie", "R039"), ("/none", "R040")])
def test_what_only_a_browser_refuses_is_a_warning(answers: Answers, path: str, code: str) -> None:
    found = answers.diagnosed(f"http://shop.example:{answers.port}{path}").findings
    assert [(each.code, each.severity) for each in found if each.code.startswith(("R039", "R04"))] == [
        (code, "warning")
    ]


def test_a_slow_app_is_told_from_a_request_that_waits_for_a_worker(answers: Answers) -> None:
    slow = answers.diagnosed("/slow", SLOW_WITHIN_S).verdict
    let_go(answers.folder / "go-on")
    (answers.folder / "holding").unlink()
    held = threading.Thread(target=answers.get, args=("/one/hold",))
    assert slow is not None
    assert slow.code == "R037"
    held.start()
    try:
        until((answers.folder / "holding").exists, what="a request in the only worker")
        waiting = answers.diagnosed("/one/", SLOW_WITHIN_S).verdict
    finally:
        let_go(answers.folder / "go-on")
        held.join()
    assert waiting is not None
    assert waiting.code == "U008"

"""HTTPS with files of the user's own: real nginx, and real clients that verify the certificate."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.builds import BUILDS, nginx_program
from tests.support.certificates import Issued, issue
from tests.support.load import Client
from tests.support.ports import free_port
from tests.support.stack import APP, EVENTS, Response, Stack, has_ended, stack_in, until
from tests.support.under_load import under_load

pytestmark = pytest.mark.native

ALICE = 61103
ROOT = issue(authority=True, called="Tests")
SECURE = """
app.secret_key = "a test"
app.config["SESSION_COOKIE_SECURE"] = True

@app.route("/secure", methods=["GET", "POST"])
def secure():
    from flask import session, url_for
    session["seen"] = True
    scheme = request.environ["wsgi.url_scheme"]
    return {"scheme": scheme, "is_secure": request.is_secure, "url": url_for("index", _external=True),
            "method": request.method, "query": request.query_string.decode()}
"""
ROWS = [("nginx-uwsgi", build) for build in BUILDS] + [
    (row, "embedded") for row in ("nginx-uwsgi-tcp", "nginx-gunicorn", "nginx-gunicorn-uwsgi", "nginx-flask")
]
FRESH = (*[Client("/")] * 6, *[Client("/echo", "POST", body=b"x=1")] * 2, *[Client("/slow?seconds=0.2")] * 2)


def site(*names: str, **differences: Any) -> Issued:
    return issue(*(names or ("localhost", "127.0.0.1")), by=ROOT, **differences)


def settings(certificate: Path, key: Path, more: str = "") -> str:
    return f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n{more}\n[serve]\nlink = "127.0.0.1:0"\n'


def nginx_of(build: str) -> str:
    """The line that chooses this build of nginx alone; skip where it is missing."""
    nginx_program(build)
    return f'nginx = "{build}"\n'


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ROOT.root.decode())


def ask(stack: Stack, method: str, path: str, *, name: str = "localhost", host: str = "") -> Response:
    """The response to a request over HTTPS; the certificate must be one for the name."""
    connection = http.client.HTTPConnection(name, stack.port)
    with (
        socket.create_connection(("127.0.0.1", stack.port), timeout=60) as plain,
        contextlib.closing(connection),
    ):
        connection.sock = trusting().wrap_socket(plain, server_hostname=name)
        connection.request(method, path, headers={"Host": host or f"{name}:{stack.port}"})
        found = connection.getresponse()
        return Response(found.status, dict(found.getheaders()), found.read())


def shown(stack: Stack, name: str = "localhost", context: ssl.SSLContext | None = None) -> bytes:
    """The certificate that a client gets, in DER."""
    with (
        socket.create_connection(("127.0.0.1", stack.port), timeout=60) as plain,
        (context or trusting()).wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


def der(issued: Issued) -> bytes:
    return ssl.PEM_cert_to_DER_cert(
        issued.chain.decode().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
    )


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((row, build), id=f"{row}-{build}", marks=pytest.mark.xdist_group(f"https-{row}-{build}"))
        for row, build in ROWS
    ],
)
def https(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, int]]:
    """A stack that serves HTTPS, and the port of plain HTTP that leads there."""
    row, build = request.param
    project, plain = tmp_path_factory.mktemp("https") / "shop", free_port()
    with stack_in(project, env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP + SECURE + EVENTS)
        certificate, key = site().write(project)
        more = f'http = "127.0.0.1:{plain}"\nhsts = "5m"\n'
        text = nginx_of(build) + f'topology = "{row}"\n' + settings(certificate, key, more)
        stack.write("enuf.toml", text + 'health_path = "/pid"\n')
        stack.up()
        yield stack, plain


def test_the_app_sees_https_without_a_proxy_fix(https: tuple[Stack, int]) -> None:
    stack, _ = https
    answer = ask(stack, "GET", "/secure?a=1")
    assert answer.json == {
        "scheme": "https",
        "is_secure": True,
        "url": f"https://localhost:{stack.port}/",
        "method": "GET",
        "query": "a=1",
    }
    assert "Secure" in (answer.headers["Set-Cookie"] or "")
    assert answer.headers["Strict-Transport-Security"] == "max-age=300"


def test_a_visitor_cannot_choose_the_scheme(https: tuple[Stack, int]) -> None:
    stack, _ = https
    done = curl(stack, "-H", "X-Forwarded-Proto: http", "-H", "X-Forwarded-Ssl: off", "/secure")
    assert json.loads(done)["scheme"] == "https"


def test_curl_gets_http2_over_tls_13_and_tls_12(https: tuple[Stack, int]) -> None:
    stack, _ = https
    for version in ("--tlsv1.3", "--tlsv1.2 --tls-max 1.2"):
        assert (
            curl(stack, *version.split(), "-w", "%{http_version} %{http_code}", "-o", "/dev/null", "/")
            == "2 200"
        )
    assert curl(stack, "--http1.1", "-w", "%{http_version} %{http_code}", "-o", "/dev/null", "/") == "1.1 200"


def test_events_arrive_one_by_one_over_http2(https: tuple[Stack, int]) -> None:
    stack, _ = https
    options = (
        "-sN",
        "--http2",
        "--compressed",
        "--max-time",
        "60",
        "--cacert",
        stack.project / "site-root.pem",
    )
    url = f"https://localhost:{stack.port}/events"
    with subprocess.Popen(["curl", *options, url], stdout=subprocess.PIPE) as reading:
        assert reading.stdout is not None
        assert reading.stdout.readline() == b"data: one\n"  # the app now waits for the test
        stack.let_go("events")
        assert reading.stdout.read() == b"\ndata: two\n\n"


def test_tls_11_is_refused(https: tuple[Stack, int]) -> None:
    stack, _ = https
    old = trusting()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)alert.protocol.version"):
        shown(stack, context=old)


def test_nginx_chooses_the_cipher_but_gives_chacha_to_clients_that_begin_with_it(
    https: tuple[Stack, int],
) -> None:
    stack, _ = https
    aes_128, aes_256, chacha = (
        f"ECDHE-ECDSA-{each}" for each in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    )
    for offered, chosen in (
        ((aes_256, aes_128), aes_128),
        ((chacha, aes_128), chacha),
        ((aes_256, chacha), aes_256),
    ):
        client = trusting()
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers(":".join(offered))
        with (
            socket.create_connection(("127.0.0.1", stack.port), timeout=60) as plain,
            client.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            assert (secure.cipher() or ("",))[0] == chosen


@pytest.mark.parametrize("which", ["the plain port", "the HTTPS port, spoken to plainly"])
def test_plain_http_leads_to_https_with_path_and_method(https: tuple[Stack, int], which: str) -> None:
    stack, plain = https
    port = plain if which == "the plain port" else stack.port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/echo%20x?b=%2F&c", "body")
        answer = connection.getresponse()
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://127.0.0.1:{stack.port}/echo%20x?b=%2F&c"
        assert "Strict-Transport-Security" not in answer.headers


def said_plainly(port: int, text: bytes) -> bytes:
    """The answer to a text over plain TCP; empty where the connection is closed without one."""
    found = b""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
        contextlib.suppress(ConnectionResetError),
    ):
        connection.sendall(text)
        while chunk := connection.recv(65536):
            found += chunk
    return found


def test_a_plain_request_without_a_host_is_refused(https: tuple[Stack, int]) -> None:
    stack, plain = https
    for port in (plain, stack.port):
        answer = said_plainly(port, b"GET / HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400") and b"Location" not in answer, answer


def test_a_health_check_is_answered_at_the_plain_port_too(https: tuple[Stack, int]) -> None:
    _, plain = https
    for head in (b"GET /pid HTTP/1.0\r\n\r\n", b"GET /pid HTTP/1.0\r\nHost: 10.1.2.3\r\n\r\n"):
        answer = said_plainly(plain, head)
        assert answer.startswith(b"HTTP/1.1 200") and answer.rpartition(b"\n")[2].isdigit(), answer


def test_status_shows_the_https_url_and_the_certificate(https: tuple[Stack, int]) -> None:
    stack, _ = https
    status = stack.status()
    assert status["url"] == stack.url == f"https://127.0.0.1:{stack.port}"
    assert status["problems"] == []
    (certificate,) = status["tls"]["certificates"]
    assert certificate["names"] == ["localhost", "127.0.0.1"]
    assert certificate["issuer"] == "Tests"
    assert certificate["days_left"] == 89
    assert certificate["path"] == str(stack.project / "site.pem")
    assert "localhost, 127.0.0.1   issued by Tests, 89 days left" in stack.run("status").out


def test_the_key_is_copied_to_where_its_user_alone_can_read(https: tuple[Stack, int]) -> None:
    stack, _ = https
    runtime = (stack.project / ".enuf/run").resolve()
    assert runtime.stat().st_mode & 0o777 == 0o700
    copies = [path for path in (*runtime.rglob("*"), *(stack.project / ".enuf").rglob("*")) if has_key(path)]
    assert [path.name for path in copies] == ["tls.pem"]
    assert copies[0].stat().st_mode & 0o777 == 0o600


def has_key(path: Path) -> bool:
    return path.is_file() and not path.is_socket() and b"PRIVATE KEY" in path.read_bytes()


def curl(stack: Stack, *words: str) -> str:
    *options, path = words
    root = ("--cacert", str(stack.project / "site-root.pem"))
    done = subprocess.run(
        ["curl", "-sS", *root, *options, f"https://localhost:{stack.port}{path}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


# -- certificates that change


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Stack]:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", settings(*site().write(stack.project)))
        yield stack


def events(stack: Stack, kind: str) -> list[dict[str, Any]]:
    lines = map(json.loads, stack.log("events.jsonl").splitlines())
    return [line for line in lines if line["event"] == kind]


def test_a_renewed_certificate_is_taken_without_a_lost_request_and_a_broken_one_is_not(shop: Stack) -> None:
    shop.up()
    second, third = site("localhost", days=(-1, 60)), site("localhost", days=(-1, 30))

    def renew_twice() -> None:
        for each in (second, third):
            before = len(events(shop, "certificate-taken"))
            each.write(shop.project)
            until(lambda: len(events(shop, "certificate-taken")) > before, what="taken")  # noqa: B023

    count, _ = under_load(shop, renew_twice, clients=FRESH, tls=trusting())
    assert count.failed == 0 and count.ok > 50, count
    until(lambda: shown(shop) == der(third), what="the new certificate")
    assert shop.status()["tls"]["certificates"][0]["days_left"] == 29
    assert shop.status()["generation"] == 1

    (shop.project / "site.key").write_bytes(site().key_pem)  # of another certificate
    until(lambda: events(shop, "certificate-refused"), what="refused")
    assert shown(shop) == der(third)
    (warning,) = shop.status()["warnings"]
    assert "is not taken, and the one before serves on" in warning and "is not the key" in warning
    assert "certificate refused, the one before serves on: tls.key:" in shop.log("enuf.log")

    # A front that dies comes back with the last good pair, and so does a reload of the code.
    pid = shop.status()["front"]["pid"]
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    until(lambda: (shop.status()["front"] or {}).get("pid") not in (None, pid), what="the front is back")
    until(lambda: not shop.status()["problems"], what="no problems")
    assert shown(shop) == der(third)
    refused = shop.run("reload")
    assert refused.code == 7 and "is not the key" in refused.err, refused
    assert shown(shop) == der(third)

    site("localhost").write(shop.project)
    until(lambda: not shop.status()["warnings"], what="a good pair heals it")


def test_a_reload_takes_other_files_and_status_warns_before_their_end(shop: Stack) -> None:
    shop.up()
    other = site("localhost", days=(-1, 9.5))
    shop.write("enuf.toml", settings(*other.write(shop.project, "other")))
    assert shop.run("reload").code == 0
    until(lambda: shown(shop) == der(other), what="the new certificate")
    (warning,) = shop.status()["warnings"]
    assert "ends in 9 days" in warning
    doctor = shop.run("doctor")
    assert doctor.code == 0 and "enuf.toml:2" in doctor.out and "N024" in doctor.out, doctor
    assert "other.pem ends in 9 days" in doctor.out
    assert f"note: the running stack says: {warning}" in doctor.err
    shop.write("enuf.toml", '[serve]\nlink = "127.0.0.1:0"\n')
    refused = shop.run("reload")
    assert refused.code == 7 and "from https to http" in refused.err, refused
    until(lambda: shown(shop) == der(other), what="the new certificate")


def test_a_reload_while_a_renewed_certificate_is_not_served_yet_has_the_last_word(shop: Stack) -> None:
    shop.up()
    front, runtime = shop.status()["front"]["pid"], (shop.project / ".enuf/run").resolve()
    renewed, other, later = site("localhost"), site("localhost"), site("localhost")
    os.kill(front, signal.SIGSTOP)  # nginx does not read its files again before it goes on
    try:
        renewed.write(shop.project)
        until(lambda: renewed.key_pem in (runtime / "tls.pem").read_bytes(), what="written for nginx")
        shop.write("enuf.toml", settings(*other.write(shop.project, "other")))
        reload = shop.start("reload")
        until(lambda: other.key_pem in (runtime / "tls.pem").read_bytes(), what="written by the reload")
    finally:
        os.kill(front, signal.SIGCONT)
    assert reload.wait(60) == 0, reload.communicate()
    until(lambda: shown(shop) == der(other), what="the certificate of the reload")
    later.write(shop.project, "other")
    until(lambda: shown(shop) == der(later), what="a renewal after it")
    assert not events(shop, "certificate-refused")


# -- names


@pytest.mark.parametrize("build", BUILDS)
def test_an_unknown_name_gets_no_certificate(tmp_path: Path, build: str) -> None:
    project = tmp_path / "shop"
    with stack_in(project, env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        plain = free_port()
        text = settings(*site("shop.test", "www.shop.test").write(project), f'http = "127.0.0.1:{plain}"')
        stack.write("enuf.toml", nginx_of(build) + text + 'hosts = ["shop.test", "www.shop.test"]\n')
        stack.up()
        assert ask(stack, "GET", "/", name="www.shop.test").status == 200
        blind = ssl.create_default_context()
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        for unknown in ("other.test", "127.0.0.1"):
            with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
                shown(stack, unknown, blind)
        with pytest.raises(ConnectionError):
            ask(stack, "GET", "/", name="shop.test", host="other.test")
        for unknown in ("other.test", "127.0.0.1"):
            for port in (plain, stack.port):
                assert said_plainly(port, f"GET / HTTP/1.0\r\nHost: {unknown}\r\n\r\n".encode()) == b""
        for host, ending in (("shop.test", 308), ("other.test", None)):
            connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=60)
            with contextlib.closing(connection):
                connection.request("GET", "/a", headers={"Host": host})
                if ending is None:
                    with pytest.raises(ConnectionError):
                        connection.getresponse()
                    continue
                answer = connection.getresponse()
                assert (answer.status, answer.headers["Location"]) == (
                    308,
                    f"https://shop.test:{stack.port}/a",
                )


# -- refusals, and files without enuf


def test_what_cannot_be_served_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        certificate, key = site().write(stack.project)
        _, other = site().write(stack.project, "other")
        old, old_key = site(days=(-9, -1)).write(stack.project, "old")
        pair = ("--set", f"tls.certificate={certificate}", "--set", f"tls.key={key}")
        cases = {
            ("--set", f"tls.certificate={certificate}", "--set", f"tls.key={other}"): "is not the key",
            ("--set", f"tls.certificate={old}", "--set", f"tls.key={old_key}"): "expired on",
            ("--set", f"tls.certificate={certificate}", "--set", "tls.key=none.key"): "there is no file",
            (*pair, "--topology", "gunicorn"): "needs a web server in front",
        }
        for words, sentence in cases.items():
            done = stack.run("up", "-d", "--listen", "127.0.0.1:0", *words)
            assert done.code == 4, (words, done)
            assert sentence in done.err and "hint: " in done.err and done.err.count("error: ") == 1, (
                words,
                done,
            )
        assert not stack.processes()
        stack.write("enuf.toml", settings(certificate, other))
        doctor = stack.run("doctor", "--json")
        (finding,) = doctor.json["findings"]
        assert (doctor.code, finding["code"], finding["line"]) == (1, "N024", 2), doctor
        assert "is not the key of the certificate" in finding["message"]


def test_the_rendered_site_serves_https_without_enuf(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        certificate, key = site().write(stack.project)
        words = (
            "--listen",
            f"127.0.0.1:{free_port()}",
            "--set",
            f"tls.certificate={certificate}",
            "--set",
            f"tls.key={key}",
        )
        for kind in ((), ("--plain",)):
            folder = tmp_path / ("plain" if kind else "whole")
            done = stack.run("render", str(folder), *kind, *words)
            assert done.code == 0, done
            site_file = folder / ("shop.server" if kind else "conf/nginx.conf")
            text = site_file.read_text()
            assert f"ssl_certificate {certificate};" in text and f"ssl_certificate_key {key};" in text
            conf = folder / ("nginx.conf" if kind else "conf/nginx.conf")
            tested = subprocess.run(
                [nginx_program("embedded"), "-t", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(conf)],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert tested.returncode == 0, tested.stderr


ROOT_ONLY = pytest.mark.root(reason="a key that root alone can read")


@ROOT_ONLY
def test_a_key_of_roots_alone_is_served_by_another_user_and_renewed(
    open_python: str, open_folder: Path
) -> None:
    with stack_in(open_folder / "shop", enuf=(open_python, "-m", "enuf")) as stack:
        stack.write("app.py", APP)
        closed = open_folder / "ssl"
        closed.mkdir(mode=0o700)
        certificate, key = site().write(closed)
        stack.write("enuf.toml", settings(certificate, key))
        stack.up()
        front = psutil.Process(stack.status()["front"]["pid"])
        assert front.uids().real != 0
        second = site("localhost")
        second.write(closed)
        until(lambda: events(stack, "certificate-taken"), what="taken")
        until(lambda: shown(stack) == der(second), what="the new certificate")
        (reader,) = [each for each in stack.processes() if each.uids().real == 0]
        assert stack.run("reload").code == 0
        assert stack.run("down").code == 0
        until(lambda: has_ended(reader.pid), what="the reader of root's ends with the stack")


@ROOT_ONLY
def test_root_reads_no_key_that_the_projects_owner_chose(open_python: str, open_folder: Path) -> None:
    with stack_in(open_folder / "shop", enuf=(open_python, "-m", "enuf")) as stack:
        stack.write("app.py", APP)
        closed = open_folder / "ssl"
        closed.mkdir(mode=0o700)
        stack.write("enuf.toml", settings(*site().write(closed)))
        for path in (stack.project, *stack.project.rglob("*")):
            os.chown(path, ALICE, ALICE)
        done = stack.run("up", "-d", "--listen", "127.0.0.1:0")
        assert done.code == 4 and f"cannot be read by {ALICE}" in done.err, done

"""What nginx, uWSGI and the kernel do by themselves, as docs/en/explain/server-facts.md says: no line of enuf takes part.

Each test names its facts. A new version of a server that behaves differently fails here, and the design that rests on it can be
looked at again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enuf.system.http_probe import uwsgi_packet
from tests.support.builds import nginx_program
from tests.support.by_hand import stats
from tests.support.open_python import NOBODY, as_number
from tests.support.stack import until

pytestmark = pytest.mark.native

UWSGI = [sys.executable, str(Path(sys.prefix) / "bin/uwsgi")]
GET = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80", "REQUEST_URI": "/"}
APP = """
import json, os, threading, time, psutil
threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
THIS = psutil.Process
AT_IMPORT = {"threads": THIS().num_threads(), "env": os.environ.get("ENUF_FACT", "none")}

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    if environ["PATH_INFO"] == "/slow":
        open("entered", "w").close()
        while not os.path.exists("go-on"):
            time.sleep(0.01)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    found = {"import": AT_IMPORT, "threads": THIS().num_threads(), "body": len(body)}
    return [json.dumps(found).encode()]
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path and the app in it."""
    folder = Path(tempfile.mkdtemp(prefix="facts-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "app.py").write_text(APP)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def running(command: list[str], place: Path, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """The command with its output in the file `said`; its whole group is killed at the end."""
    with (place / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            **options,
        )  # type: ignore[call-overload]
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def uwsgi(place: Path, **options: str) -> list[str]:
    """A uWSGI with one worker for the app, as a command; options are written with underscores."""
    usual = {"socket": "app.sock", "master": "true", "module": "app", "processes": "1", "need_app": "true"}
    lines = [f"{name.replace('_', '-')} = {value}" for name, value in {**usual, **options}.items() if value]
    (place / "uwsgi.ini").write_text("\n".join(["[uwsgi]", *lines]) + "\n")
    return [*UWSGI, "--ini", "uwsgi.ini"]


def said(place: Path, words: str) -> None:
    """Wait until the server has printed these words."""
    text = (place / "said").read_text
    until(lambda: words in text(errors="replace"), what=f"{words!r}")


def spoken(address: Path, data: bytes) -> bytes:
    """All that comes back when these bytes are sent to a unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(address))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            return received
    return b""


# -- the kernel


def test_a_socket_path_may_have_107_bytes(place: Path) -> None:
    """F22."""
    name = str(place / "s").ljust(107, "s")
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(name)
        with pytest.raises(OSError, match="too long"):
            other.bind(name + "s")


def test_uwsgi_takes_a_socket_path_of_102_bytes_and_no_longer_one(place: Path) -> None:
    """F22."""
    for length, words in ((102, "bound to UNIX address"), (103, "invalid socket name")):
        path = str(place / "s").ljust(length, "s")
        with running(uwsgi(place, socket=path), place):
            said(place, words)


def test_a_queue_of_connections_is_first_in_first_out(place: Path) -> None:
    """F65."""
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as opened:
        listener.bind(str(place / "queue"))
        listener.listen(8)
        for number in range(5):
            client = opened.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(place / "queue"))
            client.sendall(bytes([number]))
        order: list[int] = []
        for _ in range(5):
            with listener.accept()[0] as connection:
                order += connection.recv(1)
        assert order == [0, 1, 2, 3, 4]


def test_a_full_queue_of_a_unix_socket_refuses_at_once_with_errno_11(place: Path) -> None:
    """F199."""
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as opened:
        listener.bind(str(place / "queue"))
        listener.listen(1)
        with pytest.raises(BlockingIOError) as refused:
            for _ in range(4):
                client = opened.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect(str(place / "queue"))
        assert refused.value.errno == errno.EAGAIN == 11


# -- uWSGI: its start


def test_pips_uwsgi_in_a_virtualenv_dies_of_a_hup_without_binary_path(place: Path) -> None:
    """F2, F33."""
    if sys.prefix == sys.base_prefix:
        pytest.skip("needs a virtualenv")
    with running(uwsgi(place), place) as process:
        said(place, "spawned uWSGI worker 1")
        spoken(place / "app.sock", uwsgi_packet(GET))  # a worker that was only just forked misses a signal
        process.send_signal(signal.SIGHUP)
        process.wait(60)
    said(place, "No module named 'pyuwsgi'")


def test_whatever_is_at_the_path_of_a_socket_is_removed(place: Path) -> None:
    """F10."""
    (place / "app.sock").write_text("precious")
    with running(uwsgi(place), place):
        said(place, "bound to UNIX address")
        assert (place / "app.sock").is_socket()


def test_the_ready_file_is_there_once_it_accepts_and_never_for_code_that_cannot_be_imported(
    place: Path,
) -> None:
    """F26."""
    hook = {"hook_accepting1_once": "write:ready up"}
    with running(uwsgi(place, **hook), place):
        until((place / "ready").exists, what="the ready file")
        assert b"200 OK" in spoken(place / "app.sock", uwsgi_packet(GET))
    (place / "ready").unlink()
    (place / "app.py").write_text("import nothing_like_this\n")
    with running(uwsgi(place, **hook), place) as process:
        assert process.wait(60) == 22
    assert not (place / "ready").exists()


def test_numbers_are_read_up_to_the_first_letter(place: Path) -> None:
    """F161, F203."""
    with running(uwsgi(place, buffer_size="32k"), place):
        said(place, "spawned uWSGI worker 1")
        assert spoken(place / "app.sock", uwsgi_packet(GET)) == b""
        said(place, "(max 32)")
    with running(uwsgi(place, buffer_size="32768"), place):
        said(place, "spawned uWSGI worker 1")
        assert b"200 OK" in spoken(place / "app.sock", uwsgi_packet(GET))


def test_cheaper_must_be_lower_than_processes(place: Path) -> None:
    """F203."""
    with running(uwsgi(place, cheaper="2", processes="2"), place) as process:
        assert process.wait(60) == 1
    said(place, "invalid cheaper value")


def test_an_unknown_option_is_kept_without_a_word_and_strict_refuses_it(place: Path) -> None:
    """F202."""
    with running(uwsgi(place, procesess="4"), place):
        said(place, "spawned uWSGI worker 1")
    with running(uwsgi(place, procesess="4", strict="true"), place) as process:
        assert process.wait(60) == 1
    said(place, "unknown config directive: procesess")


def test_relative_paths_of_a_pid_file_count_from_the_start_and_those_of_a_socket_from_chdir(
    place: Path,
) -> None:
    """F206."""
    (place / "inner").mkdir()
    (place / "app.py").rename(place / "inner/app.py")
    with running(uwsgi(place, chdir=str(place / "inner"), pidfile="pid"), place):
        said(place, "spawned uWSGI worker 1")
        assert (place / "pid").is_file()
        assert (place / "inner/app.sock").is_socket()


# -- uWSGI: its requests


def test_a_thread_and_a_variable_of_the_start_are_not_what_one_would_expect(place: Path) -> None:
    """F210, F222."""
    with running(uwsgi(place, env="ENUF_FACT=seen", enable_threads="true"), place):
        said(place, "spawned uWSGI worker 1")
        answer = spoken(place / "app.sock", uwsgi_packet(GET)).decode()
    assert '"import": {"threads": 2, "env": "none"}' in answer
    assert '"threads": 1, "body"' in answer


def test_whoever_can_write_to_the_socket_can_have_a_file_run(place: Path) -> None:
    """F178, F179."""
    (place / "other.py").write_text(f"open({str(place / 'marker')!r}, 'w').close()\n" + APP)
    with running(uwsgi(place), place):
        said(place, "spawned uWSGI worker 1")
        packet = uwsgi_packet({**GET, "UWSGI_FILE": str(place / "other.py"), "UWSGI_APPID": "other"})
        assert b"200 OK" in spoken(place / "app.sock", packet)
        assert (place / "marker").exists()


def test_an_http_socket_takes_what_nginx_would_refuse_and_loses_chunked_bodies(place: Path) -> None:
    """F117, F154."""
    odd = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    with running(uwsgi(place, socket="", http_socket="http.sock"), place):
        said(place, "spawned uWSGI worker 1")
        assert b"200 OK" in spoken(place / "http.sock", odd)
        assert b'"body": 0' in spoken(place / "http.sock", chunked)


@pytest.mark.parametrize(
    ("end", "is_answered"),
    [
        (lambda process, place: (place / "fifo").write_text("q"), True),
        (lambda process, _: process.terminate(), False),
    ],
    ids=["fifo q", "TERM"],
)
def test_of_a_stop_by_fifo_a_request_in_flight_is_answered_and_of_one_by_term_it_is_not(
    place: Path, end: Callable[[subprocess.Popen[bytes], Path], object], is_answered: bool
) -> None:
    """F55, F66."""
    answers: list[bytes] = []
    slow = uwsgi_packet({**GET, "PATH_INFO": "/slow"})
    with running(uwsgi(place, master_fifo="fifo", die_on_term="true"), place) as process:
        said(place, "spawned uWSGI worker 1")
        client = threading.Thread(target=lambda: answers.append(spoken(place / "app.sock", slow)))
        client.start()
        until((place / "entered").exists, what="a request in flight")
        end(process, place)
        if is_answered:
            said(place, "Gracefully killing worker 1")
            (place / "go-on").touch()
        process.wait(60)
        client.join(60)
    assert (b"200 OK" in answers[0]) == is_answered


def test_the_statistics_say_that_nobody_waits_at_a_unix_socket(place: Path) -> None:
    """F197."""
    slow = uwsgi_packet({**GET, "PATH_INFO": "/slow"})
    with running(uwsgi(place, stats="stats"), place), contextlib.ExitStack() as opened:
        said(place, "spawned uWSGI worker 1")
        for _ in range(4):
            client = opened.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(place / "app.sock"))
            client.sendall(slow)
        until((place / "entered").exists, what="a request in flight")
        assert stats(str(place / "stats"))["listen_queue"] == 0  # three of them wait
        (place / "go-on").touch()


# -- nginx

SITE = """
daemon off; pid {place}/pid; error_log {place}/error.log;
events {{ }}
http {{
    access_log off;
    {temporary}
    server {{
        listen unix:{place}/nginx.sock;
        location /static {{ alias {place}/public/; }}
        location /glued/ {{ alias {place}/public; }}
        location /tried {{ rewrite ^/tried(.*) $1 break; try_files $uri =404; }}
        location /source/ {{ rewrite ^/source(.*) $1 break; root {place}; }}
    }}
}}
"""


def site_in(place: Path, text: str = SITE) -> list[str]:
    """An nginx for a site with the classic mistakes, as a command."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {place}/temporary/{kind};" for kind in kinds)
    for folder in ("public", "html", "temporary"):
        (place / folder).mkdir(exist_ok=True)
    (place / "secret.txt").write_text("SECRET")
    (place / "public/style.css").write_text("STYLE")
    (place / "html/index.html").write_text("Welcome to nginx!")
    (place / "nginx.conf").write_text(text.format(place=place, temporary=temporary))
    return [
        nginx_program("embedded"),
        "-p",
        f"{place}/",
        "-e",
        f"{place}/error.log",
        "-c",
        f"{place}/nginx.conf",
    ]


def test_nginx_with_the_classic_mistakes_hands_out_what_it_should_not(place: Path) -> None:
    """F168, F169, F170, F171."""
    command = site_in(place)
    with running(command, place):
        until((place / "nginx.sock").exists, what="nginx")

        def get(path: str) -> bytes:
            return spoken(place / "nginx.sock", f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())

        assert b"SECRET" in get("/static../secret.txt")
        assert b"404 Not Found" in get("/glued/style.css")
        assert b"STYLE" in get("/static/style.css")
        assert b"Welcome to nginx!" in get("/tried/index.html")
        assert b"def application" in get("/source/app.py")


def test_nginx_tests_neither_upstreams_nor_folders(place: Path) -> None:
    """F12."""
    wrong = SITE.replace(
        "location /static {{ alias {place}/public/; }}",
        "location / {{ uwsgi_pass unix:/nowhere; root /no; }}",
    )
    assert subprocess.run([*site_in(place, wrong), "-t"], capture_output=True, check=False).returncode == 0


def test_pips_nginx_has_no_stub_status_and_brings_no_files_to_include(place: Path) -> None:
    """F12, F215."""
    command = site_in(
        place, SITE.replace("access_log off;", "access_log off; server {{ location / {{ stub_status; }} }}")
    )
    refused = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert 'unknown directive "stub_status"' in refused.stderr
    package = Path(command[0]).parents[2]
    assert not [path for name in ("uwsgi_params", "mime.types") for path in package.rglob(name)]


@pytest.mark.root
def test_the_user_directive_is_only_a_warning_for_whoever_is_not_root(place: Path) -> None:
    """F193."""
    command = site_in(place, "user www-data;\n" + SITE)
    program = shutil.copy(command[0], place / "nginx")
    for path in (place, *place.rglob("*")):
        os.chown(path, NOBODY, -1)
    done = subprocess.run(
        [*as_number(NOBODY), program, *command[1:], "-t"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    assert (
        'the "user" directive makes sense only if the master process runs with super-user privileges'
        in done.stderr
    )

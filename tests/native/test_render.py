"""`enuf render`: files that run without enuf, by the commands that stand in them."""

from __future__ import annotations

import contextlib
import shlex
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.servers.shim import DEV_PART, NAME, PARTS
from tests.support.builds import BUILDS, prepare, settings_of
from tests.support.ports import free_port
from tests.support.stack import APP, Stack, stack_in, until

pytestmark = pytest.mark.native

FACTORY = """
from flask import Flask
def create_app(name, *, greeting):
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: f"{greeting}, {name}")
    return app
"""

WAITING = """
import pathlib, time
GO_ON = pathlib.Path(__file__).with_name("go-on")
def app(environ, start_response):
    while environ["PATH_INFO"] == "/wait" and not GO_ON.exists():
        time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
"""


def command_in(file: Path) -> list[str]:
    """The command that the head of a file gives."""
    lines = file.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.endswith("It runs without enuf too:"))
    return shlex.split(lines[start + 1].removeprefix("#"))


@contextlib.contextmanager
def by_hand(stack: Stack, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """uWSGI and nginx, started as a person would by the heads of their files, and ended."""
    log = folder / "by-hand.log"
    with log.open("wb") as output:
        started = [
            subprocess.Popen(
                command_in(folder / "conf" / name),
                cwd="/", env=stack.env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )
            for name in ("uwsgi.ini", "nginx.conf")
        ]  # fmt: skip
        try:
            yield started
        finally:
            for process, ending in zip(reversed(started), (signal.SIGQUIT, signal.SIGTERM), strict=True):
                process.send_signal(ending)
                try:
                    assert process.wait(60) == 0, log.read_text()
                finally:
                    process.kill()


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path leaves room for a socket."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Stack]:
    """A project whose path needs quoting."""
    with stack_in(tmp_path / "my shop") as running:
        running.write("app.py", APP)
        yield running


@pytest.mark.parametrize("build", BUILDS)
def test_rendered_files_run_without_enuf(plain: Stack, short: Path, build: str) -> None:
    prepare(plain.project, build)
    plain.write("enuf.toml", settings_of(build))
    plain.write("static/site.css", "body {}\n")
    port, folder = free_port(), short / "the site"
    done = plain.run("render", str(folder), "--listen", f"127.0.0.1:{port}", "--json")
    assert done.code == 0, done
    parts = [part for part in PARTS if part != DEV_PART]
    names = ["uwsgi.ini", NAME, *parts, "nginx.conf", "mime.types"]
    assert done.json["files"] == [str(folder / "conf" / name) for name in names]
    assert not (plain.project / ".enuf").exists()
    plain.port = port
    with by_hand(plain, folder):
        until(lambda: answers(plain))
        assert plain.get("/").text == "version 1\n"
        assert plain.get("/static/site.css").text == "body {}\n"
        assert (folder / "run" / "app.sock").stat().st_mode & 0o777 == 0o600
        assert (folder / "run").stat().st_mode & 0o777 == 0o700
    assert not list((folder / "run").glob("*.sock"))


def answers(stack: Stack) -> bool:
    """True once the app answers through nginx."""
    try:
        return stack.get("/").status == 200
    except OSError:
        return False


def test_a_factory_with_arguments_runs_without_enuf(plain: Stack, short: Path) -> None:
    plain.write("app.py", FACTORY)
    plain.port, folder = free_port(), short / "site"
    call = 'app:create_app("100% $HOME", greeting="안녕")'
    done = plain.run("render", str(folder), call, "--listen", f"127.0.0.1:{plain.port}")
    assert done.code == 0, done
    with by_hand(plain, folder) as (uwsgi, _):
        until(lambda: answers(plain))
        assert plain.get("/").text == "안녕, 100% $HOME"
        plain.write("app.py", FACTORY.replace("{greeting},", "{greeting}!"))
        uwsgi.send_signal(signal.SIGHUP)  # uWSGI replaces itself: without binary-path that is its end (F2)
        until(lambda: answers(plain) and plain.get("/").text == "안녕! 100% $HOME")


def test_a_request_that_takes_too_long_gets_504_and_the_page_with_its_id(plain: Stack, short: Path) -> None:
    plain.write("app.py", WAITING)
    plain.port, folder = free_port(), short / "site"
    assert plain.run("render", str(folder), "app.py", "--listen", f"127.0.0.1:{plain.port}").code == 0
    conf = folder / "conf" / "nginx.conf"
    conf.write_text(conf.read_text().replace("uwsgi_read_timeout 35s", "uwsgi_read_timeout 200ms"))
    with by_hand(plain, folder):
        until(lambda: answers(plain))
        answer = plain.get("/wait")
        plain.write("go-on", "")
        assert answer.status == 504
        assert f"Request <code>{answer.headers['X-Request-ID']}</code>" in answer.text


@pytest.mark.parametrize("words", [(), ("--plain",)])
def test_a_link_in_place_of_the_folder_of_sockets_is_not_followed(
    plain: Stack, short: Path, words: tuple[str, ...]
) -> None:
    trap = short / "trap"
    trap.mkdir(mode=0o755)
    (short / "out").mkdir()
    (short / "out" / "run").symlink_to(trap)
    done = plain.run("render", str(short / "out"), *words)
    assert (done.code, stat.S_IMODE(trap.stat().st_mode)) == (4, 0o755), done
    assert "is a symbolic link" in done.err


def test_rendering_again_gives_the_same_files(plain: Stack, short: Path) -> None:
    texts = []
    for _ in range(2):
        assert plain.run("render", str(short / "site")).code == 0
        texts.append({path.name: path.read_bytes() for path in (short / "site" / "conf").iterdir()})
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["/tmp/a:b"], 4, "uWSGI takes what follows the colon"),
        (["/tmp/site", "--listen", "127.0.0.1:0"], 4, "leaves the choice of the port to the system"),
        (["/tmp/site", "--topology", "flask"], 4, "has no configuration files"),
        (["/tmp/" + "x" * 84], 4, "lies too deep for a unix socket"),
        (["/proc/site"], 4, "cannot be written"),
        (["/tmp/site", "nothing.py"], 5, "nothing.py"),
    ],
)
def test_what_could_not_run_is_not_rendered(plain: Stack, words: list[str], code: int, said: str) -> None:
    done = plain.run("render", *words)
    assert done.code == code, done
    assert said in done.err
    assert "hint: " in done.err
    assert sorted(path.name for path in plain.project.iterdir() if path.name != "__pycache__") == ["app.py"]

"""Where the notes' uWSGI commands and inis fail as they are written: how it looks, what the doctor calls it, what cures it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.notes import literal
from tests.support.by_hand import Hand, has_answer, is_alive, listening, stats
from tests.support.open_python import as_number
from tests.support.stack import until

pytestmark = [pytest.mark.native, pytest.mark.root]

URL = "http://127.0.0.1:3031"
NO_APP = "Internal Server Error"
STRANGER = 61002
on_system = pytest.mark.parametrize("build", ["system"], indirect=True)
on_embedded = pytest.mark.parametrize("build", ["embedded"], indirect=True)


def service(hand: Hand, **changes: str | None) -> str:
    """nginx-wsgi.ini as the notes write it, with these options changed; its socket is in the project, not in /tmp."""
    options = {**literal.SERVICE, "socket": f"{hand.project}/toy.sock"}
    options["venv"] = literal.SERVICE["venv"].format(project=hand.project)
    for key, value in changes.items():
        name = key.replace("_", "-")
        options.pop(name, None)
        if value is not None:
            options[name] = value
    hand.write("nginx-wsgi.ini", literal.ini(options))
    return "uwsgi --ini nginx-wsgi.ini"


def working(hand: Hand, **changes: str | None) -> str:
    """The same with all of it in the foreground, and the right virtualenv."""
    return service(hand, **{"daemonize": None, "venv": f"{hand.project}/.venv", **changes})


@contextmanager
def alone(hand: Hand, python: str, words: str = "", ini: dict[str, str] | None = None) -> Iterator[None]:
    """uWSGI on the port of the notes with these options more, until it answers."""
    options = {"http-socket": "127.0.0.1:3031", "wsgi-file": "toy_flask_app.py", "callable": "app"}
    hand.write("wsgi.ini", literal.ini({**options, **(ini or {})}))
    with hand.running(f"uwsgi {python} --ini wsgi.ini {words}"):
        hand.answer(URL)
        yield


# -- commands


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("uwsgi --option", "unrecognized option '--option'"),
        ("uwsgi --stop demo.pid", 'open("demo.pid"): No such file or directory'),
    ],
)
def test_a_word_that_stands_for_another_one(hand: Hand, command: str, said: str) -> None:
    done = hand.type(command)
    assert (done.code, said in done.out) == (1, True), done


def test_an_empty_section_counts_as_none(hand: Hand) -> None:
    hand.write("wsgi.ini", "[uwsgi]\n")
    done = hand.type("uwsgi --ini wsgi.ini")
    assert done.code == 1
    assert """*** WARNING: Can't find section "uwsgi" in INI configuration file wsgi.ini ***""" in done.out
    assert "U026" in hand.codes("wsgi.ini")


def test_the_misspelt_package_is_not_uwsgi(hand: Hand) -> None:
    hand.write("requirements.txt", "flask\nuswgi\n")
    assert "D004" in hand.codes("requirements.txt")
    hand.write("requirements.txt", "flask\nuwsgi\n")
    assert "D004" not in hand.codes("requirements.txt")


@on_system
def test_debians_uwsgi_knows_no_python_until_its_plugin_is_named(hand: Hand) -> None:
    done = hand.type(f"uwsgi {literal.ALONE}")
    assert (done.code, "unrecognized option '--wsgi-file'" in done.out) == (1, True), done
    one = literal.ALONE.partition(" --processes")[0]
    with hand.running(f"uwsgi --plugin python3 {one} --master"):  # still without its virtualenv
        assert (hand.answer(URL).status, hand.get(URL).text) == (500, NO_APP)
        assert "ModuleNotFoundError: No module named 'flask'" in hand.text("screen")
    with hand.running(f"uwsgi --plugin python3 --virtualenv .venv {literal.ALONE} --master"):
        assert hand.answer(URL).status == 200


def test_without_a_master_a_stop_leaves_workers_that_keep_the_port(hand: Hand, python: str) -> None:
    hand.write("start.sh", f"#!/bin/sh\nuwsgi {python} {literal.ALONE}\n")
    assert {"U032", "U046"} <= hand.codes("start.sh")
    command = f"uwsgi {python} {literal.ALONE} --pidfile uwsgi.pid --daemonize {hand.project}/log"
    assert hand.type(command).code == 0
    hand.answer(URL)
    hand.says("log", "spawned uWSGI worker 4")
    first = int(hand.text("uwsgi.pid"))
    assert {each.laddr.ip for each in psutil.Process(first).net_connections()} == {"0.0.0.0"}
    assert hand.type("uwsgi --stop uwsgi.pid").code == 0
    until(lambda: not is_alive(first), what="the end of the first worker")
    assert len(hand.processes()) == 3
    assert hand.get(URL).status == 200  # stopped, and still there
    again = hand.type(f"uwsgi {python} {literal.ALONE}")
    assert "bind(): Address already in use" in again.out
    hand.end_all()
    hand.write(
        "start.sh", f"#!/bin/sh\nuwsgi {python} {literal.ALONE} --master\n".replace("0.0.0.0", "127.0.0.1")
    )
    assert not {"U032", "U046"} & hand.codes("start.sh")
    with hand.running(f"uwsgi {python} {literal.ALONE} --master"):
        hand.answer(URL)
    assert not listening(3031)


def test_the_stats_port_speaks_no_http_and_shows_cookies(hand: Hand, python: str) -> None:
    with alone(hand, python, ini={"stats": "127.0.0.1:9191", "threads": "2", "master": "true"}):
        until(lambda: listening(9191), what="the stats port")
        with pytest.raises(http.client.BadStatusLine):
            hand.get("http://127.0.0.1:9191")
        with socket.create_connection(("127.0.0.1", 3031)) as client:
            client.sendall(b"GET /slow?seconds=10 HTTP/1.1\r\nHost: x\r\nCookie: session=secret\r\n\r\n")
            until(lambda: "session=secret" in json.dumps(stats(("127.0.0.1", 9191))), what="the cookie")
    assert {"U044", "U045"} <= hand.codes("wsgi.ini")


def test_a_large_cookie_ends_in_a_closed_connection(hand: Hand, python: str) -> None:
    cookie = "session=" + "x" * 5000
    with alone(hand, python, ini={"master": "true"}):
        with pytest.raises(ConnectionResetError):
            hand.get(URL, Cookie=cookie)
        hand.says("screen", "invalid HTTP request size (max 4096)...skip")
    assert "U002" in hand.codes("wsgi.ini")
    with alone(hand, python, ini={"master": "true", "buffer-size": "65535"}):
        assert hand.get(URL, Cookie=cookie).status == 200
    assert "U002" not in hand.codes("wsgi.ini")


# -- the service ini


@on_system
def test_a_virtualenv_that_is_a_file_ends_debians_uwsgi(hand: Hand) -> None:
    done = hand.type(service(hand, daemonize=None))
    assert done.code == 1
    assert f"!!! Python Home is not a directory: {hand.project}/.venv/bin/python !!!" in done.out
    assert "ModuleNotFoundError: No module named 'encodings'" in done.out
    assert "U015" in hand.codes("nginx-wsgi.ini")
    with hand.running(working(hand)):
        hand.says("screen", "WSGI app 0 (mountpoint='') ready")
    assert "U015" not in hand.codes("nginx-wsgi.ini")


@on_embedded
def test_a_virtualenv_that_is_a_file_is_ignored_by_pips_uwsgi(hand: Hand) -> None:
    with hand.running(service(hand, daemonize=None)):
        hand.says("screen", "WSGI app 0 (mountpoint='') ready")
    assert "U015" in hand.codes("nginx-wsgi.ini")


@on_system
def test_daemonize_says_that_all_is_well_and_nothing_runs(hand: Hand) -> None:
    assert hand.type(service(hand)).code == 0
    until(lambda: not hand.processes(), what="its end")
    assert "No module named 'encodings'" in hand.text("uwsgi.log")
    left = {name: stat.S_IMODE(hand.path(name).stat().st_mode) for name in ("uwsgi.pid", "toy.sock")}
    assert left == {
        "uwsgi.pid": 0o666,
        "toy.sock": 0o666,
    }  # in spite of vacuum, and everybody may write to them
    assert {"U037", "U038"} <= hand.codes("nginx-wsgi.ini")
    cured = service(hand, daemonize=None, daemonize2="./uwsgi.log", umask="022")
    assert hand.type(cured).code == 1
    assert not {"U037", "U038"} & hand.codes("nginx-wsgi.ini")


def test_from_another_folder_it_finds_no_app_and_answers_500_for_ever(hand: Hand) -> None:
    command = service(hand, venv=f"{hand.project}/.venv", http_socket="127.0.0.1:3031", socket=None)
    elsewhere = hand.path("elsewhere")
    elsewhere.mkdir()
    ini = command.replace("nginx-wsgi.ini", f"{hand.project}/nginx-wsgi.ini")
    assert hand.type(ini, folder=elsewhere).code == 0
    assert (hand.answer(URL).status, hand.get(URL).text) == (500, NO_APP)
    assert "ModuleNotFoundError: No module named 'wsgi'" in (elsewhere / "uwsgi.log").read_text()
    assert hand.type("uwsgi --stop elsewhere/uwsgi.pid").code == 0
    until(lambda: not hand.processes(), what="its end")
    assert {"U014", "U030"} <= hand.codes("nginx-wsgi.ini")
    cured = working(hand, chdir=str(hand.project), need_app="true", pidfile=f"{hand.project}/uwsgi.pid")
    with hand.running(cured.replace("nginx-wsgi.ini", f"{hand.project}/nginx-wsgi.ini")):
        hand.says("screen", "WSGI app 0 (mountpoint='') ready")
    assert not {"U014", "U030"} & hand.codes("nginx-wsgi.ini")


@pytest.mark.parametrize(
    ("changes", "said", "code"),
    [
        ({"vacuum": "false # keep the socket"}, "VACUUM: unix socket", "U021"),
        ({"socket": "toy.sock # for nginx"}, "bound to UNIX address toy.sock # for nginx", "U020"),
        ({"callable": "app # Flask's"}, "unable to load app 0", "U022"),
    ],
    ids=["a flag is on, whatever it says", "a socket of that name", "no such callable"],
)
def test_a_comment_behind_a_value_is_part_of_it(
    hand: Hand, changes: dict[str, str], said: str, code: str
) -> None:
    with hand.running(working(hand, **changes)):
        hand.says("screen", "spawned uWSGI worker 1")
    hand.says("screen", said)
    assert code in hand.codes("nginx-wsgi.ini")
    ((key, value),) = changes.items()
    with hand.running(working(hand, **{key: value.partition(" #")[0], "die-on-term": "true"})):
        hand.says("screen", "spawned uWSGI worker 1")
    assert said not in hand.text("screen")
    assert not {"U020", "U021", "U022"} & hand.codes("nginx-wsgi.ini")


def test_the_plugin_lines_name_a_folder_without_plugins(hand: Hand, build: str) -> None:
    with hand.running(working(hand)):
        hand.says("screen", "WSGI app 0 (mountpoint='') ready")  # both find Python all the same:
    assert 'open(".//python3_plugin.so"): No such file or directory' in hand.text("screen")
    unable = "!!! UNABLE to load uWSGI plugin: ./python3_plugin.so"
    assert (unable in hand.text("screen")) == (build == "embedded")  # Debian's looks into its own folder next
    assert "U018" in hand.codes("nginx-wsgi.ini")
    lines = "if-not-plugin = python\nplugins = python3\nendif =\n"
    working(hand, **{"plugins": None, "plugins-dir": None})
    hand.write("nginx-wsgi.ini", hand.text("nginx-wsgi.ini") + lines)
    with hand.running("uwsgi --ini nginx-wsgi.ini"):
        hand.says("screen", "WSGI app 0 (mountpoint='') ready")
    assert "python3_plugin.so" not in hand.text("screen")
    assert "U018" not in hand.codes("nginx-wsgi.ini")


def test_a_socket_with_mode_666_is_open_to_every_user(hand: Hand) -> None:
    with hand.running(working(hand)):
        hand.says("screen", "spawned uWSGI worker 1")
        assert _may_connect(hand.path("toy.sock"))
    assert "U042" in hand.codes("nginx-wsgi.ini")
    with hand.running(working(hand, **{"chmod-socket": "660"})):
        hand.says("screen", "spawned uWSGI worker 1")
        assert not _may_connect(hand.path("toy.sock"))
    assert "U042" not in hand.codes("nginx-wsgi.ini")


def _may_connect(path: Path) -> bool:
    """True when a user who has nothing to do with it can connect."""
    words = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    asked = subprocess.run(
        [*as_number(STRANGER), "/usr/bin/python3", "-c", words], capture_output=True, check=False
    )
    return asked.returncode == 0


def test_one_process_makes_everybody_wait_for_one(hand: Hand, python: str) -> None:
    with _one_at_work(hand, python, processes=1), hand.asking(f"{URL}/") as second:
        until(lambda: stats(f"{hand.project}/stats")["listen_queue"] == 1, what="the second one in the queue")
        assert not has_answer(second)
    assert "U008" in hand.codes("wsgi.ini")
    with _one_at_work(hand, python, processes=2) as slow:
        assert hand.get(URL).status == 200
        assert not has_answer(slow)
    assert "U008" not in hand.codes("wsgi.ini")


@contextmanager
def _one_at_work(hand: Hand, python: str, *, processes: int) -> Iterator[http.client.HTTPConnection]:
    """uWSGI with so many processes, and a slow request that one of them works on."""
    more = {"stats": f"{hand.project}/stats", "processes": str(processes), "master": "true"}
    with alone(hand, python, ini=more), hand.asking(f"{URL}/slow?seconds=10") as slow:
        until(lambda: _busy(hand) == 1, what="the slow request at work")
        yield slow


def _busy(hand: Hand) -> int:
    workers = stats(f"{hand.project}/stats")["workers"]
    return sum(core["in_request"] for worker in workers for core in worker["cores"])


# -- its life


def test_a_second_start_takes_the_socket_away_without_a_word(hand: Hand) -> None:
    command = service(hand, venv=f"{hand.project}/.venv", master="true")
    assert hand.type(command).code == 0
    hand.says("uwsgi.log", "spawned uWSGI worker 1")
    first = int(hand.text("uwsgi.pid"))
    assert hand.type(command).code == 0
    until(lambda: hand.text("uwsgi.log").count("spawned uWSGI worker 1") == 2, what="the second one")
    hand.stop_uwsgi("uwsgi.pid")
    until(lambda: not hand.path("toy.sock").exists(), what="the socket's end")
    assert is_alive(first)  # alive, unreachable, and no file tells its number
    hand.end_all()


def test_a_stale_pid_file_stops_a_stranger(hand: Hand) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        hand.write("uwsgi.pid", f"{stranger.pid}\n")
        assert hand.type("uwsgi --stop uwsgi.pid").code == 0
        assert stranger.wait(60) == -signal.SIGINT


def test_a_reload_without_a_master_is_the_end(hand: Hand) -> None:
    assert hand.type(service(hand, venv=f"{hand.project}/.venv")).code == 0
    hand.says("uwsgi.log", "spawned uWSGI worker 1")
    assert hand.type("uwsgi --reload uwsgi.pid").code == 0
    until(lambda: not hand.processes(), what="its end")
    hand.write("reload.sh", "#!/bin/sh\nuwsgi --reload uwsgi.pid\n")
    assert "U034" in hand.codes(".")

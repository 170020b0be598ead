"""The ladder of the notes, in their order, with the files of examples/toy: each step works as it is typed."""

from __future__ import annotations

import errno
import json
import pwd
import shutil
import signal
import stat
from pathlib import Path

import psutil
import pytest

from tests.golden.test_toy import NAMES
from tests.golden.toy import PROJECT, TOY, VENV
from tests.support.by_hand import Hand, has_answer, listening
from tests.support.stack import until

pytestmark = [pytest.mark.native, pytest.mark.root]

HELLO = "<h1>Hello, nginx + uWSGI + Flask!</h1>\n"
ALONE, SITE = "http://127.0.0.1:3031", "http://127.0.0.1:8000"
NGINX = "nginx -p run -e error.log -c {project}/nginx.conf"


@pytest.fixture
def toy(hand: Hand) -> Hand:
    """The project with the plain files in it."""
    done = hand.type("enuf render . --plain")
    assert done.code == 0, done
    return hand


# -- Flask alone


@pytest.mark.parametrize("build", ["embedded"], indirect=True)
@pytest.mark.parametrize("command", ["python toy_flask_app.py", "python wsgi.py", "flask run"])
def test_flask_alone_serves_and_lets_nobody_wait_for_another(hand: Hand, command: str) -> None:
    with hand.running(command):
        assert hand.answer("http://127.0.0.1:5000/").text == HELLO
        with hand.asking("http://127.0.0.1:5000/slow?seconds=10") as slow:
            assert hand.get("http://127.0.0.1:5000/hello/you").text == "Hello, you!\n"
            assert not has_answer(
                slow
            )  # the notes say single-threaded: the development server has threads today


# -- uWSGI alone


def test_uwsgi_alone_serves_with_four_processes_of_two_threads(hand: Hand, python: str) -> None:
    words = (
        "--http-socket 127.0.0.1:3031 --wsgi-file toy_flask_app.py --callable app --processes 4 --threads 2"
    )
    with hand.running(f"uwsgi {python} {words} --master"):
        assert hand.answer(ALONE).text == HELLO
        hand.says("screen", "spawned uWSGI worker 4 (pid: ")
        assert hand.text("screen").count(", cores: 2)") == 4


def test_logto_puts_everything_into_a_file(hand: Hand, python: str) -> None:
    words = "--http-socket 127.0.0.1:3031 --wsgi-file toy_flask_app.py --callable app --master --logto"
    with hand.running(f"uwsgi {python} {words} {hand.path('uwsgi.log')}"):
        assert hand.answer(f"{ALONE}/hello/you").text == "Hello, you!\n"
        hand.says("uwsgi.log", "GET /hello/you => generated 12 bytes")
    assert "GET /hello/you" not in hand.text("screen")
    assert "goodbye to uWSGI." in hand.text("uwsgi.log")


# -- the files


def test_the_example_is_what_is_rendered_here_but_for_the_paths(toy: Hand) -> None:
    for name in NAMES:
        assert toy.text(name).replace(str(toy.project), PROJECT) == (TOY / name).read_text(), name
    assert f"virtualenv = {VENV}".replace(f"{PROJECT}/", "%(project)") in toy.text("wsgi.ini").splitlines()


@pytest.mark.parametrize("build", ["embedded"], indirect=True)
def test_a_copy_of_the_example_runs_where_it_lies_after_the_one_command_in_its_site(hand: Hand) -> None:
    for name in NAMES:
        hand.write(name, (TOY / name).read_text())
    change = next(line for line in hand.text("toy.server").splitlines() if "sed -i" in line)
    assert hand.type(f"sh -c '{change.removeprefix('#').strip()}'").code == 0
    hand.path("run").mkdir(mode=0o750)
    shutil.chown(hand.path("run"), "www-data", "www-data")
    assert hand.type("uwsgi --ini nginx-wsgi.ini").code == 0
    with hand.running(f"{NGINX.format(project=hand.project)} -g 'daemon off;'", stop=signal.SIGQUIT):
        assert hand.answer(SITE).text == HELLO
    assert PROJECT not in hand.text("toy.server")
    hand.stop_uwsgi("run/uwsgi.pid")
    until(lambda: not hand.processes(), what="the end of uWSGI")


def test_the_doctor_has_nothing_but_advice(toy: Hand) -> None:
    found = json.loads(toy.type("enuf doctor --json .").out)["findings"]
    assert [each for each in found if each["severity"] != "advice"] == []


def test_the_test_ini_serves_and_its_stats_port_tells_of_four_times_two(toy: Hand) -> None:
    with toy.running("uwsgi --ini wsgi.ini"):
        assert toy.answer(ALONE).text == HELLO
        workers = toy.answer("http://127.0.0.1:9191").json["workers"]
        assert [len(worker["cores"]) for worker in workers] == [2, 2, 2, 2]
        until(lambda: _requests(toy) == 1, what="the one request in the statistics")
    assert "goodbye to uWSGI." in toy.text("run/wsgi.log")


def _requests(toy: Hand) -> int:
    return sum(worker["requests"] for worker in toy.get("http://127.0.0.1:9191").json["workers"])


def test_nginx_and_the_service_ini(toy: Hand) -> None:
    nginx = NGINX.format(project=toy.project)
    tested = toy.type(f"{nginx} -t")
    assert "test is successful" in tested.out
    assert toy.type(nginx).code == 0
    assert toy.answer(SITE).status == 502  # `nginx -t` and the start say nothing about uWSGI
    assert toy.type(f"uwsgi --ini {toy.project}/nginx-wsgi.ini", folder=Path("/")).code == 0
    assert toy.get(SITE).text == HELLO  # when the command returns, it serves
    _assert_only_for_www_data(toy)
    _assert_files_first(toy)
    toy.stop_uwsgi("run/uwsgi.pid")
    toy.says("run/uwsgi.log", "VACUUM: unix socket")
    assert toy.get(SITE).status == 502
    _reload(toy)
    assert toy.type(f"{nginx} -s quit").code == 0
    until(lambda: not toy.processes(), what="the end of nginx and uWSGI")
    left = {path.name for path in toy.path("run").iterdir() if not path.name.startswith("temp_")}
    assert left == {
        "uwsgi.log",
        "access.log",
        "error.log",
        "app.sock",
    }  # `vacuum` does not know it after a reload


def _assert_only_for_www_data(toy: Hand) -> None:
    www = pwd.getpwnam("www-data")
    socket, pidfile = toy.path("run/app.sock"), toy.path("run/uwsgi.pid")
    found = socket.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (www.pw_uid, www.pw_gid, 0o660)
    assert stat.S_IMODE(pidfile.stat().st_mode) == 0o644
    master = psutil.Process(toy.number_in("run/uwsgi.pid"))
    toy.settled("run/uwsgi.pid", 4)  # the first one answers before the fourth is there
    assert {process.uids().real for process in (master, *master.children())} == {www.pw_uid}
    with pytest.raises(
        OSError
    ) as refused:  # the notes say that uWSGI reads data from this file: it holds none
        socket.read_text()
    assert (refused.value.errno, found.st_size) == (errno.ENXIO, 0)


def _assert_files_first(toy: Hand) -> None:
    toy.path("public").mkdir()
    toy.write("public/robots.txt", "User-agent: *\n")
    assert toy.get(f"{SITE}/robots.txt").text == "User-agent: *\n"
    assert toy.get(f"{SITE}/hello/you").text == "Hello, you!\n"
    for private in ("wsgi.py", "nginx-wsgi.ini", "run/uwsgi.log", "index.html"):
        assert toy.get(f"{SITE}/{private}").status == 404


def _reload(toy: Hand) -> None:
    assert toy.type("uwsgi --ini nginx-wsgi.ini").code == 0
    assert toy.get(f"{SITE}/hello/you").text == "Hello, you!\n"
    toy.write("toy_flask_app.py", toy.text("toy_flask_app.py").replace("Hello,", "Hello again,"))
    toy.settled("run/uwsgi.pid", 4)
    assert toy.type("uwsgi --reload run/uwsgi.pid").code == 0
    until(lambda: toy.get(f"{SITE}/hello/you").text == "Hello again, you!\n", what="the new text")
    toy.stop_uwsgi("run/uwsgi.pid")


@pytest.mark.parametrize("build", ["system"], indirect=True)
def test_the_site_in_debians_own_folders(toy: Hand) -> None:
    toy.write("toy_flask_app.py", toy.text("toy_flask_app.py") + HOST)
    etc = _debians_nginx(toy)
    assert toy.type(f"cp toy.server {etc}/sites-available/").code == 0
    assert toy.type(f"ln -s ../sites-available/toy.server {etc}/sites-enabled/").code == 0
    assert "test is successful" in toy.type(f"nginx -c {etc}/nginx.conf -t").out
    assert toy.type("uwsgi --ini nginx-wsgi.ini").code == 0
    with toy.running(f"nginx -c {etc}/nginx.conf -g 'daemon off;'", stop=signal.SIGQUIT):
        assert toy.answer(SITE).text == HELLO
        # Debian's uwsgi_params send the host without its port: the site puts it right (F148)
        assert toy.get(f"{SITE}/host").text == "127.0.0.1:8000"
        assert toy.get(f"{SITE}/host", X_Forwarded_Proto="https").text == "127.0.0.1:8000"
        toy.stop_uwsgi("run/uwsgi.pid")


HOST = """
@app.get("/host")
def host():
    assert request.scheme == "http"
    return request.host
"""


def _debians_nginx(toy: Hand) -> Path:
    """A copy of /etc/nginx whose paths lead into the project."""
    etc = toy.project / "etc"
    for folder in ("sites-available", "sites-enabled", "modules-enabled", "conf.d", "log"):
        (etc / folder).mkdir(parents=True)
    for name in ("mime.types", "uwsgi_params"):
        shutil.copy(f"/etc/nginx/{name}", etc)
    text = Path("/etc/nginx/nginx.conf").read_text()
    for theirs, ours in {
        "/etc/nginx": etc,
        "/var/log/nginx": etc / "log",
        "/run/nginx.pid": etc / "nginx.pid",
    }.items():
        text = text.replace(theirs, str(ours))
    (etc / "nginx.conf").write_text(text)
    return etc


def test_the_example_shows_eight_at_work_and_the_ninth_waiting(toy: Hand) -> None:
    with toy.running("uwsgi --ini wsgi.ini"):
        toy.answer(ALONE)
        until(lambda: listening(9191), what="the stats port")
        shown = toy.type(f"python concurrency.py {ALONE} --stats http://127.0.0.1:9191")
    assert "8 at work, 1 waiting" in shown.out, shown
    assert shown.code == 0


def test_code_that_cannot_be_imported_stops_a_start_and_is_the_end_of_a_reload(toy: Hand) -> None:
    good = toy.text("toy_flask_app.py")
    toy.write("toy_flask_app.py", "import no_such_thing\n")
    done = toy.type("uwsgi --ini nginx-wsgi.ini")
    assert done.code == 22, done  # it tells before it goes to the background
    assert "ModuleNotFoundError: No module named 'no_such_thing'" in done.out
    assert toy.processes() == []
    assert list(toy.path("run").iterdir()) == []
    toy.write("toy_flask_app.py", good)
    assert toy.type("uwsgi --ini nginx-wsgi.ini").code == 0
    toy.settled("run/uwsgi.pid", 4)
    toy.write("toy_flask_app.py", "import no_such_thing\n")
    assert toy.type("uwsgi --reload run/uwsgi.pid").code == 0  # so says the command
    until(lambda: not toy.processes(), what="the end of uWSGI")
    toy.says("run/uwsgi.log", "no app loaded. GAME OVER")

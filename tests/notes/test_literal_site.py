"""Where the notes' nginx site fails as it is written: how it looks, what the doctor calls it, what cures it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.notes import literal
from tests.support.by_hand import Hand
from tests.support.stack import until

pytestmark = [pytest.mark.native, pytest.mark.root]

URL = "http://127.0.0.1:8000"
NGINX = "nginx -p run -e error.log -c {project}/nginx.conf"
HELLO = "<h1>Hello, nginx + uWSGI + Flask!</h1>\n"


@pytest.fixture
def toy(hand: Hand, python: str) -> Iterator[Hand]:
    """The project with a nginx.conf, and uWSGI at work behind a socket."""
    assert hand.type("enuf render . --plain").code == 0
    hand.path("run/html").mkdir()
    hand.write("run/html/index.html", "Welcome to nginx!")  # as the packages of nginx put it there
    words = f"--socket {hand.project}/toy.sock --chmod-socket=666 --module wsgi --callable app --master"
    with hand.running(f"uwsgi {python} {words}"):
        hand.says("screen", "spawned uWSGI worker 1 (")
        yield hand


@contextmanager
def nginx(toy: Hand, site: str) -> Iterator[None]:
    """nginx with this site."""
    toy.write("toy.server", site)
    command = NGINX.format(project=toy.project)
    assert "test is successful" in toy.type(f"{command} -t").out
    assert toy.type(command).code == 0
    toy.answer(URL)
    yield
    assert toy.type(f"{command} -s quit").code == 0
    until(lambda: not toy.path("run/nginx.pid").exists(), what="the end of nginx")


def test_the_site_as_the_notes_write_it_and_three_ways_to_make_it_worse(toy: Hand) -> None:
    with nginx(toy, literal.site(toy.project)):
        assert toy.get(URL).text == HELLO
        assert toy.get(f"{URL}/index.html").text == "Welcome to nginx!"
    assert "N004" in toy.codes("toy.server", "nginx.conf")
    with nginx(toy, literal.site(toy.project, more=f"root {toy.project};")):
        assert "app = Flask(__name__)" in toy.get(f"{URL}/toy_flask_app.py").text
    assert "N005" in toy.codes(".")
    with nginx(toy, literal.site(toy.project, more=f"root {toy.project}/public;")):
        assert toy.get(f"{URL}/toy_flask_app.py").status == 404
        assert toy.get(f"{URL}/index.html").status == 404
    assert not {"N004", "N005"} & toy.codes(".")


def test_without_uwsgi_params_every_answer_is_502(toy: Hand) -> None:
    with nginx(toy, literal.site(toy.project, params="")):
        assert toy.get(URL).status == 502
    toy.says("screen", "KeyError: 'REQUEST_METHOD'")
    assert "N001" in toy.codes("toy.server", "nginx.conf")
    with nginx(toy, literal.site(toy.project)):
        assert toy.get(URL).text == HELLO
    assert "N001" not in toy.codes("toy.server", "nginx.conf")


def test_the_file_of_parameters_is_looked_for_beside_nginx_conf(toy: Hand) -> None:
    toy.write("toy.server", literal.site(toy.project))
    toy.path("uwsgi_params").rename(toy.path("elsewhere"))
    done = toy.type(NGINX.format(project=toy.project) + " -t")
    assert done.code == 1
    assert f'open() "{toy.project}/uwsgi_params" failed (2: No such file or directory)' in done.out
    assert "N002" in toy.codes("nginx.conf", "toy.server")
    toy.path("elsewhere").rename(toy.path("uwsgi_params"))
    assert "N002" not in toy.codes(".")


def test_http_to_a_uwsgi_socket_is_502(toy: Hand) -> None:
    site = literal.site(toy.project).replace("uwsgi_pass unix:", "proxy_pass http://unix:")
    with nginx(toy, site):
        assert toy.get(URL).status == 502
    toy.says("screen", "invalid request block size: 21573")  # the letters GE of GET, read as a number
    with nginx(toy, literal.site(toy.project)):
        assert toy.get(URL).text == HELLO


DEFAULT = """server {
    listen 8000 default_server;
    server_name _;
    root html;
}
"""


def test_debians_default_site_answers_whoever_asks_by_address(toy: Hand) -> None:
    with nginx(toy, DEFAULT + literal.site(toy.project)):
        assert toy.get(URL).text == "Welcome to nginx!"
        assert toy.get(URL, Host="localhost").text == HELLO
    assert "N010" in toy.codes("nginx.conf", "toy.server")
    with nginx(toy, literal.site(toy.project)):  # the notes put theirs in its place, and that works
        assert toy.get(URL).text == HELLO
    assert "N010" not in toy.codes("nginx.conf", "toy.server")


FORWARDED = """
@app.get("/who")
def who():
    return f"{request.remote_addr} {request.scheme}"
"""
PROXY = """server {
    listen 8000;
    location / {
        proxy_pass http://127.0.0.1:5000;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For 192.0.2.7;
        proxy_set_header X-Forwarded-Proto https;
    }
}
"""
FIX = "\nfrom werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)\n"


@pytest.mark.parametrize("build", ["embedded"], indirect=True)
def test_flask_believes_no_forwarded_header_until_it_is_told_to(hand: Hand) -> None:
    assert hand.type("enuf render . --plain").code == 0
    text = hand.text("toy_flask_app.py").partition("if __name__")[0] + FORWARDED
    for more, seen in (("", "127.0.0.1 http"), (FIX, "192.0.2.7 https")):
        hand.write("toy_flask_app.py", text + more)
        with hand.running("flask --app toy_flask_app run"), nginx(hand, PROXY):
            until(lambda: hand.get(f"{URL}/who").status == 200, what="Flask")
            assert hand.get(f"{URL}/who").text == seen
        assert ("A005" in hand.codes("toy_flask_app.py", "toy.server")) == (not more)

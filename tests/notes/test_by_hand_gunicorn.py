"""The plain files of the rows with gunicorn, in the hands of root: what they say is typed, and a visitor is not believed."""

from __future__ import annotations

import pwd
import re
import shlex
import signal
import stat

import psutil
import pytest

from tests.support.by_hand import Hand
from tests.support.stack import until

pytestmark = [pytest.mark.native, pytest.mark.root]

SITE = "http://127.0.0.1:8000"
APP = """
import os
from flask import Flask, request
app = Flask(__name__)
@app.route("/", methods=["GET", "POST"])
def told():
    names = ("REMOTE_ADDR", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PREFIX",
             "HTTP_PROXY", "HTTP_HOST", "wsgi.url_scheme")
    return {name: request.environ.get(name) for name in names}
"""
FORGED = {
    "X_Real_IP": "6.6.6.6",
    "X_Forwarded_For": "6.6.6.6",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Prefix": "/evil",
    "X_Forwarded_Proto": "https",
    "Proxy": "evil.example",
}


@pytest.mark.parametrize("build", ["embedded"], indirect=True)
@pytest.mark.parametrize("topology", ["nginx-gunicorn", "nginx-gunicorn-uwsgi"])
def test_root_types_what_the_site_says_and_nobody_else_tells_where_a_visitor_is(
    hand: Hand, topology: str
) -> None:
    pytest.importorskip("gunicorn")
    hand.write("toy_flask_app.py", APP)
    done = hand.type(f"enuf render . --plain --topology {topology} --listen 127.0.0.1:8000")
    assert done.code == 0, done
    told = re.findall(
        r"^ *#   (once|start): +(.*)$", hand.text("toy.server").partition("location @app")[2], re.M
    )
    once, start = (command for _, command in told)
    for command in once.split(" && "):
        assert hand.type(command).code == 0, command
    nginx = f"nginx -p run -e error.log -c {shlex.quote(str(hand.path('nginx.conf')))}"
    with hand.running(start, stop=signal.SIGTERM):
        assert hand.type(nginx).code == 0
        answer = until(lambda: (found := hand.answer(SITE)).status == 200 and found, what=hand.text("screen"))
        assert answer.json["REMOTE_ADDR"] == "127.0.0.1"
        assert _believed(hand) == {
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_X_REAL_IP": "127.0.0.1",
            "HTTP_X_FORWARDED_FOR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "wsgi.url_scheme": "http",
        }
        _assert_only_for_www_data(hand)
        assert hand.type(f"{nginx} -s quit").code == 0
        until(lambda: not _named(hand, "nginx"), what="the end of nginx")


def _believed(hand: Hand) -> dict[str, str]:
    return {name: value for name, value in hand.get(SITE, **FORGED).json.items() if value}


def _named(hand: Hand, name: str) -> list[psutil.Process]:
    return [process for process in hand.processes() if process.name() == name]


def _assert_only_for_www_data(hand: Hand) -> None:
    www = pwd.getpwnam("www-data")
    found = hand.path("run/app.sock").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (www.pw_uid, www.pw_gid, 0o770)
    servers = [process for process in hand.processes() if "gunicorn" in " ".join(process.cmdline())]
    runs = {process.uids().real for process in servers if process.name() != "runuser"}
    assert runs == {www.pw_uid}

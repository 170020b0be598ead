"""What one running stack says about its app, its user and its limits, each with the cure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.stack import Stack, until

pytestmark = [pytest.mark.native, pytest.mark.user]

APP = """
import os, sqlite3
from flask import Flask
app = Flask(__name__)
count = 0

@app.get("/")
def index():
    global count
    count += 1
    sqlite3.connect("data/shop.db").execute("create table t (a)")
    return "made"

@app.route("/echo", websocket=True)
def echo():
    return ""

@app.post("/")
def take():
    return os.path.expanduser("~")
"""


def test_a_stack_whose_app_goes_wrong_says_what_would_cure_it(calm: Stack, tmp_path: Path) -> None:
    calm.write("app.py", APP)
    calm.write(".env", f"HOME={tmp_path}\n")
    calm.write("enuf.toml", "[serve]\nprocesses = 2\nmax_body = '2k'\n")
    assert os.environ.get("HOME") != str(tmp_path)

    started = calm.up("--processes", "1")

    assert "GET / answered 500; the traceback is in" in started.err
    assert f"there is no folder {calm.project}/data for the database: make it" in started.err
    assert calm.request("POST", "/", b"small").text == str(tmp_path)  # the home that .env gives
    # uWSGI cannot take a handshake: the app answers the request.
    assert calm.get("/echo", Connection="Upgrade", Upgrade="websocket").status == 200
    # The settings say two processes, and the running stack has one.
    doctor = calm.run("doctor")
    assert doctor.code == 1
    assert "R011 app-error" in doctor.out
    assert "OperationalError" in doctor.out
    assert "nothing found in " in doctor.out
    assert "note: when it started, the running stack said: the app uses WebSockets" in doctor.err
    assert calm.request("POST", "/", b"x" * 3000).status == 413
    until(lambda: "413, larger than serve.max_body (--max-body)" in " ".join(calm.run("status").out.split()))

    calm.run("down")
    assert "live" not in calm.run("doctor", "--json").json
    assert "A011 in-process-state" in calm.run("doctor").out

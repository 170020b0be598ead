"""The app of the scenarios that need routes of their own. It is copied and served, and never imported by enuf."""

import hashlib
import os
import signal
import time

from flask import Flask, request

VERSION = "1"
if VERSION == "broken":
    raise RuntimeError("this version is broken on purpose")
app = Flask(__name__)


@app.get("/")
def index():  # type: ignore[no-untyped-def]
    """Return the version of this file."""
    return f"version {VERSION}\n"


@app.get("/wait")
def wait():  # type: ignore[no-untyped-def]
    """Wait as an app waits for its database, without using the CPU."""
    time.sleep(float(request.args.get("seconds", "0.05")))
    return "waited\n"


@app.get("/cpu")
def cpu():  # type: ignore[no-untyped-def]
    """Compute for some milliseconds, holding the interpreter's lock for most of them."""
    digest = b""
    for _ in range(int(request.args.get("turns", "4000"))):
        digest = hashlib.sha256(digest + b"enuf").digest()
    return f"computed {digest.hex()}\n"


@app.post("/upload")
def upload():  # type: ignore[no-untyped-def]
    """Read the whole body."""
    return f"took {len(request.get_data())} bytes\n"


@app.get("/header")
def header():  # type: ignore[no-untyped-def]
    """Tell how long the cookie was that arrived."""
    return f"cookie {len(request.headers.get('Cookie', ''))}\n"


@app.get("/large")
def large():  # type: ignore[no-untyped-def]
    """Return two megabytes, which a slow reader takes for longer than any comparison lasts."""
    return "enuf" * 2**19


@app.get("/crash")
def crash():  # type: ignore[no-untyped-def]
    """Kill the process that answers, as a fault in a C extension does."""
    os.kill(os.getpid(), signal.SIGKILL)

"""Call an app again and again in this process, and print the CPU time of a call in microseconds.

The app's own Python runs this file: `floor_program.py MODULE HOST SECONDS`. It needs the standard library alone.
"""

from __future__ import annotations

import importlib
import io
import sys
import time
from typing import Any


def call(application: Any, host: str) -> None:
    """Call the app for its front page, and read the whole answer."""
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    answer = application(environ, lambda _status, _headers, _problem=None: lambda _data: None)
    for _ in answer:
        pass
    getattr(answer, "close", lambda: None)()


def cost_of_a_call(module: str, host: str, seconds: float) -> float:
    """Warm up for a quarter of the time, then return the CPU time of a call in microseconds."""
    application = importlib.import_module(module).application
    end = time.perf_counter() + seconds / 4
    while time.perf_counter() < end:
        call(application, host)
    calls, cpu, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        call(application, host)
        calls += 1
    return (time.process_time() - cpu) * 1e6 / calls


if __name__ == "__main__":
    sys.stdout.write(f"\nCPU {cost_of_a_call(sys.argv[1], sys.argv[2], float(sys.argv[3]))}\n")

"""Call an app again and again in this process, and print the CPU time of a call in microseconds.

The app's own Python runs this file: `floor_program.py MODULE HOST SECONDS`. It needs the standard library alone.
"""

import importlib
import io
import sys
import time


def call(application, host):  # type: ignore[no-untyped-def]
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


def main(module, host, seconds):  # type: ignore[no-untyped-def]
    """Warm up for a quarter of the time, then measure."""
    application = importlib.import_module(module).application
    end = time.perf_counter() + seconds / 4
    while time.perf_counter() < end:
        call(application, host)
    calls, cpu, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        call(application, host)
        calls += 1
    sys.stdout.write(f"\nCPU {(time.process_time() - cpu) * 1e6 / calls}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

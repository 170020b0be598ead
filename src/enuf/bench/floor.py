"""The floor of every comparison: what the app costs when it is called in one process, without any server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from enuf.bench.subjects.base import ENTRY, ServedApp
from enuf.system.subprocesses import answer_of

_PROGRAM = """
import io, sys, time
from {entry} import application
def call():
    environ = {{
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": {host!r}, "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }}
    answer = application(environ, lambda status, headers, problem=None: (lambda data: None))
    for part in answer:
        pass
    getattr(answer, "close", lambda: None)()
began = time.perf_counter()
calls = 0
while time.perf_counter() - began < {seconds} / 4:
    call()
began, cpu = time.perf_counter(), time.process_time()
while time.perf_counter() - began < {seconds}:
    call()
    calls += 1
print("\\nCPU", (time.process_time() - cpu) * 1e6 / calls)
"""


def app_cpu_us(app: ServedApp, folder: str, environment: Mapping[str, str], seconds: float) -> float | None:
    """Return the CPU time of one call of the app in microseconds; None where the app cannot be called so."""
    program = _PROGRAM.format(entry=ENTRY, host=app.host, seconds=seconds)
    path = {"PYTHONPATH": f"{folder}:{app.ref.directory}"}
    try:
        done = answer_of(
            [app.python, "-c", program],
            within_s=60 + 2 * seconds,
            directory=Path(app.project),
            environ={**environment, **path},
        )
        return float(done.stdout.rpartition("CPU")[2])
    except (OSError, ValueError):
        return None

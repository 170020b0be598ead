"""A project's folder as the dashboard reads it: one configuration with one fault, and the logs of two requests."""

from __future__ import annotations

from pathlib import Path

from tests.browser import recorded

INI = "[uwsgi]\nmodule = wsgi:app\nbuffer-size = 32k\n"


def log_line(path: str, status: int, request_id: str, seconds: str = "0.010") -> str:
    """A line of the access log; the request waited for 0.25 s if it took longer."""
    taken = 1795773600500000 + 250_000 * (seconds == "1.500")
    return (
        f'127.0.0.1 [2026-11-27T10:00:02+00:00] "GET {path} HTTP/1.1" {status} 265 time={seconds} connect=0.000 header={seconds} '
        f'app={seconds} passed=1795773600.500 taken={taken} id={request_id} host="127.0.0.1" ref="-" ua="curl"\n'
    )


LOGS = {
    "access.log": log_line("/report/monthly", 500, recorded.FAILED_ID, "1.500")
    + log_line("/cart", 200, "0" * 28 + "cafe"),
    "server.log": "Traceback (most recent call last):\nZeroDivisionError: division by zero\n"
    f"[2026-11-27T10:00:02+0000] - GET /report/monthly 500 after 1250 ms in the app, worker 1 id={recorded.FAILED_ID}\n",
}
"""Two requests, of which the first one failed."""


def fill(folder: Path) -> None:
    """Write the files."""
    (folder / "uwsgi.ini").write_text(INI)
    (folder / "log").mkdir()
    for name, text in LOGS.items():
        (folder / "log" / name).write_text(text)

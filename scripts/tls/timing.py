"""How long a start takes with HTTPS and without, and what a certificate that changes under load costs."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.tls.place import Row, authority, site, spread
from tests.support.certificates import issue
from tests.support.load import Client
from tests.support.ports import free_port
from tests.support.stack import APP as COUNTED_APP
from tests.support.stack import Stack, until
from tests.support.under_load import under_load

GOAL_S = 0.3
CLIENTS = (*[Client("/")] * 6, *[Client("/", keep_alive=True)] * 3, *[Client("/slow?seconds=0.2")] * 3)
"""New connections, each with a handshake, kept ones, and requests that are under way while nginx changes its certificate."""


def starts(rounds: int) -> Iterator[Row]:
    """Yield the time from `enuf up` to the first 200, over HTTP and over HTTPS in turn."""
    plain, secure, new = list[float](), list[float](), list[float]()
    for number in range(rounds + 1):
        with site() as stack:
            plain_s = _first_answer_s(stack, ())
            new_s = _first_answer_s(stack, ("--tls", "local"))  # makes the authority too
            secure_s = _first_answer_s(stack, ("--tls", "local"))
        if number:  # the first round finds cold caches
            plain, secure, new = [*plain, plain_s], [*secure, secure_s], [*new, new_s]
    slower, newly = (statistics.median(each) - statistics.median(plain) for each in (secure, new))
    yield (
        f"start to the first 200, {rounds} runs each: HTTP {spread(plain)} s, HTTPS {spread(secure)} s",
        True,
    )
    yield (
        f"HTTPS takes {slower:+.2f} s (goal: at most {GOAL_S} s); with a new authority {newly:+.2f} s",
        slower <= GOAL_S,
    )


def _first_answer_s(stack: Stack, words: tuple[str, ...]) -> float:
    port = free_port()
    begun = time.monotonic()
    running = stack.start("up", "--listen", f"127.0.0.1:{port}", *words)
    try:
        _wait_for_200(port, secure=bool(words))
        taken_s = time.monotonic() - begun
        stack.run("status", "--wait", "60s")
        stack.run("down")
    finally:
        running.terminate()
        running.communicate()
    return taken_s


def _wait_for_200(port: int, *, secure: bool) -> None:
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    end = time.monotonic() + 60
    while time.monotonic() < end:
        connection = (
            http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=blind)
            if secure
            else http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        )
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.005)
    raise TimeoutError(f"nothing answered at port {port}")


def renewals(times: int) -> Iterator[Row]:
    """Yield the requests that were lost while a certificate was renewed, and while one of the user's own was replaced."""
    with site("--tls", "local", app=COUNTED_APP) as stack:
        trusting = ssl.create_default_context(cafile=authority(stack))
        yield _counted(stack, trusting, lambda: _renew(stack), times, "renewals by the local authority")
    root = issue(authority=True, called="Figures")
    with site(app=COUNTED_APP) as stack:
        certificate, key = issue("localhost", by=root).write(stack.project)
        stack.up("--set", f"tls.certificate={certificate}", "--set", f"tls.key={key}")
        trusting = ssl.create_default_context(cadata=root.root.decode())

        def replace() -> None:
            issue("localhost", by=root).write(stack.project)

        yield _counted(stack, trusting, replace, times, "changed certificates of one's own")


def _renew(stack: Stack) -> None:
    done = stack.run("cert", "renew")
    if done.code:
        raise subprocess.SubprocessError(repr(done))


def _counted(
    stack: Stack, trusting: ssl.SSLContext, change: Callable[[], None], times: int, what: str
) -> Row:
    def happen() -> int:
        before = _taken(stack)
        for number in range(1, times + 1):
            change()
            until(lambda: _taken(stack) >= before + number, what="the certificate is taken")  # noqa: B023
        return _taken(stack) - before

    count, taken = under_load(stack, happen, clients=CLIENTS, tls=trusting, settle_s=1)
    # A client may always find that the server has closed a connection which was kept without a request, and asks again.
    idle = sum(number for name, number in count.categories.items() if name.endswith("-idle"))
    lost = count.failed - idle
    text = f"{taken} {what} under load: {count.ok} requests answered, {lost} lost, longest wait {count.worst_s:.2f} s"
    return f"{text}; {idle} idle connections closed", lost == 0 and count.ok > 0 and taken == times


def _taken(stack: Stack) -> int:
    lines = Path(stack.project, ".enuf/log/events.jsonl").read_text().splitlines()
    return sum(json.loads(line)["event"] == "certificate-taken" for line in lines)

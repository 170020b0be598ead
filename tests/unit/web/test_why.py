"""The dashboard says why a request failed: it asks the live doctor, never waits for it, and only for what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.browser.recorded import idle
from tests.browser.served import TOKEN, Held, dashboard_of
from tests.support.ports import free_port
from tests.support.stack import until
from werkzeug.test import Client

from enuf.model.address import TcpAddress
from enuf.model.snapshot import SlowRequest

FAILED = {"request": "GET /cart", "token": TOKEN}


def dashboard(folder: Path, host: str = "127.0.0.1") -> Client:
    """A dashboard that shows a failed GET and a failed POST of a site at whose port no program listens."""
    source = Held(idle, 1_790_000_000.0)
    slow = tuple(
        SlowRequest(at=1.0, id="", method=method, path="/cart", status=502, total_s=2.0)
        for method in ("GET", "POST")
    )
    source.put(msgspec.structs.replace(source.now, url=f"http://127.0.0.1:{free_port()}", slow=slow))
    return Client(dashboard_of(source, folder, TcpAddress(host, 9191)))


def asked(client: Client, **query: str) -> Any:
    return client.get("/api/why", query_string={**FAILED, **query}, headers={"Host": "127.0.0.1:9191"})


def test_the_verdict_of_a_failed_request_comes_while_the_page_asks_again(tmp_path: Path) -> None:
    client = dashboard(tmp_path)
    assert asked(client).json == {
        "state": "running", "status": 0, "finding": None, "ruled_out": [], "next_steps": [],
    }  # fmt: skip
    # On a busy machine a first diagnosis may have no time to find the cause: the page then asks again.
    until(lambda: asked(client).json["finding"], what="a verdict with its cause")
    english, korean = asked(client).json, asked(client, lang="ko").json
    assert english["state"] == "done"
    assert english["finding"]["code"] == korean["finding"]["code"] == "R010"
    assert english["finding"]["message"] != korean["finding"]["message"]


@pytest.mark.parametrize(
    ("query", "host", "status"),
    [
        ({"request": "GET /other"}, "127.0.0.1", 404),
        ({"request": "POST /cart"}, "127.0.0.1", 404),
        ({"request": "GET http://evil.example/"}, "127.0.0.1", 404),
        ({"token": "guessed"}, "127.0.0.1", 401),
        ({}, "0.0.0.0", 404),
    ],
)
def test_nothing_is_asked_that_the_page_does_not_show_or_that_others_can_reach(
    tmp_path: Path, query: dict[str, str], host: str, status: int
) -> None:
    assert asked(dashboard(tmp_path, host), **query).status_code == status

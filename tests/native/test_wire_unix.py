"""Listening on a unix socket: what another server on this machine sees, and what the app sees of it."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.builds import BUILDS, prepare, settings_of
from tests.support.stack import Response, stack_in
from tests.support.wire import APP, answers, head

pytestmark = pytest.mark.native


def ask(door: Path, request: bytes) -> Response:
    """The answer to a request that closes its connection."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(20)
        connection.connect(str(door))
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    (answer,) = answers(received, False)
    return answer


@pytest.mark.parametrize("build", BUILDS)
def test_the_app_is_served_on_a_unix_socket_as_wsgi_wants_it(tmp_path: Path, build: str) -> None:
    prepare(tmp_path / "shop", build)
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.write("enuf.toml", settings_of(build))
        door = tmp_path / "front door.sock"
        assert stack.run("up", "-d", "--listen", f"unix:{door}").code == 0
        answer = ask(door, head(path="/echo", host="shop.test:8443"))
        found = answer.json["environ"]
        assert (found["SERVER_PORT"], found["HTTP_HOST"]) == ("80", "shop.test:8443")
        assert answer.json["external"] == "http://shop.test:8443/page"
        assert found["REMOTE_ADDR"] == "unix:"
        assert len(answer.headers["X-Request-ID"]) == 32
    assert not door.exists()

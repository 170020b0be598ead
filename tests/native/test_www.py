"""`serve.www`: the other form of a name leads to the listed one, over HTTP and HTTPS, in each way to run nginx."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.stack import APP, Stack, stack_in

pytestmark = pytest.mark.native

WWW = ("--server-name", "example.com", "--set", "serve.www=redirect")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Stack]:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": ""}
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root", **home}) as stack:
        stack.write("app.py", APP)
        yield stack


def asked(url: str, port: int, *words: str) -> str:
    """Return what nginx at the port says for the URL: status, protocol and where it leads."""
    shown = ("-o", "/dev/null", "-w", "%{http_code} %{http_version} %header{location}")
    name = url.split("/")[2].partition(":")[0]
    at = ("--connect-to", f"{name}:{url.split(':')[2].partition('/')[0]}:127.0.0.1:{port}")
    done = subprocess.run(
        ["curl", "-sS", *shown, *at, *words, url], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout or done.stderr


def test_over_http_the_port_that_the_visitor_asked_path_and_method_stay(site: Stack) -> None:
    site.up(*WWW)
    port = site.port
    for asked_port in (port, 8080):
        url = f"http://www.example.com:{asked_port}/a%2Fb//c?d=%20"
        answer = asked(url, port, "-X", "POST", "--path-as-is")
        assert answer == f"308 1.1 http://example.com:{asked_port}/a%2Fb//c?d=%20"
    assert asked(f"http://example.com:{port}/", port) == "200 1.1 "
    for other in ("www.www.example.com", "www.example.com.evil.test", "evil.test"):
        assert asked(f"http://{other}:{port}/", port) == "000 0 "


def test_over_https_the_certificate_is_for_both_names_and_plain_http_leads_there(site: Stack) -> None:
    plain = free_port()
    site.up(*WWW, "--tls", "local", "--set", f"tls.http=127.0.0.1:{plain}", "--set", "tls.hsts=1h")
    status = site.run("cert", "status", "--json").json
    trust, port = ("--cacert", status["ca"]), site.port
    answer = asked(f"https://www.example.com:{port}/x?y", port, *trust)
    assert answer == f"308 2 https://example.com:{port}/x?y"
    assert asked(f"https://example.com:{port}/", port, *trust) == "200 2 "
    answer = asked(f"http://www.example.com:{plain}/x?y", plain)
    assert answer == f"308 1.1 https://www.example.com:{port}/x?y"

"""HTTPS by an authority: `tls.mode = "acme"` in a running stack, against a real authority: pebble."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from enuf.tls.acme.folder import CHALLENGES, AcmeFolder
from tests.support.builds import nginx_program
from tests.support.load import Client
from tests.support.pebble import Pebble, pebble
from tests.support.ports import free_ports
from tests.support.stack import APP, Response, Stack, stack_in, until
from tests.support.under_load import under_load

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("https-acme")]

NAMES = ("shop.example", "www.shop.example")
WITHOUT_THE_LIBRARY = "import sys; sys.modules['acme'] = None; from enuf.cli import main; sys.exit(main())"
BLIND = ssl.create_default_context()
BLIND.check_hostname, BLIND.verify_mode = False, ssl.CERT_NONE
FRESH = (*[Client("/")] * 2, Client("/echo", "POST", body=b"x=1"), Client("/slow?seconds=0.2"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with pebble(tmp_path_factory.mktemp("pebble")) as running:
        yield running


@contextlib.contextmanager
def site(folder: Path, authority: Pebble, *, hosts: str = "serve.hosts", plain: str = "") -> Iterator[Stack]:
    """A project that orders its certificate; its data folder is its own."""
    env = {"ENUF_SERVE_USER": "root", "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
    with stack_in(folder / "shop", env=env) as stack:
        stack.write("app.py", APP)
        names = ", ".join(f'"{name}"' for name in NAMES)
        stack.write("enuf.toml", f"{hosts} = [{names}]\n" + authority.settings(plain or None))
        yield stack


def plainly(port: int, path: str, host: str = NAMES[0]) -> Response:
    """The answer over plain HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        found = connection.getresponse()
        return Response(found.status, dict(found.getheaders()), found.read())


def shown(stack: Stack, context: ssl.SSLContext = BLIND, name: str = NAMES[0]) -> bytes:
    """The certificate that a client gets, in DER."""
    with (
        socket.create_connection(("127.0.0.1", stack.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


def order(stack: Stack) -> dict[str, Any]:
    return dict(stack.status()["tls"]["order"])


def events(stack: Stack, kind: str) -> list[dict[str, Any]]:
    lines = map(json.loads, stack.log("events.jsonl").splitlines())
    return [line for line in lines if line["event"] == kind]


def test_a_site_serves_at_once_then_switches_to_its_certificate_and_renews_it_without_a_lost_request(
    tmp_path: Path, authority: Pebble
) -> None:
    with site(tmp_path, authority, hosts="tls.names") as stack:
        assert stack.run("plan").code == 0
        assert not (tmp_path / "data").exists(), "a plan that is only shown writes nothing"
        stack.up()
        plain = authority.http_port
        pids = (stack.status()["supervisor"]["pid"], stack.status()["front"]["pid"])

        count, _ = under_load(stack, lambda: taken(stack, 1), clients=FRESH, tls=BLIND)
        assert count.failed == 0 and count.ok > 10, count
        assert stack.status()["tls"]["certificates"][0]["issuer"].startswith("Pebble")
        assert set(names_of(stack)) == set(NAMES)
        assert (stack.status()["supervisor"]["pid"], stack.status()["front"]["pid"]) == pids
        assert stack.status()["warnings"] == []

        trusting = ssl.create_default_context(cadata=authority.issuer().decode())
        for name in NAMES:
            until_trusted(stack, trusting, name)
        answer = plainly(plain, "/echo%20x?b=%2F")
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://{NAMES[0]}:{stack.port}/echo%20x?b=%2F"

        file = Path(stack.status()["tls"]["certificates"][0]["path"])
        kept = file.read_bytes()
        assert stack.run("cert", "renew").code == 0
        assert file.read_bytes() == kept, "it is not due"

        def renew() -> None:
            before = shown(stack)
            done = stack.run("cert", "renew", "--force")
            assert done.code == 0, done
            taken(stack, 2)
            until(lambda: shown(stack) != before, what="the renewed certificate")

        count, _ = under_load(stack, renew, clients=FRESH, tls=BLIND)
        assert count.failed == 0 and count.ok > 50, count
        assert (stack.status()["supervisor"]["pid"], stack.status()["generation"]) == (pids[0], 1)

        # After a reload nginx has the short form, and answers challenges before its redirect all the same.
        text = (stack.project / "enuf.toml").read_text()
        stack.write("enuf.toml", text.replace(f'"{NAMES[0]}"', f'"{NAMES[0]}", "new.example"'))
        assert stack.run("reload").code == 0
        assert is_trusted(stack, trusting, NAMES[0]), (
            "the one before serves on until there is one for the new name"
        )
        assert plainly(plain, "/a").status == 308
        taken(stack, 3)
        assert "new.example" in names_of(stack)

        # An order from another authority starts with a stand-in, and does not cost the site its certificate.
        until_trusted(stack, trusting, "new.example")
        known = (stack.project / "enuf.toml").read_text()
        stack.write("enuf.toml", known.replace(authority.directory, "https://127.0.0.1:9/dir"))
        assert stack.run("reload").code == 0
        until(lambda: order(stack)["problem"], what="the problem of the other authority")
        assert is_trusted(stack, trusting, "new.example") and order(stack)["stand_in"] is False
        assert plainly(plain, "/a").status == 308
        (warning,) = stack.status()["warnings"]
        assert "is not renewed yet, the one before serves on: 127.0.0.1:9 cannot be reached" in warning
        stack.write("enuf.toml", known)

        assert stack.run("down").code == 0
        renewed = stack.run("cert", "renew")
        assert renewed.code == 3 and "port 80" in renewed.err
        status = stack.run("cert", "status", "--json").json
        assert status["order"]["stand_in"] is False and "new.example" in status["certificates"][0]["names"]


def is_trusted(stack: Stack, context: ssl.SSLContext, name: str) -> bool:
    """True for a certificate that a client with this authority's root accepts: an old worker of nginx may still answer."""
    with contextlib.suppress(ssl.SSLCertVerificationError):
        return bool(shown(stack, context, name))
    return False


def until_trusted(stack: Stack, context: ssl.SSLContext, name: str) -> None:
    until(lambda: is_trusted(stack, context, name), what=f"a trusted certificate for {name}")


def taken(stack: Stack, count: int) -> None:
    """Wait until a TLS client of enuf's own has seen so many new certificates."""
    until(lambda: len(events(stack, "certificate-taken")) >= count, what=f"certificate number {count}")


def names_of(stack: Stack) -> list[str]:
    return list(stack.status()["tls"]["certificates"][0]["names"])


def test_a_site_without_a_certificate_is_served_plainly_and_every_command_says_why(
    tmp_path: Path, authority: Pebble
) -> None:
    (plain,) = free_ports(1)  # the authority asks at another port
    nginx_program("system")  # the other build; skipped where it is missing
    with site(tmp_path, authority, plain=f"127.0.0.1:{plain}") as stack:
        stack.write("enuf.toml", 'nginx = "system"\n' + (stack.project / "enuf.toml").read_text())
        up = stack.up()
        assert "until it has come, plain HTTP serves the site" in up.err + up.out
        until(lambda: order(stack)["problem"], what="the problem")
        found = order(stack)
        assert found["stand_in"] and found["failures"] == 1
        assert "could not verify" in found["problem"] and "firewall" in found["hint"]
        (warning,) = stack.status()["warnings"]
        assert "there is no certificate from localhost" in warning and "next attempt at 2" in warning
        (event,) = until(lambda: events(stack, "certificate-order-failed"), what="the event")
        assert event["why"] == found["problem"]
        assert "no new certificate: " in stack.log("enuf.log")
        shown_by_cert = stack.run("cert", "status")
        assert "stand-in" in shown_by_cert.err and "the last order failed" in shown_by_cert.err
        again = stack.run("cert", "renew")
        assert again.code == 1 and "could not verify" in again.err and "hint: " in again.err, again

        folder = AcmeFolder(Path(stack.status()["tls"]["certificates"][0]["path"]).parent.parent)
        folder.write_state(replace(folder.read_state(), next_attempt=0.0))
        until(lambda: order(stack)["failures"] == 3, what="the next attempt, by itself")

        assert plainly(plain, "/").body == b"version 1\n"
        assert plainly(plain, "/.well-known/acme-challenge/none").status == 404
        challenges = folder.webroot / CHALLENGES
        (challenges / "token").write_text("proof")
        (challenges / "link").symlink_to(stack.project / "enuf.toml")
        (challenges / "folder").symlink_to(stack.project)
        paths = ("token", "link", "folder/enuf.toml")
        answers = [plainly(plain, f"/.well-known/acme-challenge/{each}") for each in paths]
        assert [each.status for each in answers] == [200, 404, 404]
        with pytest.raises(ConnectionError):
            plainly(plain, "/", "other.example")
        assert plainly(plain, "/.well-known/acme-challenge/none", "other.example").status == 404
        assert shown(stack)
        secret = [
            path
            for path in stack.project.rglob("*")
            if path.is_file() and b"PRIVATE KEY" in path.read_bytes()
        ]
        assert secret == [] or [path.name for path in secret] == ["tls.pem"]


def test_what_no_authority_would_issue_for_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        listen = ("--set", "tls.http=127.0.0.1:8080")
        cases: dict[tuple[str, ...], str] = {
            listen: "needs the public name",
            ("--server-name", "example.com"): "port 80 of the name",
            (
                *listen,
                "--server-name",
                "example.com",
                "--set",
                "tls.directory_ca=none.pem",
            ): "tls.directory_ca: ",
        }
        for words, sentence in cases.items():
            done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--tls", "acme", *words)
            assert done.code == 4 and sentence in done.err, (words, done)
            assert "hint: " in done.err and done.err.count("error: ") == 1, (words, done)
        done = stack.run(
            "render", str(tmp_path / "out"), "--tls", "acme", "--server-name", "example.com", *listen
        )
        assert done.code == 4 and "certbot" in done.err, done
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            words = ("--server-name", "example.com", "--set", f"tls.http=127.0.0.1:{port}")
            done = stack.run("up", "-d", "--listen", "127.0.0.1:0", "--tls", "acme", *words)
        assert done.code == 8 and f"127.0.0.1:{port} is already in use" in done.err, done
        way_out = done.err.split("enuf up --set ")[1].split()[0]
        assert way_out.startswith("tls.http=127.0.0.1:") and not way_out.endswith((":0", f":{port}")), done
        planned = stack.run("plan", "--tls", "acme", "--server-name", "example.com", "--set", way_out)
        assert planned.code == 0, planned
        stack.enuf = (sys.executable, "-c", WITHOUT_THE_LIBRARY)
        done = stack.run(
            "up", "-d", "--listen", "127.0.0.1:0", "--tls", "acme", "--server-name", "a.example", *listen
        )
        assert done.code == 6 and "pip install" in done.err and "'enuf[acme]'" in done.err, done
        assert not stack.processes()

"""A certificate authority that speaks ACME: pebble, with a name server that leads every name to this machine."""

from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.certificates import Issued, issue
from tests.support.ports import free_ports
from tests.support.stack import until

Answer = tuple[int, dict[str, str], dict[str, Any]]


class Pebble(msgspec.Struct, frozen=True):
    """A running authority. It asks for challenges at `http_port` of 127.0.0.1."""

    folder: Path
    directory: str
    management: str
    names: str
    """Management address of the name server."""
    http_port: int
    root: Issued
    """The authority that vouches for pebble's own HTTPS, in `root_file`."""

    @property
    def root_file(self) -> Path:
        return self.folder / "pebble-root.pem"

    def settings(self, http: str | None = None) -> str:
        """Return the settings that order from here."""
        plain = http or f"127.0.0.1:{self.http_port}"
        return (
            f'tls.mode = "acme"\ntls.directory = "{self.directory}"\ntls.directory_ca = "{self.root_file}"\n'
            f'tls.http = "{plain}"\n'
        )

    def issuer(self) -> bytes:
        """Return the root of the certificates that it issues, in PEM."""
        context = ssl.create_default_context(cafile=str(self.root_file))
        with urllib.request.urlopen(f"{self.management}/roots/0", context=context, timeout=60) as answer:
            return bytes(answer.read())

    def lead(self, name: str, address: str) -> None:
        """Let a name lead to this address; the empty one for none."""
        if address:
            self._tell("add-a", {"host": name, "addresses": [address]})
        else:
            self._tell("set-servfail", {"host": name})

    def _tell(self, what: str, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.names}/{what}", data), timeout=60).close()


@contextlib.contextmanager
def pebble(
    folder: Path, *, eab: dict[str, str] | None = None, validity_s: int = 90 * 86_400
) -> Iterator[Pebble]:
    """Run an authority in this folder; with `eab`, for accounts that are bound to one of these keys alone.

    Skip where pebble is missing.
    """
    for program in ("pebble", "pebble-challtestsrv"):
        if not shutil.which(program):
            pytest.skip(f"there is no {program}: apt-get install pebble")
    listen, management, plain, dns, names, tls = free_ports(6)
    root = issue(authority=True, called="pebble's HTTPS")
    certificate, key = issue("localhost", "127.0.0.1", by=root).write(folder, "pebble")
    config = {
        "listenAddress": f"127.0.0.1:{listen}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(certificate),
        "privateKey": str(key),
        "httpPort": plain,
        "tlsPort": tls,
        "certificateValidityPeriod": validity_s,
        "externalAccountBindingRequired": bool(eab),
        "externalAccountMACKeys": eab or {},
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
    dns_words = ("-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{dns}")
    off = ("-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{names}")
    with (
        _running(folder, "pebble-challtestsrv", *dns_words, *off),
        _running(folder, "pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"),
    ):
        for port in (listen, management, names):
            until(lambda port=port: _answers(port), what=f"pebble at port {port}")  # type: ignore[misc]
        yield Pebble(
            folder, f"https://localhost:{listen}/dir", f"https://localhost:{management}",
            f"http://127.0.0.1:{names}", plain, root,
        )  # fmt: skip


@contextlib.contextmanager
def _running(folder: Path, *words: str) -> Iterator[None]:
    environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    with (folder / f"{words[0]}.log").open("w") as log:
        running = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
    try:
        yield
    finally:
        running.kill()
        running.wait(60)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


@contextlib.contextmanager
def https_server(folder: Path, root: Issued, answers: dict[str, Answer]) -> Iterator[str]:
    """Serve fixed answers over HTTPS, by path: status, headers and JSON. Yield the URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path if self.path in answers else self.path.rpartition("/")[0]
            status, headers, body = answers[path]
            data = json.dumps(body).encode()
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*issue("localhost", by=root).write(folder, "fixed"))
    with serving(Handler, 0) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"https://localhost:{server.server_address[1]}"


@contextlib.contextmanager
def serving(handler: Any, port: int) -> Iterator[http.server.ThreadingHTTPServer]:
    """Run a web server of Python's in a thread, at a port of loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()

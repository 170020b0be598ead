"""pebble, an authority for tests that speaks ACME, inside of a booted machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.booted import Booted
from tests.support.certificates import issue
from tests.support.stack import Finished, until

DIRECTORY, CA, ROOT = "https://127.0.0.1:14000/dir", "/opt/pebble/ca.pem", "/opt/pebble/root.pem"
ACME = ("--tls", "acme", "--set", f"tls.directory={DIRECTORY}", "--set", f"tls.directory_ca={CA}")
CONFIG = {
    "listenAddress": "127.0.0.1:14000",
    "managementListenAddress": "127.0.0.1:15000",
    "certificate": "/opt/pebble/tls.pem",
    "privateKey": "/opt/pebble/tls.key",
    "httpPort": 80,
    "tlsPort": 5001,
}
NAMES = (
    "-defaultIPv4",
    "127.0.0.1",
    "-defaultIPv6",
    "",
    "-dns01",
    "127.0.0.1:8053",
    "-management",
    "127.0.0.1:8055",
)
OFF = ("-http01", "", "-https01", "", "-tlsalpn01", "")


def put_authority(machine: Booted) -> None:
    """Put pebble into the machine, switched off. Skip the test where there is no pebble."""
    for name in ("pebble", "pebble-challtestsrv"):
        program = shutil.which(name)
        if program is None:
            pytest.skip(f"there is no {name}: apt-get install pebble")
        words = machine.words("install", "-D", "-m", "755", "/dev/stdin", f"/opt/pebble/{name}")
        subprocess.run(words, input=Path(program).read_bytes(), check=True, timeout=60)
    root = issue(authority=True, called="pebble's HTTPS")
    own = issue("127.0.0.1", by=root)
    for path, text in (
        (CA, root.root),
        ("/opt/pebble/tls.pem", own.chain),
        ("/opt/pebble/tls.key", own.key_pem),
    ):
        machine.write(path, text.decode())
    machine.write("/opt/pebble/config.json", json.dumps({"pebble": CONFIG}))


def switch_on(machine: Booted) -> None:
    """Start pebble, and let visitors trust what it issues: at each start it is another authority."""
    settings = ("--setenv=PEBBLE_VA_NOSLEEP=1", "--setenv=PEBBLE_WFE_NONCEREJECT=0")
    machine.do("systemd-run", "--unit=names", "/opt/pebble/pebble-challtestsrv", *NAMES, *OFF)
    words = ("/opt/pebble/pebble", "-config", "/opt/pebble/config.json", "-dnsserver", "127.0.0.1:8053")
    machine.do("systemd-run", "--unit=pebble", *settings, *words)
    asked = ("curl", "-sf", "--cacert", CA, "-o", ROOT, "https://127.0.0.1:15000/roots/0")
    until(lambda: machine.run(*asked).code == 0, what="pebble")


def curl(machine: Booted, url: str, *words: str) -> Finished:
    return machine.run("curl", "-s", "-i", "--max-time", "20", *words, url)

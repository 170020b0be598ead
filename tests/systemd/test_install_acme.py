"""`enuf install --tls acme`: the site is on HTTP until an authority has issued a certificate, and on HTTPS from then on."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.booted import Booted
from tests.support.certificates import issue
from tests.support.stack import Finished, until

from .site import Site, changes, fingerprint

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

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


@pytest.fixture
def authority(machine: Booted) -> Booted:
    """Put pebble into the machine, switched off."""
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
    return machine


def switch_on(machine: Booted) -> None:
    """Start pebble, and let visitors trust what it issues."""
    settings = ("--setenv=PEBBLE_VA_NOSLEEP=1", "--setenv=PEBBLE_WFE_NONCEREJECT=0")
    machine.do("systemd-run", "--unit=names", "/opt/pebble/pebble-challtestsrv", *NAMES, *OFF)
    words = ("/opt/pebble/pebble", "-config", "/opt/pebble/config.json", "-dnsserver", "127.0.0.1:8053")
    machine.do("systemd-run", "--unit=pebble", *settings, *words)
    asked = ("curl", "-sf", "--cacert", CA, "-o", ROOT, "https://127.0.0.1:15000/roots/0")
    until(lambda: machine.run(*asked).code == 0, what="pebble")


def curl(machine: Booted, url: str, *words: str) -> Finished:
    return machine.run("curl", "-s", "-i", "--max-time", "20", *words, url)


def test_a_site_is_on_http_until_there_is_a_certificate_and_on_https_then(
    authority: Booted, shop: Site
) -> None:
    machine = authority
    before = fingerprint(machine)
    done = shop.install(*ACME, "--set", "serve.www=redirect")
    assert f"served at http://{shop.domain}\n" in done.out and "127.0.0.1:14000" in done.err, done
    assert curl(machine, f"http://{shop.domain}/").out.startswith("HTTP/1.1 200")
    assert curl(machine, f"https://{shop.domain}/", "-k").out.startswith("HTTP/2 200")
    warnings = shop.status()["warnings"]
    assert any("127.0.0.1:14000" in each for each in warnings), warnings
    assert any("plain HTTP serves the site" in each for each in warnings), warnings

    switch_on(machine)
    ordered = shop.enuf("cert", "renew", "shop")
    assert ordered.code == 0 and f"{shop.domain}, www.{shop.domain}" in ordered.out, ordered
    trusted = ("--cacert", ROOT)
    assert curl(machine, f"https://{shop.domain}/", *trusted).out.startswith("HTTP/2 200")
    www = curl(
        machine, f"https://www.{shop.domain}/a?b", *trusted, "--resolve", f"www.{shop.domain}:443:127.0.0.1"
    )
    assert f"location: https://{shop.domain}/a?b" in www.out, www
    plain = curl(machine, f"http://{shop.domain}/a?b")
    assert plain.out.startswith("HTTP/1.1 308") and f"https://{shop.domain}/a?b" in plain.out
    assert shop.status()["warnings"] == []
    assert "nothing to change" in shop.install().out

    assert shop.enuf("uninstall").code == 0
    machine.do("systemctl", "stop", "pebble", "names")
    machine.do("rm", "-f", ROOT)
    assert changes(before, fingerprint(machine)) == []


def test_a_project_of_roots_orders_as_a_user_who_owns_nothing(authority: Booted, shop: Site) -> None:
    machine = authority
    switch_on(machine)
    machine.do("chown", "-R", "root:root", shop.project)
    before = fingerprint(machine)
    done = shop.install(*ACME)
    assert f"served at https://{shop.domain}\n" in done.out, done
    answer = curl(machine, f"https://{shop.domain}/", "--cacert", ROOT)
    assert answer.out.startswith("HTTP/2 200"), answer
    owner = machine.do("stat", "-L", "-c", "%u %a", "/var/lib/enuf-shop-cert").split()
    assert int(owner[0]) > 60_000 and owner[1] == "700"
    again = shop.enuf("cert", "renew", "shop", "--force")
    assert again.code == 0, again
    assert shop.enuf("uninstall").code == 0
    assert changes(before, fingerprint(machine)) == []

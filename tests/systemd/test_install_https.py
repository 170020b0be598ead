"""HTTPS of an installed site: the host's nginx serves it, a renewed certificate is taken, and all of it goes again."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.booted import Booted
from tests.support.certbot_lines import edited_by_certbot
from tests.support.certificates import Issued, issue
from tests.support.stack import Finished, until

from .site import OWNER, Site, as_user, asking, changes, fingerprint, reload_nginx

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

FOLDER = "/etc/certificates"
FILES = (f"{FOLDER}/shop.pem", f"{FOLDER}/shop.key")
WORDS = ("--set", f"tls.certificate={FILES[0]}", "--set", f"tls.key={FILES[1]}")


@pytest.fixture(scope="module")
def authority() -> Issued:
    return issue(authority=True, called="tests' authority")


def write_pair(machine: Booted, pair: Issued, key: Issued | None = None) -> None:
    """Write the pair where root alone can read the key; `key` is that of another certificate."""
    machine.do("install", "-d", "-m", "700", FOLDER)
    texts = (pair.chain, (key or pair).key_pem, pair.root)
    for path, text in zip((*FILES, "/etc/root.pem"), texts, strict=True):
        machine.do("install", "-m", "600", "/dev/stdin", path, stdin=text.decode())


def curl(machine: Booted, url: str, *words: str) -> Finished:
    """Ask as a visitor who trusts the tests' authority."""
    return machine.run("curl", "-s", "-i", "--max-time", "20", "--cacert", "/etc/root.pem", *words, url)


def test_a_site_is_served_over_https_and_goes_without_a_trace(shop: Site, authority: Issued) -> None:
    machine = shop.machine
    write_pair(machine, issue(shop.domain, by=authority))
    before = fingerprint(machine)
    shown = shop.enuf("install", "--domain", shop.domain, *WORDS, "--dry-run")
    assert "listen 443 ssl" in shown.out and "PRIVATE KEY" not in shown.out + shown.err
    assert "new secret file /var/lib/enuf/tls/shop.pem" in shown.out
    assert changes(before, fingerprint(machine)) == []

    done = shop.install(*WORDS, "--set", "tls.hsts=1h")
    assert f"https://{shop.domain}" in done.out

    answer = curl(machine, f"https://{shop.domain}/echo?a=b")
    assert answer.out.startswith("HTTP/2 200"), answer
    assert "strict-transport-security: max-age=3600" in answer.out
    assert f'"url": "https://{shop.domain}/echo' in answer.out.replace('":"', '": "'), answer
    plain = curl(machine, f"http://{shop.domain}/a%20b?c=%2F", "-X", "POST")
    assert plain.out.startswith("HTTP/1.1 308"), plain
    assert f"Location: https://{shop.domain}/a%20b?c=%2F" in plain.out
    machine.write("/var/www/html/.well-known/acme-challenge/token", "proof")
    assert curl(machine, f"http://{shop.domain}/.well-known/acme-challenge/token").out.endswith("proof")
    machine.do("rm", "-r", "/var/www/html/.well-known")
    # Nobody else's name gets the certificate; and the default site of port 80 is as it was.
    assert curl(machine, "https://nobody.example/", "-k").out == ""
    assert "Welcome to nginx" in machine.get("http://nobody.example/").text

    examined = shop.enuf("doctor", "/etc/nginx", "--json")
    assert [one for one in examined.json["findings"] if "enuf-shop" in one["file"]] == [], examined

    told = shop.status()
    (certificate,) = told["tls"]["certificates"]
    assert certificate["names"] == [shop.domain] and certificate["path"] == FILES[0]
    assert told["state"] == "serving", told
    asked = machine.run(*as_user(OWNER), "enuf", "cert", "status", "shop", "--json")
    assert asked.json["certificates"][0]["names"] == [shop.domain], asked
    going = machine.run(*as_user(OWNER), "enuf", "--project", shop.project, "uninstall", "--dry-run")
    assert going.code == 0 and "secret" not in going.err, going
    assert machine.run(*as_user(OWNER), "cat", "/var/lib/enuf/tls/shop.pem").code != 0
    assert "nothing to change" in shop.install().out

    assert shop.enuf("uninstall").code == 0
    assert changes(before, fingerprint(machine)) == []


def test_a_renewed_certificate_is_taken_and_a_broken_one_is_not(shop: Site, authority: Issued) -> None:
    machine, unit = shop.machine, "enuf-shop-cert.service"
    first = issue(shop.domain, by=authority, days=(-80, 10.5))
    write_pair(machine, first)
    shop.install(*WORDS)
    assert machine.unit("enuf-shop-cert.timer", "ActiveState")["ActiveState"] == "active"
    assert any("ends in 10 days" in warning for warning in shop.status()["warnings"])

    renewed = issue(shop.domain, by=authority)
    with visitors(machine) as counted:
        write_pair(machine, renewed)
        machine.do("systemctl", "start", unit)
        assert served(machine, shop) == serial(renewed)
    assert counted["answered"] > 3 and counted["lost"] == [], counted
    assert shop.status()["warnings"] == []

    write_pair(machine, issue(shop.domain, by=authority), key=first)
    assert machine.run("systemctl", "start", unit).code != 0
    assert served(machine, shop) == serial(renewed)
    machine.do("nginx", "-t")
    (warning,) = shop.status()["warnings"]
    assert "is not taken" in warning and "nginx refuses" in warning
    write_pair(machine, issue(shop.domain, by=authority, days=(-9, -1)))
    assert machine.run("systemctl", "start", unit).code != 0
    assert served(machine, shop) == serial(renewed)
    write_pair(machine, renewed)
    machine.do("systemctl", "start", unit)
    assert shop.status()["warnings"] == []


def test_certbots_https_is_carried_over_and_its_lost_files_take_nothing_down(
    installed: Site, authority: Issued
) -> None:
    machine, site = installed.machine, "/etc/nginx/sites-available/enuf-shop"
    pair = issue(installed.domain, by=authority)
    write_pair(machine, pair)
    edited = edited_by_certbot(machine.read(site), installed.domain, *FILES)
    machine.write(site, re.sub(r"\n    (include|ssl_dhparam) /etc/letsencrypt.*", "", edited))
    reload_nginx(machine)
    assert curl(machine, f"https://{installed.domain}/").code == 0
    with visitors(machine) as counted:
        done = installed.install("--set", "serve.max_body=1m")
        assert f"the site serves with {FILES[0]} from now on" in done.err, done
    assert counted["answered"] > 3 and counted["lost"] == [], counted
    assert "managed by Certbot" not in machine.read(site)

    machine.do("rm", *FILES)
    missing = installed.enuf("install", "--set", "serve.timeout=40s")
    assert missing.code == 4 and FILES[0] in missing.err, missing
    write_pair(machine, issue(installed.domain, by=authority, days=(-9, -1)))
    expired = installed.enuf("install", "--set", "serve.timeout=40s")
    assert expired.code == 4 and "expired" in expired.err, expired
    machine.do("rm", *FILES)
    installed.write_version(2)
    machine.do("systemctl", "reload", installed.unit)
    assert machine.run("systemctl", "start", "enuf-shop-cert.service").code != 0
    machine.power_off()
    machine.boot()
    until(
        lambda: "x-version: 2" in curl(machine, f"https://{installed.domain}/").out,
        what="version 2 after the boot",
    )
    assert served(machine, installed) == serial(pair)
    until(lambda: installed.status()["warnings"], what="a warning")
    assert FILES[0] in installed.status()["warnings"][0]


def test_root_reads_no_key_that_the_projects_owner_names(shop: Site, authority: Issued) -> None:
    machine = shop.machine
    write_pair(machine, issue(shop.domain, by=authority))
    shop.write("enuf.toml", f'[tls]\ncertificate = "{FILES[0]}"\nkey = "{FILES[1]}"\n')
    before = fingerprint(machine)
    done = shop.enuf("install", "--domain", shop.domain)
    assert done.code == 4 and f"cannot be read by {OWNER}" in done.err, done
    assert changes(before, fingerprint(machine)) == []
    # Of the owner's own files, a link that is planted later leads to nothing that only root may read.
    machine.do("sh", "-c", f"cp {FOLDER}/shop.* {shop.project}; chown {OWNER} {shop.project}/shop.*")
    shop.write("enuf.toml", '[tls]\ncertificate = "shop.pem"\nkey = "shop.key"\n')
    shop.install()
    secret = issue(shop.domain, by=authority)
    write_pair(machine, secret)
    planted = " && ".join(f"ln -sf {path} {shlex.quote(shop.project)}" for path in FILES)
    machine.do(*as_user(OWNER), "sh", "-c", planted)
    assert machine.run("systemctl", "start", "enuf-shop-cert.service").code != 0
    assert served(machine, shop) != serial(secret)


ASKING = """
import http.client, json, ssl, sys, threading
context, over = ssl.create_default_context(cafile="/etc/root.pem"), threading.Event()
counted = {"answered": 0, "lost": []}
def visit():
    while not over.is_set():
        try:
            visitor = http.client.HTTPSConnection("shop.example", context=context, timeout=30)
            visitor.request("GET", "/")
            answer = visitor.getresponse()
            answer.read()
            visitor.close()
            assert answer.status == 200, answer.status
            counted["answered"] += 1
        except Exception as error:
            counted["lost"].append(repr(error))
threads = [threading.Thread(target=visit) for _ in range(4)]
for each in threads: each.start()
while not counted["answered"] and not counted["lost"]: over.wait(0.01)
print("asking", flush=True)
sys.stdin.readline()
over.set()
for each in threads: each.join()
print(json.dumps(counted))
"""


@contextlib.contextmanager
def visitors(machine: Booted) -> Iterator[dict[str, Any]]:
    """Let four visitors ask over new connections during the block; afterwards the value holds their count."""
    counted: dict[str, Any] = {}
    with asking(machine, "/usr/bin/python3", "-c", ASKING) as printed:
        yield counted
    counted.update(json.loads(printed[0]))


def served(machine: Booted, site: Site) -> str:
    """Return the serial number of the certificate that a visitor gets."""
    asking = (
        "import socket, ssl, sys; context = ssl.create_default_context(cafile='/etc/root.pem'); "
        f"tls = context.wrap_socket(socket.create_connection(('127.0.0.1', 443)), server_hostname='{site.domain}'); "
        "print(tls.getpeercert()['serialNumber'])"
    )
    return machine.do("/usr/bin/python3", "-c", asking).strip()


def serial(pair: Issued) -> str:
    text = f"{pair.certificate.serial_number:X}"
    return text.zfill(len(text) + len(text) % 2)

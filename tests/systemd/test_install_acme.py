"""`enuf install --tls acme`: the site is on HTTP until an authority has issued a certificate, and on HTTPS from then on."""

from __future__ import annotations

import pytest

from tests.support.booted import Booted

from .acme import ACME, ROOT, curl, switch_on
from .site import Site, changes, fingerprint

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]


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

"""The host's nginx stays up: what a site's own missing files break is mended, what others break is named."""

from __future__ import annotations

import pytest

from tests.support.booted import Booted
from tests.support.stack import until

from .site import Site, changes, fingerprint, reload_nginx

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

THEIRS = "/etc/nginx/sites-enabled/theirs"


def test_what_the_site_lacks_is_mended_and_what_others_break_is_named(installed: Site) -> None:
    machine = installed.machine
    before = fingerprint(machine)

    machine.write(THEIRS, "server { listen 80; server_name x")
    for words in (("uninstall",), ("install", "--set", "serve.max_body=1m")):
        done = installed.enuf(*words)
        assert done.code == 10 and f"enuf has not written {THEIRS}" in done.err, done
        assert changes({**before, THEIRS: ""}, {**fingerprint(machine), THEIRS: ""}, beside=installed) == []
        assert installed.serves()
    machine.do("rm", THEIRS)

    for lost in (
        "/etc/nginx/sites-available/enuf-shop",
        "/var/log/nginx",
    ):
        machine.do("sh", "-c", f"rm -r {lost}; ! systemctl restart nginx 2>/dev/null")
        assert machine.unit("nginx", "ActiveState") == {"ActiveState": "failed"}
        installed.install()
        assert installed.serves()
        until(lambda: installed.status()["state"] == "serving", what="serving")

    machine.do("systemctl", "stop", "nginx")
    machine.do("systemd-run", "--unit=holder", "python3", "-m", "http.server", "80")
    pid = machine.unit("holder", "MainPID")["MainPID"]
    until(lambda: machine.run("curl", "-s", "http://127.0.0.1/").code == 0, what="the holder of port 80")
    done = installed.enuf("install", "--set", "serve.max_body=1m")
    assert done.code == 8 and f"python3 (pid {pid}) listens at 0.0.0.0:80" in done.err, done
    machine.do("sh", "-c", "systemctl stop holder; systemctl mask nginx")
    done = installed.enuf("install", "--set", "serve.max_body=1m")
    assert done.code == 10 and "systemctl unmask nginx" in done.err, done
    machine.do("sh", "-c", "systemctl unmask nginx; systemctl start nginx")

    # nginx refuses the configuration while a change is undone: the undoing goes on, and says so.
    machine.write("/etc/nginx/conf.d/auth.conf", "auth_basic closed; auth_basic_user_file /etc/hosts;\n")
    reload_nginx(machine)
    done = installed.install("--set", "serve.max_body=2m")
    assert "nginx answered GET / itself, with 401" in done.err, done
    machine.do("sh", "-c", "rm /etc/nginx/conf.d/auth.conf /etc/nginx/sites-available/enuf-shop")
    assert installed.enuf("uninstall").code == 0
    machine.do("nginx", "-t")


def test_a_site_is_the_default_site_when_it_is_said_and_never_by_chance(installed: Site) -> None:
    machine = installed.machine
    default = "/etc/nginx/sites-enabled/default"
    words = ("--domain", "_", "--domain", installed.domain)
    done = installed.enuf("install", *words)
    assert done.code == 10 and f"is the default site of port 80 already: {default}:" in done.err, done
    machine.do("rm", default)
    reload_nginx(machine)
    assert answered(machine, "nobody.example") == ""
    assert installed.serves()

    assert installed.enuf("install", *words).code == 0
    for name in ("nobody.example", "127.0.0.1", installed.domain):
        assert answered(machine, name) == "version 1\n"
    done = installed.install()
    assert "no longer answers to _:" in done.err
    assert answered(machine, "nobody.example") == ""


def answered(machine: Booted, host: str) -> str:
    """Return what a visitor gets who names this host; empty where nginx closes the connection."""
    return machine.run("curl", "-s", "-H", f"Host: {host}", "http://127.0.0.1/").out

"""A restart of an installed site loses no request: systemd holds a socket at which requests wait."""

from __future__ import annotations

import pytest

from tests.support.debian import VENV
from tests.support.stack import until

from .site import BROKEN, OWNER, Site, changes, fingerprint

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

UNIT = "/etc/systemd/system/enuf-shop.service"

VISITOR = """
[Unit]
After=nginx.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for n in 1 2 3; do curl -s -o /dev/null -w "%%{http_code}\\n" http://shop.example/; done > /root/answers'
[Install]
WantedBy=multi-user.target
"""
"""Asks as soon as nginx runs, beside the start of the service."""

EARLIER = """
from enuf.install.services.systemd import SystemdFormat
SystemdFormat.holds_sockets = False
from enuf.cli import main
main()
"""
"""`enuf` as long as it knew no sockets of systemd."""


def test_requests_wait_while_the_service_is_away_and_none_is_lost(installed: Site) -> None:
    machine = installed.machine
    pids = [installed.main_pid()]
    with installed.load() as counted:
        for version in (2, 3):
            installed.write_version(version)
            machine.do("systemctl", "restart", installed.unit)
            assert installed.serves(version)
            pids.append(installed.main_pid())
        # What waits for the first of two is answered, though the second comes before it has served for a moment.
        machine.do("sh", "-c", f"systemctl restart {installed.unit}; systemctl restart {installed.unit}")
        machine.do("install", "-d", "-o", OWNER, f"{installed.project}/data")
        installed.install("--writable", "data")
        pids.append(installed.main_pid())
        # The Python of the service is exchanged as an upgrade does it: another folder in the place of the virtualenv.
        machine.do("sh", "-c", f"cp -a {VENV} {VENV}.new; mv {VENV} {VENV}.old; mv {VENV}.new {VENV}")
        machine.do("systemctl", "restart", installed.unit)
        pids.append(installed.main_pid())
    (count,) = counted
    assert count.lost == {}, count
    assert set(count.versions) == {"1", "2", "3"} and count.ok > 100, count
    assert len(set(pids)) == len(pids), pids
    assert machine.unit(installed.unit, "NRestarts") == {"NRestarts": "0"}


def test_a_change_that_needs_no_restart_gets_none(installed: Site) -> None:
    machine, pid = installed.machine, installed.main_pid()
    with installed.load() as counted:
        installed.install("--set", "serve.timeout=40s")
        assert machine.unit(installed.unit, "TimeoutStopUSec") == {"TimeoutStopUSec": "1min 30s"}
        assert installed.status()["generation"] == 2
        machine.do("sed", "-i", "s/^# Never give up.$/# Never/", UNIT)
        installed.install("--force")
        assert installed.status()["generation"] == 2
    assert counted[0].lost == {}, counted
    assert installed.main_pid() == pid


def test_a_boot_answers_from_the_moment_nginx_answers(installed: Site) -> None:
    machine = installed.machine
    machine.write(f"{UNIT}.d/slow.conf", "[Service]\nExecStartPre=/bin/sleep 2\n")
    machine.write("/etc/systemd/system/visitor.service", VISITOR)
    machine.do("systemctl", "enable", "visitor")
    machine.power_off()
    machine.boot()
    assert machine.read("/root/answers").split() == ["200"] * 3


def test_a_site_of_an_enuf_without_such_sockets_gets_them_by_one_restart_that_is_asked_for(
    shop: Site,
) -> None:
    machine = shop.machine
    before = fingerprint(machine)
    words = ("--project", shop.project, "install", "--domain", shop.domain)
    machine.do(f"{VENV}/bin/python", "-c", EARLIER, *words)
    assert "enuf-shop-sockets" not in machine.read("/etc/nginx/sites-available/enuf-shop")
    installed, pid = fingerprint(machine), shop.main_pid()
    refused = shop.enuf("install", "--domain", shop.domain)
    assert refused.code == 8 and "--yes" in refused.err, refused
    assert changes(installed, fingerprint(machine), beside=shop) == [] and shop.main_pid() == pid
    with shop.load() as counted:
        shop.install("--yes")
    assert set(counted[0].lost) <= {"502"}, counted
    with shop.load() as counted:
        machine.do("systemctl", "restart", shop.unit)
    assert counted[0].lost == {}, counted
    assert shop.serves() and shop.main_pid() != pid
    assert shop.enuf("uninstall").code == 0
    assert changes(before, fingerprint(machine)) == []


def test_a_stopped_service_stays_stopped_and_is_told_at_once(installed: Site) -> None:
    machine = installed.machine
    machine.do("systemctl", "stop", installed.unit)
    until(lambda: machine.run("systemctl", "is-active", "enuf-shop.socket").code != 0, what="closed sockets")
    assert installed.get().status == 502
    assert not installed.is_active()
    assert not [path for path in fingerprint(machine) if path.startswith("/run/enuf-shop")]
    machine.do("systemctl", "start", installed.unit)
    assert installed.serves()


def test_visitors_of_a_broken_app_wait_for_its_first_tries_only(installed: Site) -> None:
    machine = installed.machine
    installed.write("app.py", BROKEN)
    machine.run("systemctl", "restart", installed.unit)
    until(lambda: installed.has_failed(4), what="the end of the tries for which visitors wait")
    assert installed.get().status == 502
    installed.write_version(2)
    machine.do("systemctl", "restart", installed.unit)
    assert installed.serves(2)
    installed.write("enuf.toml", "[serve]\nthreads = 0\n")
    assert machine.run("systemctl", "restart", installed.unit).code != 0
    until(lambda: installed.get().status == 502, what="an answer of a service that has given up")
    until(
        lambda: machine.unit(installed.unit, "ActiveState")["ActiveState"] == "failed",
        what="a moment between two tries",
    )

"""An installed site when the machine is switched on: it waits for what it needs, and does not hide what is broken."""

from __future__ import annotations

import pytest

from tests.support.stack import APP, until

from .site import BROKEN, Site

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

DATABASE = """
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sleep 4; touch /run/database'
[Install]
WantedBy=timers.target
"""
NEEDS_DATABASE = f"open('/run/database').close()\n{APP}"


def test_an_app_that_needs_a_database_serves_once_that_is_up(installed: Site) -> None:
    installed.write("app.py", NEEDS_DATABASE)
    installed.machine.write("/etc/systemd/system/database.service", DATABASE)
    installed.machine.do("systemctl", "enable", "database")
    installed.machine.power_off()
    installed.machine.boot(retried=installed.unit)
    until(installed.serves, what="an answer after the database was there")
    installed.says("database")


def test_broken_code_at_a_boot_is_told_by_the_journal_and_harms_nobody_else(installed: Site) -> None:
    installed.write("app.py", BROKEN)
    installed.machine.power_off()
    installed.machine.boot(retried=installed.unit)
    until(lambda: installed.has_failed(4), what="the end of the tries for which visitors wait")
    assert installed.get().status == 502
    assert "Welcome to nginx" in installed.machine.get("http://127.0.0.1/").text
    installed.says("RuntimeError: a broken version")
    installed.write_version(2)
    installed.machine.do("systemctl", "restart", installed.unit)
    assert installed.serves(2)

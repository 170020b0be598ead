"""`systemctl reload` of an installed site: new code under load without a lost request, broken code refused."""

from __future__ import annotations

import pytest

from .site import BROKEN, Site

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]


def test_reloads_under_load_lose_no_request(installed: Site) -> None:
    with installed.load() as counted:
        for version in (2, 3, 4, 5):
            installed.write_version(version)
            installed.machine.do("systemctl", "reload", installed.unit)
            assert installed.serves(version)
    (count,) = counted
    assert count.failed == 0, count
    assert set(count.versions) == {"1", "2", "3", "4", "5"}
    assert count.ok > 100, count


def test_the_process_that_systemd_looks_after_stays_the_same_over_a_reload(installed: Site) -> None:
    pid = installed.main_pid()
    installed.write_version(2)
    installed.machine.do("systemctl", "reload", installed.unit)
    assert installed.serves(2)
    assert installed.main_pid() == pid
    assert installed.machine.unit(installed.unit, "NRestarts") == {"NRestarts": "0"}


def test_broken_code_is_refused_and_the_old_version_serves_on(installed: Site) -> None:
    installed.write("app.py", BROKEN)
    with installed.load() as counted:
        done = installed.machine.run("systemctl", "reload", installed.unit)
    assert done.code != 0, done
    assert counted[0].failed == 0 and set(counted[0].versions) == {"1"}, counted
    assert installed.serves(1) and installed.is_active()
    assert "a broken version" in installed.machine.journal(installed.unit)
    installed.write_version(2)
    installed.machine.do("systemctl", "reload", installed.unit)
    assert installed.serves(2)


def test_enuf_reload_does_the_same_and_says_why_not(installed: Site) -> None:
    installed.write_version(2)
    done = installed.enuf("reload")
    assert done.code == 0, done
    assert installed.serves(2)
    installed.write("app.py", BROKEN)
    done = installed.enuf("reload")
    assert done.code == 7, done
    assert "a broken version" in done.err
    assert installed.serves(2)

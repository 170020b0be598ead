"""The reload of an installed site: new code under load without a lost request, broken code refused."""

from __future__ import annotations

import pytest

from .site import BROKEN, Site

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]


def test_reloads_lose_no_request_and_broken_code_is_refused(installed: Site) -> None:
    machine, pid = installed.machine, installed.main_pid()
    by_systemd = ("systemctl", "reload", installed.unit)
    with installed.load() as counted:
        for version in (2, 3):
            installed.write_version(version)
            machine.do(*by_systemd)
            assert installed.serves(version)
        installed.write("app.py", BROKEN)
        assert machine.run(*by_systemd).code != 0
        assert installed.serves(3) and installed.is_active()
        installed.says("a broken version")
        refused = installed.enuf("reload")
        assert refused.code == 7 and "a broken version" in refused.err, refused
        installed.write_version(4)
        assert installed.enuf("reload").code == 0
        assert installed.serves(4)
    (count,) = counted
    assert count.failed == 0, count
    assert set(count.versions) == {"1", "2", "3", "4"}
    assert count.ok > 100, count
    assert installed.main_pid() == pid
    assert machine.unit(installed.unit, "NRestarts") == {"NRestarts": "0"}

"""The ground that the other tests here stand on: a Debian that boots, and nothing left of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.booted import Booted, booted
from tests.support.debian import Layers

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

UNIT = """
[Service]
Type=notify
NotifyAccess=all
DynamicUser=yes
ProtectSystem=strict
PrivateTmp=yes
RuntimeDirectory=probe
ExecStart=/bin/sh -c 'systemd-notify --ready --status="it is ready"; exec sleep infinity'
[Install]
WantedBy=multi-user.target
"""


def test_a_hardened_service_that_tells_when_it_is_ready_starts_again_with_the_machine(
    machine: Booted,
) -> None:
    assert machine.read("/proc/1/comm") == "systemd\n"
    assert "Welcome to nginx" in machine.get("http://127.0.0.1/", "whoever.example").text
    assert machine.do("ls", "/sys/class/net") == "lo\n"
    machine.write("/etc/systemd/system/probe.service", UNIT)
    machine.do("systemctl", "enable", "--now", "probe")
    assert machine.unit("probe", "ActiveState", "StatusText") == {
        "ActiveState": "active",
        "StatusText": "it is ready",
    }
    machine.power_off()
    machine.boot()
    assert machine.unit("probe", "ActiveState")["ActiveState"] == "active"


def test_what_a_machine_writes_is_gone_with_it(layers: Layers) -> None:
    with booted(layers) as first:
        first.write("/etc/of-the-first", "here")
        folder, groups = first.folder, list(Path("/sys/fs/cgroup").glob(f"**/{first.name}"))
        assert groups
        with booted(layers) as second:
            assert second.run("test", "-e", "/etc/of-the-first").code == 1
            assert second.get("http://127.0.0.1/").status == 200
        assert first.get("http://127.0.0.1/").status == 200
    assert not folder.exists()
    assert not [group for group in groups if group.exists()]

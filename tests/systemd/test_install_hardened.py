"""The service of an installed site may do what it must and nothing else."""

from __future__ import annotations

import pytest

from .site import OWNER, Site, as_user

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

MOST_EXPOSED = 20
"""systemd's own measure, times ten: 0 is a locked box, 96 a service without any hardening; nginx's unit has 96."""

CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


def test_systemd_finds_no_fault_with_the_unit(installed: Site) -> None:
    verified = installed.machine.run("systemd-analyze", "verify", f"/etc/systemd/system/{installed.unit}")
    assert (verified.code, verified.out, verified.err) == (0, "", "")


def test_systemd_calls_the_service_well_protected(installed: Site) -> None:
    judged = installed.machine.run(
        *("systemd-analyze", "security", "--no-pager", f"--threshold={MOST_EXPOSED}", installed.unit)
    )
    assert judged.code == 0, judged


def test_every_process_of_the_service_is_its_owners(installed: Site) -> None:
    told = installed.status()
    workers = [worker["pid"] for worker in told["server"]["workers"]]
    for pid in (told["supervisor"]["pid"], told["server"]["pid"], *workers):
        status = installed.machine.read(f"/proc/{pid}/status")
        (uids,) = [line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")]
        assert set(uids) == {installed.machine.do("id", "-u", OWNER).strip()}
        assert "NoNewPrivs:\t1\n" in status
        assert "CapEff:\t0000000000000000\n" in status


def test_nobody_but_nginx_reaches_the_app(installed: Site) -> None:
    machine, socket = installed.machine, installed.status()["paths"]["socket"]
    machine.do("useradd", "mallory")
    tried = machine.run(*as_user("mallory"), "/usr/bin/python3", "-c", CONNECT, socket)
    assert "PermissionError" in tried.err
    machine.do(*as_user("www-data"), "/usr/bin/python3", "-c", CONNECT, socket)
    assert installed.serves()

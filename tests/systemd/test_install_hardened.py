"""The service of an installed site may do what it must and nothing else."""

from __future__ import annotations

import pytest

from tests.support.debian import VENV

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


def test_systemd_finds_no_fault_with_the_unit(standing: Site) -> None:
    verified = standing.machine.run(
        "systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{standing.unit}"
    )
    assert (verified.code, verified.out, verified.err) == (0, "", "")


def test_systemd_calls_the_service_well_protected(standing: Site) -> None:
    judged = standing.machine.run(
        *("systemd-analyze", "security", "--no-pager", f"--threshold={MOST_EXPOSED}", standing.unit)
    )
    assert judged.code == 0, judged


def test_every_process_of_the_service_is_its_owners(standing: Site) -> None:
    told = standing.status()
    workers = [worker["pid"] for worker in told["server"]["workers"]]
    for pid in (told["supervisor"]["pid"], told["server"]["pid"], *workers):
        status = standing.machine.read(f"/proc/{pid}/status")
        (uids,) = [line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")]
        assert set(uids) == {standing.machine.do("id", "-u", OWNER).strip()}
        assert "NoNewPrivs:\t1\n" in status
        assert "CapEff:\t0000000000000000\n" in status


def test_nobody_but_nginx_reaches_the_app(standing: Site) -> None:
    machine, socket = standing.machine, standing.status()["paths"]["socket"]
    tried = machine.run(*as_user("mallory"), "/usr/bin/python3", "-c", CONNECT, socket)
    assert "PermissionError" in tried.err
    machine.do(*as_user("www-data"), "/usr/bin/python3", "-c", CONNECT, socket)
    assert standing.serves()


def test_what_the_app_may_write_never_covers_code_and_roots_own_lines_are_roots(installed: Site) -> None:
    machine, project, own = installed.machine, installed.project, "/etc/enuf/shop/server.conf"
    machine.do(*as_user(OWNER), "python3", "-m", "venv", "--without-pip", f"{project}/.venv")
    (site,) = machine.do("sh", "-c", f"echo {VENV}/lib/python*/site-packages").split()
    minor = site.split("/")[-2]
    installed.write(f".venv/lib/{minor}/site-packages/ours.pth", f"import site; site.addsitedir({site!r})\n")
    machine.do("mkdir", "/mnt/again")
    machine.do("mount", "--bind", project, "/mnt/again")
    machine.do("ln", "-s", project, "/srv/link")
    machine.write(own, "add_header X-Root yes always;\n")
    installed.install("--writable", "/srv/link", "--writable", "/mnt/again")

    in_service = ("nsenter", f"--target={installed.main_pid()}", "--mount", "--", *as_user(OWNER))
    for name in ("/srv/link", "/mnt/again"):
        machine.do(*in_service, "touch", f"{name}/written")
        for words in (("touch", f"{name}/.venv/planted.pth"), ("mv", f"{name}/.venv", f"{name}/moved")):
            assert machine.run(*in_service, *words).code != 0, words
    assert installed.get().headers["X-Root"] == "yes"

    machine.do("chown", OWNER, own)
    refused = installed.enuf("install")
    assert refused.code == 9 and f"sudo chown root: {own}" in refused.err
    machine.do("rm", own)
    machine.do("nginx", "-t", "-q")
    hint = machine.run(*as_user("games"), "enuf", "--project", project, "status").err
    assert f"belongs to {OWNER}" in hint and f"sudo {VENV}/bin/enuf" in hint

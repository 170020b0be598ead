"""What systemd holds for a site while its service is away, and the script that leads nginx there and back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.install.change import MakeLink, WriteFile
from enuf.install.services.base import ServiceRequest
from enuf.install.services.systemd import SystemdFormat
from enuf.install.services.systemd_changes import must_restart
from enuf.install.services.systemd_unit import unit_text
from enuf.model.plan import Plan
from enuf.syntax.unit import read_unit
from tests.support.by_hand import executable
from tests.support.parts import plan, settings
from tests.unit.install.test_site_file import site_plan
from tests.unit.install.test_systemd_unit import request as unit_request


def held_request(**differences: object) -> ServiceRequest:
    made = unit_request(**differences)
    return replace(made, site=replace(made.site, waits_at=made.site.waiting_link))


def socket_files() -> dict[str, WriteFile | MakeLink]:
    return {file.path: file for file in SystemdFormat().files(held_request()).sockets}


def held_plan(topology: str) -> Plan:
    site = site_plan().site
    assert site
    wishes = {"serve.hosts": ["shop.example"], "serve.listen": "0.0.0.0:80", "topology": topology}
    return plan(wishes, site=replace(site, waits_at=site.waiting_link))


def test_nginx_alone_may_connect_and_the_sockets_open_with_the_machine() -> None:
    files = socket_files()
    unit = files["/etc/systemd/system/enuf-shop.socket"]
    assert isinstance(unit, WriteFile)
    read = read_unit(unit.text, "enuf-shop.socket")
    assert [each.value for each in read.all("ListenStream", "Socket")] == [
        "/run/enuf-shop-sockets/1.sock",
        "/run/enuf-shop-sockets/2.sock",
    ]
    assert read.value("SocketUser", "Socket") == "www-data" and read.value("SocketMode", "Socket") == "0600"
    link = files["/etc/systemd/system/sockets.target.wants/enuf-shop.socket"]
    assert link == MakeLink(link.path, unit.path)


def test_a_service_without_sockets_has_no_line_about_them() -> None:
    assert "socket" not in unit_text(unit_request()).replace("Its sockets; the x is", "")
    assert read_unit(unit_text(held_request()), "u").value("Requires", "Unit") == "enuf-shop.socket"


class Entrance:
    """The folder that nginx connects to, and the script of the site with a systemctl that answers as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "entrance"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        script = socket_files()["/var/lib/enuf/sites/shop.sh"]
        assert isinstance(script, WriteFile)
        self.script = folder / "script"
        self.script.write_text(script.text.replace("/run/enuf-shop-sockets", str(self.folder)))
        self.folder.mkdir()
        self.bin.mkdir()
        (self.folder / "waiting.sock").symlink_to("1.sock")

    def run(
        self, step: str, *, result: str = "success", status: str = "TERM", job: str = "", restarts: int = 0
    ) -> None:
        answer = f'case $1 in list-jobs) echo "{job}";; show) echo {restarts};; *) echo "$@" >> {self.calls};; esac'
        executable(self.bin / "systemctl", f"#!/bin/sh\n{answer}\n")
        words = {"PATH": f"{self.bin}:{os.environ['PATH']}", "SERVICE_RESULT": result, "EXIT_STATUS": status}
        subprocess.run(["sh", str(self.script), step], env=words, check=True, timeout=60)

    @property
    def leads_to(self) -> str:
        link = self.folder / "app.sock"
        return str(link.readlink()) if link.is_symlink() else ""

    @property
    def waits_at(self) -> str:
        return str((self.folder / "waiting.sock").readlink())

    @property
    def is_closed(self) -> bool:
        return self.calls.exists() and "stop --no-block enuf-shop.socket" in self.calls.read_text()


@pytest.fixture
def entrance(tmp_path: Path) -> Entrance:
    made = Entrance(tmp_path)
    made.run("wait")
    return made


APP = "/run/enuf-shop/app.sock"


def test_the_app_keeps_the_socket_where_requests_waited_and_the_next_ones_wait_at_the_other(
    entrance: Entrance,
) -> None:
    assert (entrance.leads_to, entrance.waits_at) == ("waiting.sock", "1.sock")
    entrance.run("serve")
    assert (entrance.leads_to, entrance.waits_at) == (APP, "2.sock")
    entrance.run("wait")
    entrance.run("ended", job="7 enuf-shop.service restart running")
    assert (entrance.leads_to, entrance.waits_at) == ("waiting.sock", "2.sock")
    entrance.run("serve")
    assert (entrance.leads_to, entrance.waits_at) == (APP, "1.sock")
    assert not entrance.is_closed


@pytest.mark.parametrize(("result", "status", "job"), [
    ("success", "TERM", "7 enuf-shop.service stop running"),
    ("timeout", "KILL", "7 enuf-shop.service stop running"),
    ("success", "0", ""),
])  # fmt: skip
def test_the_sockets_close_when_the_service_does_not_come_back(
    entrance: Entrance, result: str, status: str, job: str
) -> None:
    entrance.run("serve")
    entrance.run("ended", result=result, status=status, job=job)
    assert entrance.is_closed


@pytest.mark.parametrize(("status", "job"), [("4", ""), ("9", "7 enuf-shop.service start running")])
def test_nobody_waits_for_a_service_that_only_a_change_helps(
    entrance: Entrance, status: str, job: str
) -> None:
    entrance.run("serve")
    entrance.run("ended", result="exit-code", status=status, job=job)
    assert entrance.leads_to == "" and not entrance.is_closed


def test_requests_wait_for_a_service_that_comes_back_but_not_for_one_that_fails_again_and_again(
    entrance: Entrance,
) -> None:
    entrance.run("serve")
    entrance.run("ended", result="signal", status="KILL", restarts=9)
    assert entrance.leads_to == "waiting.sock"
    entrance.run("ended", result="exit-code", status="5", restarts=1)
    assert entrance.leads_to == "waiting.sock"
    entrance.run("ended", result="exit-code", status="5", restarts=3)
    assert entrance.leads_to == ""
    entrance.run("ended", result="exit-code", status="5", restarts=4)
    assert entrance.leads_to == "" and not entrance.is_closed
    entrance.run("serve")
    assert entrance.leads_to == APP


def test_the_script_does_nothing_once_the_sockets_are_closed(entrance: Entrance) -> None:
    shutil.rmtree(entrance.folder)
    entrance.run("ended")
    assert not entrance.is_closed


@pytest.mark.parametrize(("wish", "restart"), [
    ({"serve.timeout": "99s", "reload.wait": "77s"}, False),
    ({}, False),
    ({"tls.mode": "acme", "tls.email": "a@b.example"}, True),
])  # fmt: skip
def test_a_unit_is_restarted_only_for_what_systemd_cannot_take_over(
    wish: dict[str, str], restart: bool
) -> None:
    before = unit_text(held_request())
    assert must_restart(before, unit_text(held_request(settings=settings(wish)))) is restart


def test_comments_and_the_install_section_need_no_restart_and_the_account_does() -> None:
    before = unit_text(held_request())
    assert not must_restart(before, f"# another comment\n{before}Alias=shop.service\n")
    assert must_restart(before, before.replace("\nUser=", "\nUser=not"))
    assert must_restart(unit_text(unit_request()), before)


@pytest.mark.parametrize(
    ("topology", "name"), [("nginx-uwsgi", "uwsgi.ini"), ("nginx-gunicorn", "gunicorn.conf.py")]
)
def test_the_server_also_takes_what_has_waited_and_nginx_connects_to_the_links(
    topology: str, name: str
) -> None:
    made = held_plan(topology)
    texts = {file.name: file.text for file in made.files}
    assert "ENUF_WAITING_FD" in texts[name]
    assert "server unix:/run/enuf-shop-sockets/app.sock " in texts["enuf-shop.conf"]
    assert [lend.variable for lend in made.server.process.lends if lend.is_handed_over] == ["ENUF_WAITING_FD"]

"""What an install makes of a service: the least that puts its new files in force, and a word before requests are lost."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from enuf.install.plan_service import ServiceSteps, service_steps
from enuf.install.services.base import ServiceFiles
from enuf.install.services.systemd import SystemdFormat
from enuf.install.tree import HostTree
from enuf.model.site import Installed
from tests.unit.install.test_site_file import site_plan
from tests.unit.install.test_socket_unit import held_request

UNIT, SOCKET = "/etc/systemd/system/enuf-shop.service", "/etc/systemd/system/enuf-shop.socket"
SITE = "/etc/nginx/sites-available/enuf-shop"
RECORD = "/var/lib/enuf/sites/shop.json"


class Host:
    """A host with the files of an installed site; it says of these units that they run."""

    def __init__(self, root: Path, *active: str) -> None:
        self.files: ServiceFiles = SystemdFormat().files(held_request())
        self.root, self.active = root, active
        site = held_request().site
        self.record = Installed(site=site, project="/srv/shop", target=None, flags={}, user="shop")

    def steps(
        self, pending: Collection[str], now: str = "", before: str = "", *, old: Installed | None = None
    ) -> ServiceSteps:
        """Return the steps, with `before` on the disk where the new files have `now`."""
        for file in (self.files.definition, *self.files.sockets):
            place = self.root / file.path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            text = getattr(file, "text", "")
            place.write_text(text.replace(now, before) if now else text)
        services = SimpleNamespace(
            is_live=True, format=SystemdFormat(), is_active=lambda unit: unit in self.active
        )
        host: Any = SimpleNamespace(servers=SimpleNamespace(services=services), tree=HostTree(self.root))
        request: Any = SimpleNamespace(old=old or self.record)
        changes: Any = SimpleNamespace(record=self.record, service=self.files)
        return service_steps(request, host, site_plan(), changes, pending)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path, "enuf-shop.service", "enuf-shop.socket")


def test_a_service_that_does_not_run_is_started_after_its_sockets(tmp_path: Path) -> None:
    assert Host(tmp_path).steps([UNIT]) == ServiceSteps(action="start", sockets="open")


def test_a_running_service_without_sockets_is_stopped_for_them_and_that_is_said(tmp_path: Path) -> None:
    steps = Host(tmp_path, "enuf-shop.service").steps([UNIT, SOCKET])
    assert (steps.action, steps.sockets) == ("start", "reopen") and "restarted once" in steps.cut


def test_a_longer_time_to_stop_alone_changes_nothing_that_runs(host: Host) -> None:
    assert host.steps([UNIT, RECORD], "TimeoutStopSec=", "TimeoutStopSec=9") == ServiceSteps()
    assert host.steps([UNIT, RECORD], "# ", "# other ") == ServiceSteps()


def test_a_change_of_the_site_or_of_what_was_said_is_a_reload(host: Host) -> None:
    assert host.steps([SITE, UNIT, RECORD], "TimeoutStopSec=", "TimeoutStopSec=9") == ServiceSteps(
        action="reload"
    )
    said = replace(host.record, flags={"serve.threads": ("--threads", "3")})
    assert host.steps([RECORD], old=said) == ServiceSteps(action="reload")


def test_other_rights_are_a_restart_during_which_requests_wait(host: Host) -> None:
    assert host.steps([UNIT, RECORD], "ProtectSystem=strict", "ProtectSystem=full") == ServiceSteps(
        action="restart"
    )


def test_sockets_for_another_user_are_opened_anew_and_that_is_said(host: Host) -> None:
    steps = host.steps([SOCKET, RECORD], "SocketUser=www-data", "SocketUser=nginx")
    assert (steps.action, steps.sockets) == ("start", "reopen") and steps.cut
    assert host.steps([SOCKET, RECORD], "# ", "# other ") == ServiceSteps()

"""An install asks its service manager for files and words: another manager is another file, and no other change."""

from __future__ import annotations

import pytest

from enuf.install.change import MakeLink, WriteFile
from enuf.install.nginx_layout import SiteLayout
from enuf.install.services.base import ServiceFiles, ServiceFormat, ServiceRequest, ServiceUser
from enuf.install.services.offline import OfflineImage
from enuf.install.services.systemd import SystemdFormat
from enuf.install.site_changes import (
    FailureTexts,
    LogOwner,
    SiteChanges,
    SiteTexts,
    edited_error,
    removal_changes,
    site_changes,
)
from enuf.install.tree import PathState
from enuf.model.service_commands import ServiceCommands
from enuf.model.site import Installed
from tests.support.parts import settings
from tests.unit.install.test_site_file import site_plan


class OpenRc:
    """A service manager with scripts in /etc/init.d."""

    name = "openrc"
    folders = ("/etc/init.d", "/etc/runlevels/default")
    private_logs = private_state = ""
    holds_sockets = False
    commands = ServiceCommands(
        control_template="rc-service {service} {action}",
        log_template="less /var/log/{service}.log",
        override_template="$EDITOR /etc/conf.d/{service}",
    )

    def override_folder(self, service: str) -> str:
        return f"/etc/conf.d/{service}"

    def must_restart(self, before: str, after: str) -> bool:
        return before != after

    def certificate_files(self, request: ServiceRequest) -> tuple[WriteFile | MakeLink, ...]:
        command = f"#!/bin/sh\nexec {request.site.certificate_script}\n"
        return (WriteFile(f"/etc/periodic/15min/{request.site.full_name}-cert", command, 0o755),)

    def failure_files(self, request: ServiceRequest, *, alerts: bool) -> tuple[WriteFile, ...]:
        return ()

    def files(self, request: ServiceRequest) -> ServiceFiles:
        name = request.site.full_name
        script = WriteFile(
            f"{self.folders[0]}/{name}", f"#!/sbin/openrc-run\ncommand={request.enuf[0]}\n", 0o755
        )
        return ServiceFiles(definition=script, links=(MakeLink(f"{self.folders[1]}/{name}", script.path),))


def changes_by(services: ServiceFormat) -> SiteChanges:
    plan = site_plan()
    assert plan.site
    request = ServiceRequest(
        plan=plan, settings=settings(), site=plan.site, user=ServiceUser(name="shop"), enuf=("/usr/bin/enuf",)
    )
    record = Installed(site=plan.site, project="/srv/shop", target=None, flags={}, user="shop")
    failure = FailureTexts(files=services.failure_files(request, alerts=False))
    texts = SiteTexts(site="server {}\n", rotation="", service=services.files(request), failure=failure)
    layout = SiteLayout(folder="/etc/nginx/conf.d")
    return site_changes(record, texts, layout, LogOwner(None, None), _no_path)


def _no_path(path: str, *, with_content: bool = True) -> PathState:
    del path, with_content
    return PathState()


@pytest.mark.parametrize(("services", "files"), [
    (OpenRc(), ["/etc/init.d/enuf-shop", "/etc/runlevels/default/enuf-shop"]),
    (SystemdFormat(), [
        "/etc/systemd/system/enuf-shop.service", "/etc/systemd/system/multi-user.target.wants/enuf-shop.service",
        "/etc/systemd/system/enuf-shop-failed.service",
    ]),
])  # fmt: skip
def test_the_files_of_a_service_are_those_of_its_manager(services: ServiceFormat, files: list[str]) -> None:
    made = changes_by(services)
    assert [file.path for file in made.record.files] == ["/etc/nginx/conf.d/enuf-shop.conf", *files]
    assert made.service.definition.path == files[0]
    first, rest = removal_changes(made.record, services)
    assert [change.path for change in first] == ["/etc/nginx/conf.d/enuf-shop.conf"]
    assert [change.path for change in rest][: len(files)] == [*reversed(files)]


def test_a_hint_shows_the_commands_of_the_manager() -> None:
    made, services = changes_by(OpenRc()), OpenRc()
    error = edited_error(["/etc/init.d/enuf-shop"], made.record, services, "uninstall")
    assert "`$EDITOR /etc/conf.d/enuf-shop.service`" in error.hint
    assert "systemctl" not in error.hint


def test_an_image_has_the_files_of_a_manager_and_runs_no_service() -> None:
    image = OfflineImage(OpenRc())
    image.control("start", "enuf-shop")
    image.reload_definitions()
    assert image.format.name == "openrc" and not image.is_live and not image.is_active("enuf-shop")

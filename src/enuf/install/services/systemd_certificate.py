"""The timer and the service of systemd that take a renewed certificate, or order one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.install.change import MakeLink, WriteFile
from enuf.install.services.base import ServiceRequest
from enuf.install.services.systemd_described import described
from enuf.install.services.systemd_unit import account, confined
from enuf.model.site import Site
from enuf.syntax.unit_print import Line, Section, command, to_text

_HEADER = """\
Looks whether the certificate of the site {name} has been renewed, and lets the host's nginx take it.
Written by `enuf install`; `enuf uninstall` removes it. At once: systemctl start {unit}"""
FIRST, EVERY = "2min", "10min"


def certificate_units(request: ServiceRequest, folder: str) -> tuple[WriteFile | MakeLink, ...]:
    """Return the service, its timer, and the link that starts the timer at boot."""
    site = request.site
    header = _HEADER.format(name=site.name, unit=site.certificate_unit)
    is_ordered = request.settings.tls.mode == "acme"
    own = _ordering(request) if is_ordered else _taking(site)
    service = (
        Section(
            "Unit",
            (
                *described(f"enuf site {site.name}: its certificate (enuf status {site.name})", "enuf-cert"),
                Line("After", "network-online.target nginx.service"),
            ),
        ),
        Section("Service", (Line("Type", "oneshot"), *own, *_QUIET)),
    )
    timer = (
        Section("Unit", described(f"enuf site {site.name}: looks after its certificate", "enuf-cert")),
        Section("Timer", (Line("OnActiveSec", FIRST), Line("OnUnitActiveSec", EVERY), Line("AccuracySec", "1min"))),
        Section("Install", (Line("WantedBy", "timers.target"),)),
    )  # fmt: skip
    timer_path = f"{folder}/{site.certificate_timer}"
    return (
        WriteFile(f"{folder}/{site.certificate_unit}", to_text(service, header)),
        WriteFile(timer_path, to_text(timer, header)),
        MakeLink(f"{folder}/timers.target.wants/{site.certificate_timer}", timer_path),
    )


_QUIET = (
    Line("SyslogLevel", "notice"),
    Line("LogLevelMax", "notice", "What is said, and not that it was started, every ten minutes."),
)
_AS_ROOT = "Root alone may tell nginx: a script of root's, and no code of the project."


def _script(site: Site) -> str:
    return command(("/bin/sh", site.certificate_script))


def _taking(site: Site) -> Iterable[Line]:
    return (
        Line("ExecStart", _script(site), _AS_ROOT),
        Line("TimeoutStartSec", "2min"),
        Line("NoNewPrivileges", "yes"),
        Line("PrivateDevices", "yes"),
        Line("ProtectKernelModules", "yes"),
        Line("ProtectKernelTunables", "yes"),
        Line("ProtectControlGroups", "yes"),
    )


def _ordering(request: ServiceRequest) -> Iterable[Line]:
    site, (python, *_) = request.site, request.enuf
    engine = command((python, "-P", "-m", "enuf.start.site_order", site.name))
    return (
        Line("ExecStart", engine, "Talks with the authority if there is something to do, without any right of root."),
        Line("ExecStart", f"+{_script(site)}", _AS_ROOT),
        Line("TimeoutStartSec", "6min"),
        *account(request.user, f"{site.full_name}-cert"),
        Line("Environment", "LANG=C.UTF-8"),
        Line("UMask", "0022"),
        Line("StateDirectory", site.orders.rpartition("/")[2], "The account with the authority, and the key of the certificate."),
        Line("StateDirectoryMode", "0700"),
        Line("RuntimeDirectory", site.webroot.rpartition("/")[2], "The authority's challenges, for nginx."),
        Line("RuntimeDirectoryMode", "0755"),
        *confined(request),
    )  # fmt: skip

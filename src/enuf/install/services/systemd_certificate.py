"""The timer and the service of systemd that look for a renewed certificate. Pure."""

from __future__ import annotations

from enuf.install.change import MakeLink, WriteFile
from enuf.model.site import Site
from enuf.syntax.unit_print import Line, Section, command, literal, to_text

_HEADER = """\
Looks whether the certificate of the site {name} has been renewed, and lets the host's nginx take it.
Written by `enuf install`; `enuf uninstall` removes it. At once: systemctl start {unit}"""
EVERY = "10min"


def certificate_units(site: Site, folder: str) -> tuple[WriteFile | MakeLink, ...]:
    """Return the service, its timer, and the link that starts the timer at boot."""
    header = _HEADER.format(name=site.name, unit=site.certificate_unit)
    service = (
        Section("Unit", (Line("Description", literal(f"{site.name}: takes a renewed certificate")),)),
        Section("Service", _service(site)),
    )
    timer = (
        Section("Unit", (Line("Description", literal(f"{site.name}: looks for a renewed certificate")),)),
        Section("Timer", (Line("OnActiveSec", EVERY), Line("OnUnitActiveSec", EVERY), Line("AccuracySec", "1min"))),
        Section("Install", (Line("WantedBy", "timers.target"),)),
    )  # fmt: skip
    timer_path = f"{folder}/{site.certificate_timer}"
    return (
        WriteFile(f"{folder}/{site.certificate_unit}", to_text(service, header)),
        WriteFile(timer_path, to_text(timer, header)),
        MakeLink(f"{folder}/timers.target.wants/{site.certificate_timer}", timer_path),
    )


def _service(site: Site) -> tuple[Line, ...]:
    script = command(("/bin/sh", site.certificate_script))
    return (
        Line("Type", "oneshot"),
        Line("ExecStart", script, "As root, who alone may tell nginx; a script of root's, and no code of the project."),
        Line("TimeoutStartSec", "2min"),
        Line("SyslogLevel", "notice"),
        Line("LogLevelMax", "notice", "What the script says, and not that it was started, every ten minutes."),
        Line("NoNewPrivileges", "yes"),
        Line("PrivateDevices", "yes"),
        Line("ProtectKernelModules", "yes"),
        Line("ProtectKernelTunables", "yes"),
        Line("ProtectControlGroups", "yes"),
    )  # fmt: skip

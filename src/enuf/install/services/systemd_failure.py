"""The services of systemd that run while a site has failed: one tries it again, one tells of it. Pure."""

from __future__ import annotations

from enuf.install.change import WriteFile
from enuf.install.failure_script import ABOUT
from enuf.install.services.base import ServiceRequest
from enuf.install.services.systemd_described import described
from enuf.install.services.systemd_unit import account, confined, writable_paths
from enuf.model.site import Site
from enuf.syntax.unit_print import Line, Section, command, to_text, word

_HEADER = """\
{what}
Written by `enuf install`; `enuf uninstall` removes it."""
_RETRIES = "Tries the site {name} again while it has failed, with growing pauses. Stop the site to stop this: systemctl stop {unit}"
_TELLS = "Tells that the site {name} has failed, or serves again: the command and the webhook of [alert] in enuf.toml."
_HOST_PYTHON = "/usr/bin/python3"
_CHOOSE = '[ -x "$1" ] && exec "$1" -I "$3" "$4"; exec "$2" -I "$3" "$4"'


def failure_units(request: ServiceRequest, folder: str, *, alerts: bool) -> tuple[WriteFile, ...]:
    """Return the service that tries the failed site again, and with `alerts` the one that tells of it."""
    site = request.site
    retries = WriteFile(f"{folder}/{site.failed_unit}", _retries(site))
    return (retries, WriteFile(f"{folder}/{site.alert_template}", _tells(request))) if alerts else (retries,)


def _retries(site: Site) -> str:
    service = (
        Line("Type", "exec"),
        Line("ExecStart", command(("/bin/sh", site.failed_script)), "Root alone may start a service: a script of root's."),
        Line("RuntimeDirectory", site.failed_folder.rpartition("/")[2]),
        Line("RuntimeDirectoryPreserve", "yes", "Each failed start stops this, too: the figures outlive that."),
        Line("NoNewPrivileges", "yes"),
        Line("ProtectSystem", "strict"),
        Line("ProtectHome", "yes"),
        Line("PrivateTmp", "yes"),
        Line("PrivateDevices", "yes"),
        Line("ProtectKernelModules", "yes"),
        Line("ProtectKernelTunables", "yes"),
        Line("ProtectControlGroups", "yes"),
        Line("RestrictAddressFamilies", "AF_UNIX"),
    )  # fmt: skip
    sections = (
        Section(
            "Unit",
            described(
                f"enuf site {site.name}: tried again after a failure (enuf status {site.name})", "enuf-status"
            ),
        ),
        Section("Service", service),
    )
    what = _RETRIES.format(name=site.name, unit=site.unit)
    return to_text(sections, _HEADER.format(what=what))


def _tells(request: ServiceRequest) -> str:
    site, (python, *_) = request.site, request.enuf
    chosen = command(("/bin/sh", "-c", _CHOOSE, "sh", python, _HOST_PYTHON, site.alert_program))
    service = (
        Line("Type", "oneshot"),
        Line(
            "ExecStart",
            f"{chosen} %i",
            "After an upgrade of Python the site's own may be gone: then the host's.",
        ),
        Line("LoadCredential", f"alert:{site.alert_settings}"),
        Line("EnvironmentFile", f"-{site.failed_folder}/{ABOUT}"),
        Line("Environment", word(f"ENUF_SITE={site.name}")),
        Line("Environment", word(f"ENUF_URL={request.plan.url}")),
        Line("Environment", word(f"ENUF_UNIT={site.unit}")),
        Line("Environment", "LANG=C.UTF-8"),
        Line("TimeoutStartSec", "2min"),
        Line("MemoryMax", "256M"),
        Line("TasksMax", "64"),
        *account(request.user, request.user.name),
        *writable_paths(request),
        *confined(request),
    )
    sections = (
        Section("Unit", described(f"enuf site {site.name}: tells that it has failed, or serves again", "enuf-status")),
        Section("Service", service),
    )  # fmt: skip
    return to_text(sections, _HEADER.format(what=_TELLS.format(name=site.name)))

"""The certificate of an installed site, for `enuf cert`."""

from __future__ import annotations

from pathlib import Path

from enuf.errors import NotRunning, SettingsInvalid
from enuf.model.site import Installed
from enuf.start.cert_place import CertPlace, certificates_of_site
from enuf.system.sites import installed_sites, site_of


def place_of_site(action: str, name: str | None, project: Path) -> CertPlace | None:
    """Return the certificates of the installed site of this name, else of the project's; None where none is meant.

    Raise NotRunning for an unknown name, and SettingsInvalid for an action that a site takes by itself.
    """
    record = _named(name) if name else site_of(project)
    if record is None or (record.tls is None and not name):
        return None
    if action != "status":
        unit = record.site.certificate_unit
        raise SettingsInvalid(
            f"enuf cert {action} is not for the installed site {record.site.name}: a timer takes its renewed certificate",
            f"at once: sudo systemctl start {unit}",
        )
    return certificates_of_site(record)


def _named(name: str) -> Installed:
    sites = installed_sites()
    record = next((each for each in sites if each.site.name == name), None)
    if record is None:
        known = ", ".join(each.site.name for each in sites)
        raise NotRunning(
            f"no site {name} is installed",
            f"installed are: {known}" if known else "install one: enuf install",
            slug="not-installed",
        )
    return record

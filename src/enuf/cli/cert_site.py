"""The certificate of an installed site, for `enuf cert`."""

from __future__ import annotations

from pathlib import Path

from enuf.errors import AnswerIsNo, NotRunning, SettingsInvalid
from enuf.install.ordering import order_certificate
from enuf.install.target_host import servers_of_this_host
from enuf.install.tree import HostTree
from enuf.model.site import Installed
from enuf.start.cert_place import CertPlace, certificates_of_site
from enuf.system.own_command import refuse_without_root
from enuf.system.sites import installed_sites, site_of


def place_of_site(name: str | None, project: Path, *, renew: bool, force: bool) -> CertPlace | None:
    """Return the certificates of the installed site of this name, else of the project's; None where none is meant.

    With `renew`, one that an authority issues is ordered first. Raise NotRunning for an unknown name, and AnswerIsNo for
    an order that failed.
    """
    record = _named(name) if name else site_of(project)
    if record is None or (record.tls is None and not name):
        return None
    if renew and record.tls and record.tls.mode == "acme":
        _order(record, force=force)
    elif renew:
        raise SettingsInvalid(
            f"enuf does not issue the certificate of the site {record.site.name}: a timer takes a renewed one",
            f"at once: sudo systemctl start {record.site.certificate_unit}",
        )
    return certificates_of_site(record)


def _order(record: Installed, *, force: bool) -> None:
    """Let the site's service order a certificate now. Raise AnswerIsNo where that failed."""
    refuse_without_root("let the host's nginx take a certificate")
    problem = order_certificate(record.site, servers_of_this_host().services, HostTree(), force=force)
    if problem:
        raise AnswerIsNo(problem, f"the journal says more: journalctl -u {record.site.certificate_unit}")


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

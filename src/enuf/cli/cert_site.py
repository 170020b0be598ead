"""The certificate of an installed site, for `enuf cert`."""

from __future__ import annotations

from pathlib import Path

from enuf.cli.site_names import asked_site
from enuf.errors import AnswerIsNo, NotRunning, SettingsInvalid
from enuf.install.ordering import order_certificate
from enuf.install.target_host import servers_of_this_host
from enuf.install.tree import HostTree
from enuf.model.site import Installed
from enuf.start.cert_place import CertPlace, certificates_of_site
from enuf.system.own_command import refuse_without_root
from enuf.system.sites import site_of


def place_of_named_site(name: str, *, renew: bool, force: bool) -> CertPlace:
    """Return the certificates of the installed site of this name. Raise NotRunning for an unknown name.

    With `renew`, one that an authority issues is ordered first: raise AnswerIsNo for an order that failed.
    """
    return _place(_named(name), renew=renew, force=force)


def place_of_site(project: Path, *, renew: bool, force: bool) -> CertPlace | None:
    """Return the certificates of the project's installed site as `place_of_named_site` does; None for one without HTTPS."""
    record = site_of(project)
    return _place(record, renew=renew, force=force) if record and record.tls else None


def _place(record: Installed, *, renew: bool, force: bool) -> CertPlace:
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
    site = asked_site(name)
    if site.record is None:
        raise NotRunning(
            f"the record of the site {name} cannot be understood", "a newer enuf wrote it: use that version"
        )
    return site.record

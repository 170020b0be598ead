"""The certificate of a site: read with the right user's rights, and checked before the host is changed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from enuf.errors import PrivilegeNeeded, SettingsInvalid
from enuf.install.certificate_script import CertificateJob, joined_pair, script_text
from enuf.install.services.base import ServiceRequest
from enuf.install.site_changes import CertificateTexts
from enuf.install.target_host import TargetHost
from enuf.model.certificate import Certificate
from enuf.model.site import Site, SiteTls
from enuf.settings.load import Loaded
from enuf.start.acme import refuse_missing_library, request_of
from enuf.start.certificate import pair_files
from enuf.start.invocation import Invocation
from enuf.start.root_key import chosen_by_others
from enuf.system.switch_user import acting_as
from enuf.system.user import User, user_of


class SiteCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A checked pair, and where it comes from."""

    tls: SiteTls
    pair: str
    """The text that nginx reads."""
    leaf: bytes
    """The certificate that a TLS client must get, in DER."""
    facts: Certificate
    owner: str = ""
    """`uid:gid` of the user with whose rights the files were read; empty for root."""
    warnings: tuple[str, ...] = ()

    def texts(self, service: ServiceRequest, host: TargetHost) -> CertificateTexts:
        """Return the files by which the host has the certificate and keeps it up to date."""
        job = CertificateJob(site=service.site, tls=self.tls, owner=self.owner)
        units = host.servers.services.format.certificate_files(service)
        stands_in = self.facts.is_stand_in
        return CertificateTexts(pair=self.pair, is_stand_in=stands_in, script=script_text(job), units=units)


def site_certificate(
    invocation: Invocation, loaded: Loaded, site: Site, host: TargetHost
) -> SiteCertificate | None:
    """Return the checked certificate of the site; None for a site without HTTPS. Raise EnufError."""
    match loaded.settings.tls.mode:
        case "files":
            return _from_files(invocation, loaded, host)
        case "acme":
            return _ordered(Path(invocation.project), loaded, site, host)
        case _:
            return None


def _ordered(project: Path, loaded: Loaded, site: Site, host: TargetHost) -> SiteCertificate:
    """Return the certificate that the host has, or a stand-in until an authority has issued one.

    One that does not cover a new name serves on until then.
    """
    refuse_missing_library()
    from enuf.tls.acme.stand_in import stand_in
    from enuf.tls.names import uncovered
    from enuf.tls.pair import Named, checked_pair

    names, named = request_of(project, loaded.settings, "").names, Named(site.certificate, site.certificate)
    contents = _parts(host.tree.state(site.certificate).content.decode("ascii", "replace"))
    try:
        checked = checked_pair(*contents, named)
    except SettingsInvalid:
        checked = None
    if checked is None or (checked.facts.is_stand_in and uncovered(names, checked.facts.names)):
        contents = stand_in(names)
        checked = checked_pair(*contents, named)
    pair = f"{site.orders}/pair"
    return SiteCertificate(
        tls=SiteTls(mode="acme", certificate=f"{pair}/site.pem", key=f"{pair}/site.key", names=names),
        pair=joined_pair(*contents),
        leaf=checked.leaf,
        facts=checked.facts,
    )


def _parts(pair: str) -> tuple[bytes, bytes]:
    """Return the certificates and the key of a text that the script has written from two files."""
    certificates, begin, key = pair.rpartition("\n\n")
    return f"{certificates}\n".encode() if begin else b"", key.encode()


def _from_files(invocation: Invocation, loaded: Loaded, host: TargetHost) -> SiteCertificate:
    """Return the checked certificate of the operator's own files.

    They are read with root's rights only where root alone could choose and change them. Raise EnufError.
    """
    from enuf.tls.source import PairSource, open_key_note

    project = Path(invocation.project)
    certificate, key = pair_files(project, loaded.settings)
    names = loaded.settings.certificate_hosts
    tls = SiteTls(mode="files", certificate=certificate, key=key, names=names)
    here = (str(host.tree.local_path(path)) for path in (certificate, key))
    source = PairSource(certificate=next(here), key=next(here), hosts=names)
    reader = _reader(invocation, loaded)
    with acting_as(reader):
        contents = source.contents()
    checked = source.check(contents)
    try:
        pair = joined_pair(*contents)
    except UnicodeDecodeError:
        raise SettingsInvalid(
            f"tls.certificate: {certificate} or {key} holds bytes that are no text",
            "name files in PEM form",
            slug="certificate-unusable",
        ) from None
    return SiteCertificate(
        tls=tls,
        pair=pair,
        leaf=checked.leaf,
        facts=checked.facts,
        owner=f"{reader.uid}:{reader.gid}" if reader else "",
        warnings=open_key_note(key, source.key),
    )


def _reader(invocation: Invocation, loaded: Loaded) -> User | None:
    """Return the user with the right to change the files, or the settings that name them; None for root alone.

    Raise PrivilegeNeeded where that could be several users.
    """
    foreign = chosen_by_others(invocation, loaded) if os.geteuid() == 0 else None
    if foreign is None:
        return None
    owner = foreign.lstat()
    if owner.st_uid == 0:
        raise PrivilegeNeeded(
            f"root does not read a key that others may have chosen: not only root may write to {foreign}",
            f"chmod go-w {foreign}, or say the paths yourself: --set tls.certificate=… --set tls.key=…",
            slug="setting-chosen-by-others",
        )
    return user_of(owner)

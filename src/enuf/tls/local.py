"""The local certificate authority: made once for a user, and short certificates for the sites of that user.

Whoever trusts the authority is protected by its name constraints: a stolen key signs for names of this machine and of
private networks, and for the names that were asked for, never for a public site.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from enuf.errors import SettingsInvalid
from enuf.model.certificate import Certificate, utc_text
from enuf.system import files
from enuf.tls.limits import constraints, is_local_name
from enuf.tls.making import common_name, for_server, key_pem, new_key, signed_pem, unsigned
from enuf.tls.names import certified
from enuf.tls.pair import certificate_facts, parse_chain

if TYPE_CHECKING:
    from cryptography import x509

CA_DAYS = 3650
LEAF_DAYS = 30
RENEW_DAYS = 10
"""A certificate is renewed by itself when so many days are left."""
ALWAYS = ("localhost", "127.0.0.1", "::1")
NEW_AUTHORITY = "enuf local CA"
"""The issuer of a certificate while the authority is not made yet."""
CA_NAME, CA_KEY = "ca.pem", "ca.key"
SITE_NAME, SITE_KEY = "site.pem", "site.key"


class LocalSite(msgspec.Struct, frozen=True):
    """The files of one site: its certificate and key, and the certificate of the authority."""

    certificate: Path
    key: Path
    ca: Path


def data_folder(spare: Path) -> Path:
    """Return the folder of the user's local authority: below the user's data, or `spare` for a user without a home."""
    wanted = os.environ.get("XDG_DATA_HOME", "")
    data = Path(wanted) if wanted.startswith("/") else Path.home() / ".local" / "share"
    folder = data / "enuf" / "tls"
    return folder if _is_possible(folder) else spare


def _is_possible(folder: Path) -> bool:
    """Return True if the folder exists and is ours, or can be made."""
    for place in (folder, *folder.parents):
        if os.path.lexists(place):
            mine = place != folder or place.stat().st_uid == os.geteuid()
            return mine and os.access(place, os.W_OK | os.X_OK)
    return False


def site_in(folder: Path, names: Sequence[str]) -> LocalSite:
    """Return the places of the files for a site of these names. Create nothing."""
    wanted = certified((*names, *ALWAYS))
    extra = tuple(sorted(name for name in wanted if not is_local_name(name)))
    authority = folder / (f"ca-{_digest(extra)}" if extra else "ca")
    site = authority / f"site-{_digest(sorted(wanted))}"
    return LocalSite(site / SITE_NAME, site / SITE_KEY, authority / CA_NAME)


def issued(folder: Path, names: Sequence[str], *, anew: bool = False) -> LocalSite:
    """Return the files of a site, with a certificate that lasts for at least RENEW_DAYS: made now where there is none.

    Raise SettingsInvalid where the folder cannot be written.
    """
    site, wanted = site_in(folder, names), certified((*names, *ALWAYS))
    try:
        for each in (folder, site.ca.parent, site.certificate.parent):
            each.parent.mkdir(parents=True, exist_ok=True)
            files.private_folder(each)
        with _locked(folder):
            _make_authority(site, wanted)
            if anew or not _lasts(site, wanted):
                _make_certificate(site, wanted)
    except (OSError, ValueError) as error:
        where = getattr(error, "filename", None) or folder
        why = getattr(error, "strerror", None) or error
        raise SettingsInvalid(
            f'tls.mode = "local": {where}: {why}',
            'start enuf as a user with a home folder, or use tls.mode = "files"',
            slug="certificate-unusable",
        ) from None
    return site


def foreseen(folder: Path, names: Sequence[str]) -> tuple[LocalSite, Certificate]:
    """Return the files of a site and the facts of the certificate that `issued` would leave there. No file is created.

    A certificate that is still to be made has no fingerprint yet, nor perhaps an authority.
    """
    site, wanted = site_in(folder, names), certified((*names, *ALWAYS))
    if _lasts(site, wanted) and (found := read_facts(site.certificate)):
        return site, found
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=LEAF_DAYS)
    issuer = certificate_facts(above[0]).issuer if (above := _read_chain(site.ca)) else NEW_AUTHORITY
    return site, Certificate(names=wanted, issuer=issuer, not_after=utc_text(until), fingerprint="")


def read_facts(path: Path) -> Certificate | None:
    """Return the facts of the first certificate in a file; None where there is none."""
    chain = _read_chain(path)
    return certificate_facts(chain[0]) if chain else None


def _read_chain(path: Path) -> list[x509.Certificate]:
    try:
        return parse_chain(files.read_regular(path, follow=False))
    except (OSError, ValueError):
        return []


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time make files: two stacks that start together must share one authority."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lasts(site: LocalSite, wanted: Sequence[str]) -> bool:
    found, above = _read_chain(site.certificate), _read_chain(site.ca)
    if not found or not above or not site.key.is_file():
        return False
    now = dt.datetime.now(dt.UTC)
    if not _is_key_of(site.key, found[0]) or found[0].not_valid_before_utc > now:
        return False
    left = found[0].not_valid_after_utc - now
    is_ours = found[0].issuer == above[0].subject
    return (
        is_ours
        and left > dt.timedelta(days=RENEW_DAYS)
        and set(certificate_facts(found[0]).names) == set(wanted)
    )


def _is_key_of(path: Path, certificate: x509.Certificate) -> bool:
    """Return True if the file holds the private key of this certificate: a killed renewal may leave another."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(files.read_regular(path, follow=False), None)
    except (OSError, ValueError, TypeError):
        return False
    return bool(key.public_key() == certificate.public_key())


def _make_authority(site: LocalSite, wanted: Sequence[str]) -> None:
    """Make the authority where there is none; its key is never replaced while its certificate is there."""
    from cryptography import x509

    folder = site.ca.parent
    chain = _read_chain(site.ca)
    now = dt.datetime.now(dt.UTC)
    is_valid = bool(chain) and chain[0].not_valid_before_utc <= now < chain[0].not_valid_after_utc
    if is_valid and _is_key_of(folder / CA_KEY, chain[0]):
        return
    key = new_key()
    extra = [name for name in wanted if not is_local_name(name)]
    # Visitors see this name: it tells authorities apart, and neither the user nor the machine.
    subject = common_name(f"{NEW_AUTHORITY} {_fingerprint(key)}")
    certificate = (
        unsigned(subject, subject, key, now - dt.timedelta(days=1), now + dt.timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(constraints(extra), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    _write_key(folder / CA_KEY, key)
    _write_certificate(site.ca, certificate, key)


def _make_certificate(site: LocalSite, wanted: Sequence[str]) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    ca = _read_chain(site.ca)[0]
    ca_key: Any = load_pem_private_key(files.read_regular(site.ca.parent / CA_KEY, follow=False), None)
    key, now = new_key(), dt.datetime.now(dt.UTC)
    begin, end = now - dt.timedelta(hours=1), now + dt.timedelta(days=LEAF_DAYS)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    certificate = (
        for_server(unsigned(common_name(wanted[0][:64]), ca.subject, key, begin, end), wanted)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(above, critical=False)
    )
    # The key first: a watcher that meets it beside the old certificate waits until both are there.
    _write_key(site.key, key)
    _write_certificate(site.certificate, certificate, ca_key)


def _usage(*, signs: bool) -> Any:
    from cryptography import x509

    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        decipher_only=False,
        **dict.fromkeys(others, False),
    )


def _write_key(path: Path, key: Any) -> None:
    files.write_whole(path, key_pem(key).decode("ascii"), 0o600)


def _write_certificate(path: Path, certificate: x509.CertificateBuilder, signer: Any) -> None:
    files.write_whole(path, signed_pem(certificate, signer).decode("ascii"), 0o644)


def _fingerprint(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()[:8]

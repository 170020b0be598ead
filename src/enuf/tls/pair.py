"""A certificate with its chain and its private key: parsed, and checked before anything serves them."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from enuf.errors import SettingsInvalid
from enuf.model.certificate import Certificate, utc_text
from enuf.tls.making import key_pem
from enuf.tls.names import uncovered
from enuf.tls.strength import LEAST_RSA_BITS, broken_signature, refused_key

if TYPE_CHECKING:
    from cryptography import x509

_PRIVATE = b"PRIVATE KEY-----"
_BEGIN = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----")


class CertificatePair(msgspec.Struct, frozen=True):
    """A checked pair, as the front reads it."""

    pem: bytes
    """The key, then the certificates: one file, so that no reader can meet a new key beside an old certificate."""
    leaf: bytes
    """The site's own certificate in DER, as a TLS client sees it."""
    facts: Certificate

    def __repr__(self) -> str:
        return f"CertificatePair({self.facts.names})"


class Named(msgspec.Struct, frozen=True):
    """The two files of a pair, for messages."""

    certificate: str
    key: str


def checked_pair(
    certificate: bytes, key: bytes, files: Named, *, hosts: Iterable[str] = (), now: dt.datetime | None = None
) -> CertificatePair:
    """Parse and check a certificate chain and its key, both PEM.

    Raise SettingsInvalid with what is wrong: no PEM, another key, an order in which no client can verify the
    chain, a signature or a time that no client accepts, names that do not cover `hosts`, a key that no client accepts.
    """
    try:
        return _checked(certificate, key, files, hosts, now or dt.datetime.now(dt.UTC))
    except SettingsInvalid:
        raise
    except Exception as error:  # an unknown version, curve or extension: the library has many kinds
        raise _bad(
            f"tls.certificate: {files.certificate} cannot be used: {type(error).__name__}: {error}",
            "request a certificate with a usual key: ECDSA P-256, or RSA of 2048 bits",
        ) from None


def _checked(
    certificate: bytes, key: bytes, files: Named, hosts: Iterable[str], now: dt.datetime
) -> CertificatePair:
    chain = _chain(certificate, files)
    private = _private_key(key, files)
    _refuse_other_key(chain, private, files)
    _refuse_signature(chain, files)
    _refuse_order(chain, files)
    _refuse_time(chain, files, now)
    _refuse_use(chain[0], private, files)
    facts = certificate_facts(chain[0])
    _refuse_names(facts, hosts, files)
    return CertificatePair(pem=_in_one(private, chain), leaf=_der(chain[0]), facts=facts)


def checked_chain(certificate: bytes, files: Named, *, now: dt.datetime | None = None) -> Certificate:
    """Parse and check a certificate chain whose key is not here. Return the facts of the site's own certificate.

    Raise SettingsInvalid for what is no PEM, an order in which no client can verify it, a broken signature, and a time outside of its validity.
    """
    chain = _chain(certificate, files)
    _refuse_signature(chain, files)
    _refuse_order(chain, files)
    _refuse_time(chain, files, now or dt.datetime.now(dt.UTC))
    return certificate_facts(chain[0])


def parse_chain(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM text. Raise ValueError where there is none or one cannot be parsed."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem)
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from None


def certificate_facts(leaf: x509.Certificate) -> Certificate:
    """Return the facts of a certificate."""
    from cryptography.hazmat.primitives import hashes

    return Certificate(
        names=_names(leaf),
        issuer=_common_name(leaf.issuer),
        not_after=utc_text(leaf.not_valid_after_utc),
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
    )


def _bad(summary: str, hint: str) -> SettingsInvalid:
    return SettingsInvalid(summary, hint, slug="certificate-unusable")


def _chain(pem: bytes, files: Named) -> list[x509.Certificate]:
    if _PRIVATE in pem and b"BEGIN CERTIFICATE" not in pem:
        raise _bad(
            f"tls.certificate: {files.certificate} holds a private key and no certificate",
            "exchange tls.certificate and tls.key, if they were mixed up",
        )
    if not pem.strip():
        raise _bad(
            f"tls.certificate: {files.certificate} is empty", "write the certificate and its chain into it"
        )
    try:
        chain = parse_chain(pem)
    except ValueError:
        raise _bad(
            f"tls.certificate: {files.certificate} holds no certificate in PEM form",
            f"of a DER file: openssl x509 -inform der -in {files.certificate} -out site.pem",
        ) from None
    if len(chain) < len(_BEGIN.findall(pem)):  # the parser passes over a block without an end
        raise _bad(
            f"tls.certificate: {files.certificate} is cut off after certificate {len(chain)}",
            "copy the file anew, as a whole; where something writes it now, wait until that has ended",
        )
    return chain


def _private_key(pem: bytes, files: Named) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem, password=None)
    except TypeError:
        raise _bad(
            f"tls.key: {files.key} is protected by a passphrase, and nobody is there to type it",
            f"write it without one, readable for its owner alone: umask 077; openssl pkey -in {files.key} -out site.key",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _bad(
            f"tls.key: {files.key} holds no private key in PEM form",
            "name the file that begins with -----BEGIN PRIVATE KEY-----; "
            f"of a DER file: openssl pkey -inform der -in {files.key} -out site.key",
        ) from None


def _public(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _in_one(private: Any, chain: Sequence[x509.Certificate]) -> bytes:
    """Return the key and the chain as one PEM text; the key's file may hold more than the key."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return key_pem(private) + b"".join(each.public_bytes(Encoding.PEM) for each in chain)


def _refuse_other_key(chain: Sequence[x509.Certificate], private: Any, files: Named) -> None:
    ours = _public(private.public_key())
    matching = [number for number, each in enumerate(chain) if _public(each.public_key()) == ours]
    if matching and matching[0] == 0:
        return
    if matching:
        raise _bad(
            f"tls.certificate: {files.certificate} begins with the certificate of {_common_name(chain[0].subject)}, "
            f"and the site's own, to which {files.key} belongs, is number {matching[0] + 1}",
            "put the site's own certificate first, then the one that issued it, and so on",
        )
    raise _bad(
        f"tls.key: {files.key} is not the key of the certificate in {files.certificate}",
        "name the pair that was issued together",
    )


def _refuse_order(chain: Sequence[x509.Certificate], files: Named) -> None:
    for number, (each, issuer) in enumerate(itertools.pairwise(chain), 1):
        if not _issued_by(each, issuer):
            raise _bad(
                f"tls.certificate: in {files.certificate}, certificate {number + 1} ({_common_name(issuer.subject)}) "
                f"did not issue certificate {number} ({_common_name(each.subject)})",
                "put the site's own certificate first, then the one that issued it, and so on; remove what does not belong there",
            )


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _refuse_time(chain: Sequence[x509.Certificate], files: Named, now: dt.datetime) -> None:
    for each in chain:
        name = _common_name(each.subject) or files.certificate
        if now > each.not_valid_after_utc:
            raise _bad(
                f"tls.certificate: the certificate of {name} in {files.certificate} expired on {each.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
                "renew it; until then browsers refuse the site",
            )
        if now < each.not_valid_before_utc:
            raise _bad(
                f"tls.certificate: the certificate of {name} in {files.certificate} is not valid before {each.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
                f"look at this machine's clock: it says {now:%Y-%m-%d %H:%M} UTC",
            )


def _refuse_signature(chain: Sequence[x509.Certificate], files: Named) -> None:
    if broken := broken_signature(chain):
        certificate, function = broken
        raise _bad(
            f"tls.certificate: the certificate of {_common_name(certificate.subject)} in {files.certificate} "
            f"is signed with {function}, which nginx and browsers refuse",
            "request it anew from an authority that signs with SHA-256",
        )


def _refuse_use(leaf: x509.Certificate, private: Any, files: Named) -> None:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    if refused := refused_key(private):
        raise _bad(
            f"tls.key: {files.key} has {refused}, which browsers refuse",
            f"make a key of ECDSA P-256, or an RSA key of {LEAST_RSA_BITS} bits or more, and a certificate for it",
        )
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return
    if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses):
        raise _bad(
            f"tls.certificate: {files.certificate} is not for a web server: its extended key usage lacks serverAuth",
            "request a certificate for a TLS server",
        )


def _refuse_names(facts: Certificate, hosts: Iterable[str], files: Named) -> None:
    if not facts.names:
        raise _bad(
            f"tls.certificate: {files.certificate} names no host: it has no subject alternative name",
            "request a certificate with the site's host names as subject alternative names; browsers ignore the common name",
        )
    if missing := uncovered(hosts, facts.names):
        raise _bad(
            f"tls.certificate: {files.certificate} is for {', '.join(facts.names)}, and not for {', '.join(missing)}",
            "request a certificate with all names of the site, or remove the name from serve.hosts or tls.names",
        )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *map(str, found.get_values_for_type(x509.IPAddress)),
    )


def _common_name(name: x509.Name) -> str:
    """Return the common name, or the whole name where it has none; on one line."""
    from cryptography.x509.oid import NameOID

    values = [str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    text = values[0] if values else name.rfc4514_string()
    return "".join(letter if letter.isprintable() else "?" for letter in text)

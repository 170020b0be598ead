"""A certificate authority of the tests: certificates as people have them, good and bad."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from enuf.tls.making import general_names

DAY = dt.timedelta(days=1)


class Issued(msgspec.Struct, frozen=True):
    """A certificate, its key, and the chain of those that issued it, the nearest first."""

    certificate: x509.Certificate
    key: Any
    above: tuple[x509.Certificate, ...] = ()

    @property
    def chain(self) -> bytes:
        """The certificate and all above but the root, in PEM, in the order that TLS wants."""
        return pem(self.certificate, *self.above[:-1])

    @property
    def root(self) -> bytes:
        """The certificate that clients trust, in PEM."""
        return pem(self.above[-1] if self.above else self.certificate)

    @property
    def key_pem(self) -> bytes:
        """The key in PEM, without a passphrase."""
        return bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def key_with_passphrase(self, word: bytes) -> bytes:
        """Return the key in PEM, encrypted."""
        return bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(word)))

    def write(self, folder: Path, name: str = "site") -> tuple[Path, Path]:
        """Write `site.pem` and `site.key`, the key for its owner alone, and `site-root.pem`. Return the first two."""
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        (folder / f"{name}-root.pem").write_bytes(self.root)
        for path, data in ((certificate, self.chain), (key, self.key_pem)):
            fresh = path.with_suffix(".new")
            fresh.write_bytes(data)
            fresh.chmod(0o600)
            fresh.replace(path)
        return certificate, key


def pem(*certificates: x509.Certificate) -> bytes:
    """Return the certificates as one PEM text."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def ecdsa() -> ec.EllipticCurvePrivateKey:
    """Return a new key of the usual kind."""
    return ec.generate_private_key(ec.SECP256R1())


def weak_rsa() -> rsa.RSAPrivateKey:
    """Return a key that is too short for browsers."""
    return rsa.generate_private_key(65537, 1024)


def issue(
    *names: str,
    by: Issued | None = None,
    days: tuple[float, float] = (-1, 90),
    authority: bool = False,
    for_servers: bool = True,
    key: Any = None,
    called: str = "",
) -> Issued:
    """Return a new certificate for these names, by an authority or by itself, valid between these days from now."""
    key = key or ecdsa()
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, called or (names[0] if names else "nameless"))]
    )
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
    if not authority:
        use = ExtendedKeyUsageOID.SERVER_AUTH if for_servers else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    return Issued(certificate, key, (by.certificate, *by.above) if by else ())

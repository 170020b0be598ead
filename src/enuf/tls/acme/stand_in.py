"""A self-signed certificate that stands in until the authority has issued one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from enuf.model.certificate import STAND_IN_ISSUER
from enuf.tls.local import general_names

DAYS = 90


def new_key() -> bytes:
    """Return a new private key, ECDSA P-256, in PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def stand_in(names: Sequence[str]) -> tuple[bytes, bytes]:
    """Return a self-signed certificate for these names, and its key, both in PEM. No client trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    pem, now = new_key(), dt.datetime.now(dt.UTC)
    key: Any = load_pem_private_key(pem, None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, STAND_IN_ISSUER)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), pem

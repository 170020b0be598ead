"""Keys and signatures that nginx or its clients refuse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509

LEAST_RSA_BITS = 2048
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
"""Curves for which TLS 1.3 has signatures, and of which OpenSSL's clients accept certificates."""
_BROKEN = frozenset({"md5", "sha1"})


def refused_key(private: Any) -> str:
    """Describe a key that no browser accepts; return an empty text for a good one."""
    from cryptography.hazmat.primitives.asymmetric.dsa import DSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(private, RSAPrivateKey) and private.key_size < LEAST_RSA_BITS:
        return f"an RSA key of {private.key_size} bits"
    if isinstance(private, EllipticCurvePrivateKey) and private.curve.name not in _CURVES:
        return f"a key on the curve {private.curve.name}"
    return "a DSA key" if isinstance(private, DSAPrivateKey) else ""


def broken_signature(chain: Iterable[x509.Certificate]) -> tuple[x509.Certificate, str] | None:
    """Return the first certificate that is signed with a broken hash function, and the function's name.

    OpenSSL refuses the signature of an authority with MD5 or SHA-1; the signature of a self-signed certificate is not verified.
    """
    for each in chain:
        algorithm = each.signature_hash_algorithm
        if algorithm and algorithm.name in _BROKEN and each.issuer != each.subject:
            return each, "SHA-1" if algorithm.name == "sha1" else "MD5"
    return None

"""A pair is checked before anything serves it, and each fault is one sentence with its cure."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from enuf.errors import SettingsInvalid
from enuf.tls.pair import Named, checked_pair
from tests.support.certificates import Issued, issue, pem, weak_rsa

FILES = Named("/etc/site.pem", "/etc/site.key")
ROOT = issue(authority=True, called="Root")
MIDDLE = issue(by=ROOT, authority=True, called="Middle")
SITE = issue("shop.test", "*.shop.test", "127.0.0.1", by=MIDDLE)
OTHER = issue("other.test")
RSA_SITE = issue(
    "shop.test", by=issue(authority=True, called="Old", key=rsa.generate_private_key(65537, 1024))
)

Parts = tuple[bytes, bytes]


def pem_of_strange_curve() -> bytes:
    """Return the site's chain with a certificate above on the curve prime192v2, which the library does not know."""
    curve, strange = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030102")
    der = MIDDLE.certificate.public_bytes(Encoding.DER).replace(curve, strange)
    changed = base64.encodebytes(der).decode()
    text = f"-----BEGIN CERTIFICATE-----\n{changed}-----END CERTIFICATE-----\n"
    return pem(SITE.certificate) + text.encode()


def claiming(issued: Issued, function: str) -> bytes:
    """Return the certificate, signed by an RSA key, with another hash function's name in it."""
    prefix = bytes.fromhex("2a864886f70d0101")  # PKCS #1: 0b is with SHA-256
    der = issued.certificate.public_bytes(Encoding.DER)
    changed = der.replace(prefix + b"\x0b", prefix + {"MD5": b"\x04", "SHA-1": b"\x05"}[function])
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(changed).decode()}-----END CERTIFICATE-----\n".encode()


def of(issued: Issued) -> Parts:
    return issued.chain, issued.key_pem


BAD: dict[str, tuple[Callable[[], Parts], str]] = {
    "the key of another certificate": (
        lambda: (SITE.chain, OTHER.key_pem),
        "is not the key of the certificate",
    ),
    "expired": (lambda: of(issue("shop.test", days=(-10, -1))), "expired on"),
    "not valid yet": (lambda: of(issue("shop.test", days=(2, 10))), "is not valid before"),
    "an expired certificate above": (
        lambda: of(issue("shop.test", by=issue(by=ROOT, authority=True, called="Old", days=(-9, -1)))),
        "certificate of Old in /etc/site.pem expired",
    ),
    "no names": (lambda: of(issue(called="shop.test")), "names no host"),
    "another name": (lambda: of(OTHER), "is for other.test, and not for shop.test"),
    "not for servers": (lambda: of(issue("shop.test", for_servers=False)), "is not for a web server"),
    "a short key": (lambda: of(issue("shop.test", key=weak_rsa())), "RSA key of 1024 bits"),
    "a curve that clients have no signature for": (
        lambda: of(issue("shop.test", key=ec.generate_private_key(ec.BrainpoolP256R1()))),
        "a key on the curve brainpoolP256r1",
    ),
    "a DSA key": (lambda: of(issue("shop.test", by=ROOT, key=dsa.generate_private_key(1024))), "a DSA key"),
    "signed with SHA-1": (
        lambda: (claiming(RSA_SITE, "SHA-1"), RSA_SITE.key_pem),
        "certificate of shop.test in /etc/site.pem is signed with SHA-1",
    ),
    "signed with MD5": (
        lambda: (SITE.chain + claiming(RSA_SITE, "MD5"), SITE.key_pem),
        "certificate of shop.test in /etc/site.pem is signed with MD5",
    ),
    "an empty certificate": (lambda: (b"\n", SITE.key_pem), "/etc/site.pem is empty"),
    "a chain that is cut off": (lambda: (SITE.chain[:-60], SITE.key_pem), "is cut off after certificate 1"),
    "a DER certificate": (
        lambda: (SITE.certificate.public_bytes(Encoding.DER), SITE.key_pem),
        "holds no certificate in PEM form",
    ),
    "a torn certificate": (lambda: (SITE.chain[:300], SITE.key_pem), "holds no certificate in PEM form"),
    "both files exchanged": (lambda: (SITE.key_pem, SITE.chain), "holds a private key and no certificate"),
    "a curve of nobody": (lambda: (pem_of_strange_curve(), SITE.key_pem), "/etc/site.pem cannot be used"),
    "no key": (lambda: (SITE.chain, SITE.chain), "holds no private key in PEM form"),
    "a key with a passphrase": (lambda: (SITE.chain, SITE.key_with_passphrase(b"word")), "passphrase"),
    "the chain upside down": (
        lambda: (pem(MIDDLE.certificate, SITE.certificate), SITE.key_pem),
        "the site's own, to which /etc/site.key belongs, is number 2",
    ),
    "a stranger in the chain": (
        lambda: (pem(SITE.certificate, OTHER.certificate), SITE.key_pem),
        "certificate 2 (other.test) did not issue certificate 1 (shop.test)",
    ),
    "a chain with a gap": (
        lambda: (pem(SITE.certificate, ROOT.certificate), SITE.key_pem),
        "certificate 2 (Root) did not issue certificate 1",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_pair_is_refused_with_its_fault_and_a_hint(case: str) -> None:
    make, words = BAD[case]
    with pytest.raises(SettingsInvalid) as refused:
        checked_pair(*make(), FILES, hosts=("shop.test",))
    assert words in refused.value.summary
    assert refused.value.summary.startswith("tls.")
    assert refused.value.hint
    assert "PRIVATE KEY-----\n" not in refused.value.summary + refused.value.hint


@pytest.mark.parametrize(
    "chain",
    [SITE.chain, pem(SITE.certificate, MIDDLE.certificate, ROOT.certificate), pem(SITE.certificate)],
    ids=["without the root", "with the root", "alone"],
)
def test_a_good_pair_is_one_text_with_the_key_and_the_whole_chain(chain: bytes) -> None:
    hosts = ("shop.test", ".shop.test", "*.shop.test", "WWW.Shop.Test", "127.0.0.1", "~^x", "www.shop.*")
    pair = checked_pair(chain, SITE.key_pem, FILES, hosts=hosts)
    assert pair.pem == SITE.key_pem + chain
    assert pair.leaf == SITE.certificate.public_bytes(Encoding.DER)
    assert pair.facts.names == ("shop.test", "*.shop.test", "127.0.0.1")
    assert pair.facts.issuer == "Middle"


def test_key_and_certificate_may_stand_in_one_file() -> None:
    both = SITE.key_pem + SITE.chain
    assert checked_pair(both, both, FILES).pem == both


def test_a_pair_shows_no_key_in_a_traceback() -> None:
    assert "PRIVATE" not in repr(checked_pair(*of(SITE), FILES))

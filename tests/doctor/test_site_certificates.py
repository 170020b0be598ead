"""The certificates of nginx sites, as the doctor finds them: real pairs, good and bad."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID
from tests.support.certificates import Issued, ecdsa, issue, pem

from enuf.doctor.collect.deployment import collect
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.path_fact import PathFact
from enuf.doctor.read.assemble import evidence_of

RULES = [rule for rule in all_rules() if rule.code == "N024"]
ROOT = issue(authority=True, called="Root")
MIDDLE = issue(authority=True, called="Middle", by=ROOT)
GOOD = issue("shop.example", by=MIDDLE)
SITE = """server {{
    listen 443 ssl;
    server_name shop.example _;
    ssl_certificate {folder}/site.pem;
    ssl_certificate_key {folder}/site.key;
}}
"""


def found(certificate: bytes, key: bytes = GOOD.key_pem) -> list[tuple[str, str]]:
    texts = {
        "site.conf": SITE.format(folder="/srv/app"),
        "site.pem": certificate.decode(),
        "site.key": key.decode(),
    }
    return [(each.severity, each.message) for each in examine(evidence_of(texts), RULES)]


def with_address_of_issuer() -> Issued:
    """A certificate as public authorities issue it: it says where that of its issuer is."""
    key, now = ecdsa(), dt.datetime.now(dt.UTC)
    where = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS,
        x509.UniformResourceIdentifier("http://ca.example/middle.der"),
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(MIDDLE.certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .add_extension(x509.AuthorityInformationAccess([where]), critical=False)
    )
    return Issued(builder.sign(MIDDLE.key, hashes.SHA256()), key, (MIDDLE.certificate, ROOT.certificate))


ALONE = with_address_of_issuer()
SOON = issue("shop.example", by=MIDDLE, days=(-80, 5.5))
OLD = issue("shop.example", by=MIDDLE, days=(-80, -1))
OTHER = issue("www.example.org", by=MIDDLE)


CASES = [
    (GOOD.chain, issue("shop.example").key_pem, "error", "is not the key of the certificate in"),
    (GOOD.chain, b"no key", "error", "holds no private key"),
    (b"no certificate", GOOD.key_pem, "error", "holds no certificate"),
    (
        pem(MIDDLE.certificate, GOOD.certificate),
        GOOD.key_pem,
        "error",
        "begins with the certificate of Middle",
    ),
    (pem(GOOD.certificate, ROOT.certificate), GOOD.key_pem, "error", "did not issue certificate 1"),
    (OLD.chain, OLD.key_pem, "error", "expired on"),
    (SOON.chain, SOON.key_pem, "warning", "ends in 5 days"),
    (OTHER.chain, OTHER.key_pem, "warning", "is for www.example.org, and not for shop.example"),
    (pem(ALONE.certificate), ALONE.key_pem, "warning", "without the one that issued it"),
]


@pytest.mark.parametrize(("certificate", "key", "severity", "words"), CASES, ids=[case[3] for case in CASES])
def test_a_certificate_that_nginx_or_visitors_refuse_is_found(
    certificate: bytes, key: bytes, severity: str, words: str
) -> None:
    ((how_bad, message),) = found(certificate, key)
    assert how_bad == severity and words in message
    assert "tls." not in message


@pytest.mark.parametrize("site", [GOOD, ALONE], ids=["by a root", "by a public authority"])
def test_a_whole_chain_is_in_order(site: Issued) -> None:
    assert found(site.chain, site.key_pem) == []


def test_an_expired_certificate_of_no_public_authority_is_a_warning() -> None:
    ((severity, message),) = found(pem(OLD.certificate), OLD.key_pem)
    assert severity == "warning" and "expired on" in message


def test_a_certificate_of_the_image_below_a_mount_is_a_warning() -> None:
    texts = {
        "compose.yaml": "services:\n  proxy:\n    image: example/proxy\n    volumes:\n      - ./ssl:/certificates/servers\n",
        "Dockerfile": "FROM nginx:1.27\nCOPY site.pem site.key /certificates/servers/\nCOPY site.conf /etc/nginx/conf.d/site.conf\n",
        "site.conf": SITE.format(folder="/certificates/servers"),
        "site.pem": OLD.chain.decode(),
        "site.key": OLD.key_pem.decode(),
    }
    assert [each.severity for each in examine(evidence_of(texts), RULES)] == ["warning"]


def test_files_of_this_machine_are_read_and_no_key_is_kept(tmp_path: Path) -> None:
    GOOD.write(tmp_path)
    (tmp_path / "site.conf").write_text(SITE.format(folder=tmp_path))
    assert examine(collect([tmp_path / "site.conf"]), RULES) == ()
    (tmp_path / "site.key").write_bytes(OTHER.key_pem)
    evidence = collect([tmp_path / "site.conf"])
    assert [each.code for each in examine(evidence, RULES)] == ["N024"]
    assert "PRIVATE KEY" not in repr(evidence)
    (tmp_path / "site.key").unlink()
    assert examine(collect([tmp_path / "site.conf"]), RULES) == ()


UNIT = "[Service]\nType=simple\nUser=web\nExecStart=/usr/sbin/nginx -g 'daemon off;'\n"


@pytest.mark.parametrize(
    ("mode", "folder_mode", "unit", "words"),
    [
        (0o644, 0o755, "", "every user of this machine can read"),
        (0o644, 0o700, "", ""),
        (0o600, 0o755, "", ""),
        (0o600, 0o755, UNIT, "nginx is started as web, and root alone may read this key"),
        (0o640, 0o755, UNIT, ""),
        (None, 0o755, UNIT, ""),
    ],
)
def test_a_key_has_the_right_readers(mode: int | None, folder_mode: int, unit: str, words: str) -> None:
    evidence = evidence_of(
        {"site.conf": SITE.format(folder="/srv/ssl"), **({"nginx.service": unit} if unit else {})}
    )
    folder = PathFact(kind="folder", mode=folder_mode, owner="root")
    facts = {
        "/srv": folder,
        "/srv/ssl": folder,
        "/srv/ssl/site.key": PathFact(kind="file", mode=mode, owner="root"),
    }
    rules = [rule for rule in all_rules() if rule.code == "S018"]
    messages = [each.message for each in examine(msgspec.structs.replace(evidence, facts=facts), rules)]
    assert [words in each for each in messages] == ([True] if words else []), messages

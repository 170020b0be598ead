"""The local authority: what it may sign for, who can read its key, and when a certificate is made anew."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from enuf.tls.limits import is_limited
from enuf.tls.local import LocalSite, foreseen, issued, read_facts, site_in
from tests.support.certificates import Issued, issue


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def authority(site: LocalSite) -> Issued:
    """The authority with its key, as a thief would have it."""
    return Issued(certificate(site.ca), load_pem_private_key((site.ca.parent / "ca.key").read_bytes(), None))


def assert_valid(leaf: x509.Certificate, ca: x509.Certificate, name: str) -> None:
    """Verify as a web client does."""
    PolicyBuilder().store(Store([ca])).build_server_verifier(x509.DNSName(name)).verify(leaf, [])


def test_a_client_that_trusts_the_authority_accepts_the_certificate(tmp_path: Path) -> None:
    site = issued(tmp_path / "tls", ("shop.test", "*.shop.test"))
    for name in ("shop.test", "www.shop.test", "localhost"):
        assert_valid(certificate(site.certificate), certificate(site.ca), name)
    facts = read_facts(site.certificate)
    assert facts and facts.names == ("shop.test", "*.shop.test", "localhost", "127.0.0.1", "::1")
    assert facts.days_left(dt.datetime.now(dt.UTC).timestamp()) == 29


def test_the_authority_is_good_for_nothing_but_local_names(tmp_path: Path) -> None:
    site = issued(tmp_path / "tls", ())
    ca = certificate(site.ca)
    constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical and limits.value.permitted_subtrees
    ten_years = ca.not_valid_after_utc - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=3640) < ten_years < dt.timedelta(days=3660)
    for public in ("bank.example", "localhost.example", "8.8.8.8"):
        stolen = issue(public, by=authority(site)).certificate
        with pytest.raises(VerificationError):
            assert_valid(stolen, ca, public)


def test_a_public_name_gets_an_authority_of_its_own_that_may_sign_for_it(tmp_path: Path) -> None:
    local, public = issued(tmp_path, ()), issued(tmp_path, ("shop.example",))
    assert local.ca != public.ca
    assert_valid(certificate(public.certificate), certificate(public.ca), "shop.example")
    with pytest.raises(VerificationError):
        assert_valid(
            issue("bank.example", by=authority(public)).certificate, certificate(public.ca), "bank.example"
        )


def test_keys_are_for_their_user_alone(tmp_path: Path) -> None:
    site = issued(tmp_path / "data" / "tls", ("shop.test",))
    assert (site.ca.parent / "ca.key").stat().st_mode & 0o777 == site.key.stat().st_mode & 0o777 == 0o600
    for folder in (tmp_path / "data" / "tls", site.ca.parent, site.key.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_certificate_is_made_anew_when_ten_days_are_left_and_not_before(tmp_path: Path) -> None:
    site = issued(tmp_path, ("shop.test",))
    first = site.certificate.read_bytes()
    assert issued(tmp_path, ("shop.test",)) == site == site_in(tmp_path, ("shop.test",))
    assert site.certificate.read_bytes() == first
    names = ("shop.test", "localhost", "127.0.0.1", "::1")
    for days, is_kept in ((10.5, True), (9.5, False)):
        old = issue(*names, by=authority(site), days=(-20, days))
        site.certificate.write_bytes(old.chain)
        site.key.write_bytes(old.key_pem)
        issued(tmp_path, ("shop.test",))
        assert (site.certificate.read_bytes() == old.chain) is is_kept
    before = site.certificate.read_bytes()
    issued(tmp_path, ("shop.test",), anew=True)
    assert site.certificate.read_bytes() != before


@pytest.mark.parametrize("broken", ["", "no certificate"])
def test_broken_files_are_made_anew_by_the_same_authority(tmp_path: Path, broken: str) -> None:
    site = issued(tmp_path, ())
    ca = site.ca.read_bytes()
    site.certificate.write_text(broken)
    issued(tmp_path, ())
    assert site.ca.read_bytes() == ca
    assert_valid(certificate(site.certificate), certificate(site.ca), "localhost")


def test_stacks_that_start_together_share_one_authority(tmp_path: Path) -> None:
    threads = [threading.Thread(target=issued, args=(tmp_path / "tls", (f"{name}.test",))) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "abcd":
        site = site_in(tmp_path / "tls", (f"{name}.test",))
        assert_valid(certificate(site.certificate), certificate(site.ca), f"{name}.test")


# -- what a crash, a clock or another user leaves behind ------------------------------------------------------------


@pytest.mark.parametrize("damaged", ["site.key", "ca.key"])
def test_an_empty_key_is_made_anew(tmp_path: Path, damaged: str) -> None:
    site = issued(tmp_path / "tls", ())
    folder = site.ca.parent if damaged == "ca.key" else site.key.parent
    (folder / damaged).write_bytes(b"")
    again = issued(tmp_path / "tls", ())
    assert_valid(certificate(again.certificate), certificate(again.ca), "localhost")
    key = load_pem_private_key(again.key.read_bytes(), None)
    assert key.public_key() == certificate(again.certificate).public_key()


def test_only_an_authority_with_narrow_limits_is_put_into_a_store(tmp_path: Path) -> None:
    assert is_limited(certificate(issued(tmp_path / "tls", ()).ca))
    assert is_limited(certificate(issued(tmp_path / "tls", ("shop.example", "10.0.0.7")).ca))
    assert not is_limited(issue(authority=True, called="anybody's").certificate)
    assert not is_limited(issue("shop.test").certificate)
    assert not is_limited(certificate(issued(tmp_path / "wide", ("*.com",)).ca))


def test_what_would_be_issued_is_foreseen_without_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    site, facts = foreseen(folder, ("shop.test",))
    assert facts.names == ("shop.test", "localhost", "127.0.0.1", "::1")
    assert (facts.issuer, facts.fingerprint) == ("enuf local CA", "")
    assert not list(tmp_path.iterdir())
    assert issued(folder, ("shop.test",)) == site
    assert foreseen(folder, ("shop.test",))[1] == read_facts(site.certificate)

"""HTTPS of `enuf install --root`: the host's nginx takes the site, other sites stay as they are, bad pairs change nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from enuf.tls.pair import parse_chain
from tests.native.test_install_root import Image, nginx_test
from tests.support.builds import nginx_program
from tests.support.certbot_lines import edited_by_certbot
from tests.support.certificates import Issued, issue

pytestmark = [pytest.mark.native, pytest.mark.user]

WORDS = ("--set", "tls.certificate=/etc/tls/site.pem", "--set", "tls.key=/etc/tls/site.key")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    made = Image(tmp_path)
    (made.root / "etc/tls").mkdir()
    return made


def written(image: Image, pair: Issued) -> Issued:
    pair.write(image.root / "etc/tls")
    return pair


def test_a_site_with_https_is_written_and_taken_back_without_a_trace(image: Image) -> None:
    pair = written(image, issue("shop.example"))
    before = image.everything()
    done = image.enuf("install", *WORDS)
    assert done.code == 0 and "https://shop.example" in done.out, done
    folder = image.root / "var/lib/enuf/tls"
    assert (folder / "shop.pem").stat().st_mode & 0o777 == 0o600
    assert (folder / "shop.pem").read_bytes().startswith(pair.chain)
    assert (folder / "shop.crt").read_bytes() == pair.chain
    assert (image.root / "etc/systemd/system/timers.target.wants/enuf-shop-cert.timer").is_symlink()
    assert "nothing to change" in image.enuf("install").out
    for words in (("uninstall",), ("install", "--tls", "off")):
        shown = image.enuf(*words, "--dry-run")
        assert "remove secret file /var/lib/enuf/tls/shop.pem\n" in shown.out, shown
        assert "PRIVATE KEY" not in shown.out + shown.err
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_without_https_nothing_of_it_stays(image: Image) -> None:
    written(image, issue("shop.example"))
    assert image.enuf("install").code == 0
    plain = image.everything()
    site = image.root / "etc/nginx/sites-available/enuf-shop"
    assert image.enuf("install", *WORDS).code == 0
    assert "listen 443 ssl" in site.read_text() and "listen 80 ssl" not in site.read_text()
    assert image.enuf("install", "--tls", "off").code == 0
    assert "listen 80;" in site.read_text() and "443" not in site.read_text()
    left = {path for path in set(image.everything()) ^ set(plain) if "timers.target.wants" not in path}
    assert left <= {"var/lib/enuf/tls"}
    assert image.enuf("uninstall").code == 0


@pytest.mark.root(reason="puts the tree in the place of the system's")
def test_two_sites_with_https_stand_side_by_side(image: Image, tmp_path: Path) -> None:
    nginx = nginx_program("system")
    written(image, issue("shop.example", "blog.example"))
    assert image.enuf("install", *WORDS, "--set", "tls.hsts=1h").code == 0
    blog = tmp_path / "blog"
    image.add(blog)
    assert image.enuf("install", *WORDS, project=blog, domain="blog.example").code == 0
    (image.root / "var/lib/nginx").mkdir()
    told = nginx_test(nginx, image, "var/lib")
    assert told.returncode == 0, told.stderr
    assert "warn" not in told.stderr and "conflicting" not in told.stderr
    for name in ("shop", "blog"):
        text = (image.root / f"etc/nginx/sites-available/enuf-{name}").read_text()
        assert "default_server" not in text
        assert re.findall("ssl_session_cache shared:(.*):1m", text) == [f"enuf_{name}_tls"]


@pytest.mark.parametrize(("pair", "words"), [
    (issue("other.example"), "and not for shop.example"),
    (issue("shop.example", days=(-9, -1)), "expired on"),
    (Issued(issue("shop.example").certificate, issue("shop.example").key), "is not the key"),
], ids=["another name", "expired", "another key"])  # fmt: skip
def test_a_pair_that_visitors_would_refuse_changes_nothing(image: Image, pair: Issued, words: str) -> None:
    written(image, pair)
    before = image.everything()
    done = image.enuf("install", *WORDS)
    assert done.code == 4 and words in done.err, done
    assert image.everything() == before


def test_the_local_authority_is_refused_with_the_reason(image: Image) -> None:
    before = image.everything()
    done = image.enuf("install", "--tls", "local")
    assert done.code == 4 and "no visitor of a server trusts" in done.err, done
    assert image.everything() == before


def test_into_an_image_a_site_is_written_that_orders_its_certificate_once_it_has_booted(image: Image) -> None:
    before = image.everything()
    words = ("--tls", "acme", "--set", "tls.directory=https://127.0.0.1:1/dir")
    shown = image.enuf("install", *words, "--dry-run")
    assert "PRIVATE KEY" not in shown.out and image.everything() == before
    assert image.enuf("install", *words).code == 0
    folder = image.root / "var/lib/enuf/tls"
    assert (folder / "shop.plain").is_file(), "plain HTTP serves until there is a certificate"
    assert parse_chain((folder / "shop.crt").read_bytes())
    unit = (image.root / "etc/systemd/system/enuf-shop-cert.service").read_text()
    assert (
        "-m enuf.start.site_order shop\n" in unit and "ExecStart=+/bin/sh /var/lib/enuf/tls/shop.sh" in unit
    )
    app = (image.root / "etc/systemd/system/enuf-shop.service").read_text()
    assert "InaccessiblePaths=-/var/lib/enuf-shop-cert\n" in app
    installed = image.everything()
    assert "nothing to change" in image.enuf("install").out
    assert image.everything() == installed
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_a_secret_in_a_flag_is_refused_because_flags_are_remembered_for_everybody(image: Image) -> None:
    before = image.everything()
    words = ("--tls", "acme", "--set", "tls.eab_kid=kid", "--set", f"tls.eab_key={'c2VjcmV0' * 6}")
    done = image.enuf("install", *words, "--set", "tls.directory=https://127.0.0.1:1/dir")
    assert done.code == 4 and "tls.eab_key is a secret" in done.err and "c2VjcmV0" not in done.err, done
    assert image.everything() == before


PAIR = tuple(f"/etc/letsencrypt/live/shop.example/{name}.pem" for name in ("fullchain", "privkey"))


def given_by_certbot(image: Image) -> tuple[Path, Issued]:
    """Install the site, and give it HTTPS as `certbot --nginx --redirect` does. Return its file and certbot's pair."""
    assert image.enuf("install").code == 0
    site = image.root / "etc/nginx/sites-available/enuf-shop"
    site.write_text(edited_by_certbot(site.read_text(), "shop.example", *PAIR))
    own = issue("shop.example")
    for path, text in zip(PAIR, (own.chain, own.key_pem), strict=True):
        file = image.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    return site, own


def test_https_of_certbots_is_carried_over_and_goes_on(image: Image) -> None:
    before = image.everything()
    site, own = given_by_certbot(image)
    edited = image.everything()
    shown = image.enuf("install", "--dry-run", "--set", "serve.max_body=1m")
    assert shown.code == 0 and "certbot's HTTPS is carried over" in shown.err, shown
    assert f"-    ssl_certificate {PAIR[0]}; # managed by Certbot" in shown.out
    assert image.everything() == edited

    done = image.enuf("install", "--set", "serve.max_body=1m")
    assert done.code == 0 and f"the site serves with {PAIR[0]} from now on" in done.err, done
    assert "https://shop.example" in done.out
    assert "listen 443 ssl" in site.read_text() and "managed by Certbot" not in site.read_text()
    assert (image.root / "var/lib/enuf/tls/shop.pem").read_bytes().startswith(own.chain)
    assert "nothing to change" in image.enuf("install").out

    text = site.read_text()  # certbot once more, for the file that speaks HTTPS by enuf's own lines
    for name, path in zip(("ssl_certificate", "ssl_certificate_key"), PAIR, strict=True):
        text = text.replace(f"{name} /var/lib/enuf/tls/shop.pem;", f"{name} {path}; # managed by Certbot")
    site.write_text(text)
    assert image.enuf("uninstall").code == 0
    shutil.rmtree(image.root / "etc/letsencrypt")
    assert image.everything() == before


def test_https_of_certbots_is_not_taken_away_without_a_word(image: Image) -> None:
    site, _ = given_by_certbot(image)
    by_hand = site.read_text().replace("gzip on;", "gzip off;")
    site.write_text(by_hand)
    edited = image.everything()
    for words in ((), ("--force",)):
        done = image.enuf("install", *words)
        assert done.code == 8 and f"certbot has given the site HTTPS with {PAIR[0]}" in done.err, done
    taking = ("--set", f"tls.certificate={PAIR[0]}", "--set", f"tls.key={PAIR[1]}", "--force")
    assert " ".join(taking) in done.err
    shown = image.enuf("install", "--dry-run")
    assert shown.code == 0 and "a real run refuses this: certbot" in shown.err, shown
    assert image.everything() == edited
    assert image.enuf("uninstall").code == 8

    kept = image.enuf("install", *taking)
    assert kept.code == 0 and "gzip off" in kept.err, kept
    site.write_text(by_hand)
    assert image.enuf("install", "--tls", "off").code == 8
    gone = image.enuf("install", "--tls", "off", "--force")
    assert gone.code == 0 and f"ssl_certificate {PAIR[0]}; # managed by Certbot" in gone.err, gone
    assert "ssl" not in site.read_text()

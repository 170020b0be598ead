"""What certbot has written into a site is told from what somebody else has changed there."""

from __future__ import annotations

import pytest

from enuf.install.certbot import CertbotPair, certbot_pair, digest_without_certbot
from enuf.sites.address import speaks_https
from tests.support.certbot_lines import edited_by_certbot
from tests.unit.install.test_site_file import site_plan, text_of

PAIR = CertbotPair("/etc/letsencrypt/live/shop.example/fullchain.pem", "/etc/letsencrypt/live/shop.example/privkey.pem")  # fmt: skip


def edited(text: str) -> str:
    return edited_by_certbot(text, "shop.example", PAIR.certificate, PAIR.key)


def test_certbots_lines_are_the_only_difference_that_is_none() -> None:
    text = text_of(site_plan())
    assert certbot_pair(text) is None and certbot_pair(edited(text)) == PAIR
    assert digest_without_certbot(edited(text)) == digest_without_certbot(text) != ""


@pytest.mark.parametrize(("line", "other"), [
    ("merge_slashes off;", "merge_slashes on;"),
    ("return 444;", "return 444; # mine\n    add_header X-Mine yes;"),
    ("return 301 https://$host$request_uri;", "return 302 https://other.example/;"),
    ("    listen 443 ssl; # managed by Certbot", "    listen 443 ssl; # managed by Certbot\n    listen 8443 ssl;"),
])  # fmt: skip
def test_a_change_of_somebody_else_is_one(line: str, other: str) -> None:
    text = text_of(site_plan())
    assert line in edited(text)
    assert digest_without_certbot(edited(text).replace(line, other)) != digest_without_certbot(text)


def test_the_status_sees_https_where_certbot_has_given_it() -> None:
    assert not speaks_https(text_of(site_plan()))
    assert speaks_https(edited(text_of(site_plan())))
    assert not speaks_https(edited(text_of(site_plan())).replace("    listen", "    # listen"))


def test_what_is_no_configuration_has_no_digest() -> None:
    assert digest_without_certbot("server { listen 80;") == ""

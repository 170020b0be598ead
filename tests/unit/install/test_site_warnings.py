"""What an install says about names that go, HTTPS that is missing, and the rights of root."""

from __future__ import annotations

from msgspec.structs import replace

from enuf.install.services.base import ServiceUser
from enuf.install.site_warnings import site_warnings
from enuf.model.site import Installed
from tests.support.parts import settings
from tests.unit.install.test_site_file import site_plan

ALICE = ServiceUser(name="alice")


def record(*domains: str) -> Installed:
    site = site_plan().site
    assert site is not None
    return Installed(site=site, project="/srv/shop", target=None, flags={}, user="alice", domains=domains)


def said(*, old: Installed | None = None, user: ServiceUser = ALICE, listen: str = "0.0.0.0:80") -> list[str]:
    return list(site_warnings(old, record("shop.example"), settings({"serve.listen": listen}), user))


def test_a_usual_install_is_not_commented() -> None:
    assert said() == []
    assert said(old=record("shop.example")) == []


def test_names_that_go_are_named() -> None:
    (warning,) = said(old=record("shop.example", "shop.example.net"))
    assert warning.startswith("the site no longer answers to shop.example.net:")


def test_plain_http_at_the_port_of_https_is_told() -> None:
    (warning,) = said(listen="0.0.0.0:443")
    assert "plain HTTP at port 443" in warning and "--tls acme" in warning


def test_an_app_that_runs_as_root_is_told() -> None:
    (warning,) = said(user=replace(ALICE, name="root"))
    assert "the app runs as root" in warning and "--user NAME" in warning

"""By which name the finished site is asked."""

from __future__ import annotations

import pytest

from enuf.errors import NotReady
from enuf.install.proof import _judged, request_host, server_names
from enuf.install.tree import HostTree
from enuf.system.http_probe import Reply
from tests.unit.install.test_site_file import site_plan


@pytest.mark.parametrize(("hosts", "listen", "asked"), [
    (["shop.example"], "0.0.0.0:80", "shop.example"),
    (["shop.example", "www.shop.example"], "0.0.0.0:8080", "shop.example:8080"),
    (["*.shop.example"], "0.0.0.0:80", "www.shop.example"),
])  # fmt: skip
def test_it_is_asked_by_a_name_that_it_answers_to(hosts: list[str], listen: str, asked: str) -> None:
    made = site_plan(serve__hosts=hosts, serve__listen=listen)
    assert request_host(made) == asked
    assert server_names(made) == hosts


def test_a_site_with_a_password_is_served_where_it_answers_401() -> None:
    values = {"reload__health": "/health"}
    closed = site_plan(**values, access__passwords={"/": ".htpasswd"})
    asked = Reply(status=401, headers={}, body=b"")
    assert _judged(closed, asked, HostTree()).status == 401
    with pytest.raises(NotReady, match="answered 401"):
        _judged(site_plan(**values), asked, HostTree())

"""By which name the finished site is asked."""

from __future__ import annotations

import pytest

from enuf.install.proof import request_host, server_names
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

"""By which name the finished site is asked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from enuf.errors import NotReady
from enuf.install.proof import Proof, _judged, request_host, server_names
from enuf.install.tree import HostTree
from enuf.system.http_reply import Reply
from tests.unit.install.test_site_file import site_plan


@pytest.mark.parametrize(("hosts", "listen", "asked"), [
    (["shop.example"], "0.0.0.0:80", "shop.example"),
    (["shop.example", "www.shop.example"], "0.0.0.0:8080", "shop.example:8080"),
    (["*.shop.example"], "0.0.0.0:80", "www.shop.example"),
])  # fmt: skip
def test_it_is_asked_by_a_name_that_it_answers_to(hosts: list[str], listen: str, asked: str) -> None:
    made = site_plan(serve__hosts=hosts, serve__listen=listen)
    assert request_host(made) == asked
    assert server_names(made) == ["enuf-shop.invalid", *hosts]


def test_a_site_with_a_password_is_served_where_it_answers_401() -> None:
    values = {"reload__health": "/health"}
    closed = site_plan(**values, access__passwords={"/": ".htpasswd"})
    asked = Reply(status=401, headers={}, body=b"")
    assert _judged(closed, asked, line(401), HostTree()) == Proof(401)
    with pytest.raises(NotReady, match="answered 401"):
        _judged(site_plan(**values), asked, line(401), HostTree())


@pytest.mark.parametrize(("status", "headers", "said"), [
    (401, {}, "with 401, and did not ask the app"),
    (301, {"location": "https://other.example/"}, "with 301 to https://other.example/, and did not ask"),
    (200, {}, "with 200"),
])  # fmt: skip
def test_an_answer_of_nginx_itself_is_told_and_no_proof(
    status: int, headers: dict[str, str], said: str
) -> None:
    made, reply = replace(site_plan(), static_folders=()), Reply(status=status, headers=headers, body=b"")
    warning = _judged(made, reply, line(status), HostTree()).warning
    assert said in warning and "auth_basic" in warning
    assert _judged(made, reply, line(status, app="0.004"), HostTree()).warning == ""


def test_a_page_of_a_single_page_app_and_one_of_the_cache_are_answers_as_the_settings_say() -> None:
    reply = Reply(status=200, headers={}, body=b"")
    assert _judged(site_plan(), reply, line(200), HostTree()).warning == ""
    made = replace(site_plan(), static_folders=())
    assert _judged(made, reply, line(200, cache="HIT"), HostTree()).warning == ""


def line(status: int, *, app: str = "-", cache: str = "") -> str:
    """Return the line that nginx logs for the request; `app` is the time of the app's answer."""
    kept = f" cache={cache}" if cache else ""
    return (
        f'127.0.0.1 [2026-11-28T01:51:33+00:00] "GET / HTTP/1.1" {status} 6 time=0.005 connect=- header=- app={app} '
        f'passed=- taken=- id=a1{kept} host="shop.example" ref="-" ua="enuf-install/a1" site=0123456789abcdef'
    )

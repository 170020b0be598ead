"""The forms of a host name, and one that enuf can ask a site by."""

from __future__ import annotations

import re

import pytest

from enuf.fronts.nginx_names import hash_size, without_hash
from enuf.model.host_names import answered_names, plain_name, www_pairs
from enuf.syntax.nginx import to_text


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        ((), "localhost"),
        (("shop.test", "*.shop.test"), "shop.test"),
        (("*.shop.test", "shop.test"), "shop.test"),
        (("*.shop.test",), "www.shop.test"),
        ((".shop.test",), "shop.test"),
        (("www.shop.*",), "www.shop.test"),
        (("~^a$", "*.shop.test"), "www.shop.test"),
        (("~^a$",), "localhost"),
    ],
)
def test_enuf_asks_by_a_name_that_the_site_answers_to(hosts: tuple[str, ...], name: str) -> None:
    assert plain_name(hosts) == name


def test_beside_expressions_alone_the_site_answers_to_a_name_for_enuf_too() -> None:
    assert answered_names(("~^a$",)) == ("~^a$", "localhost")
    assert answered_names(("~^a$", "b.test")) == ("~^a$", "b.test")


@pytest.mark.parametrize(
    ("letters", "bucket"), [(46, ""), (47, "128"), (110, "128"), (111, "256"), (253, "512")]
)
def test_the_table_of_names_has_room_for_the_longest_one(letters: int, bucket: str) -> None:
    text = to_text(hash_size(["a.test", "x" * letters]))
    assert re.findall(r"server_names_hash_bucket_size (\d+);", text) == ([bucket] if bucket else [])


@pytest.mark.parametrize(
    ("host", "matched", "other"),
    [
        ("x" * 60 + ".test", "x" * 60 + ".test", "x" * 60 + "-test"),
        ("*." + "x" * 60 + ".test", "a.b." + "x" * 60 + ".test", "x" * 60 + ".test"),
        ("." + "x" * 60 + ".test", "x" * 60 + ".test", "a" + "x" * 60 + ".test"),
        ("x" * 60 + ".*", "x" * 60 + ".test", "x" * 60),
    ],
)
def test_in_the_hosts_own_nginx_a_long_name_is_an_expression_that_means_as_much(
    host: str, matched: str, other: str
) -> None:
    (written,) = without_hash([host])
    assert written.startswith("~")
    assert re.search(written[1:], matched)
    assert not re.search(written[1:], other)
    assert without_hash(["short.test"]) == ("short.test",)


@pytest.mark.parametrize(("hosts", "pairs"), [
    (["example.com"], (("www.example.com", "example.com"),)),
    (["www.example.com"], (("example.com", "www.example.com"),)),
    (["Example.com", "shop.test"], (("www.example.com", "example.com"), ("www.shop.test", "shop.test"))),
    (["example.com", "www.example.com"], ()),
    (["*.example.com", ".example.com", "www.example.*", "~^www", "203.0.113.7", "[::1]", "localhost", "www.com"], ()),
])  # fmt: skip
def test_the_other_form_of_a_name_has_www_or_lacks_it(
    hosts: list[str], pairs: tuple[tuple[str, str], ...]
) -> None:
    assert www_pairs(hosts) == pairs

"""Which hosts of a site the names of a certificate cover."""

from __future__ import annotations

import pytest

from enuf.tls.names import uncovered


@pytest.mark.parametrize(
    ("hosts", "names", "missing"),
    [
        (["shop.test"], ["shop.test"], ()),
        (["shop.test"], ["SHOP.test"], ()),
        (["www.shop.test"], ["*.shop.test"], ()),
        (["shop.test"], ["*.shop.test"], ("shop.test",)),
        (["a.b.shop.test"], ["*.shop.test"], ("a.b.shop.test",)),
        (["*.shop.test"], ["*.shop.test"], ()),
        (["*.shop.test"], ["www.shop.test"], ("*.shop.test",)),
        (["*.b.shop.test"], ["*.shop.test"], ("*.b.shop.test",)),
        ([".shop.test"], ["*.shop.test"], ("shop.test",)),
        ([".shop.test"], ["shop.test", "*.shop.test"], ()),
        (["~^.*$", "www.shop.*"], ["other.test"], ()),
        (["[::1]"], ["::1"], ()),
        (["127.0.0.2"], ["127.0.0.1"], ("127.0.0.2",)),
        (["test"], ["*.test"], ("test",)),
        (["shop.test", "shop.test"], ["other"], ("shop.test",)),
    ],
)
def test_what_a_certificate_lacks_is_named_once(
    hosts: list[str], names: list[str], missing: tuple[str, ...]
) -> None:
    assert uncovered(hosts, names) == missing

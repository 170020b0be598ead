"""Who is on the machine of the developer, as far as a request tells."""

from __future__ import annotations

import pytest

from enuf.wrapper.dev_errors import asks_from_here


@pytest.mark.parametrize(
    ("address", "host", "local"),
    [
        ("127.0.0.1", "127.0.0.1:8000", True),
        ("127.9.9.9", "LOCALHOST", True),
        ("::1", "[::1]:8000", True),
        ("::ffff:127.0.0.1", "shop.localhost", True),
        ("192.168.0.7", "localhost:8000", False),
        ("", "localhost", False),
        ("unix:", "localhost", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "[::1].evil.example:80", False),
        ("127.0.0.1", "xlocalhost", False),
    ],
)
def test_only_a_loopback_address_that_asks_for_loopback_asks_from_here(
    address: str, host: str, local: bool
) -> None:
    assert asks_from_here({"REMOTE_ADDR": address, "HTTP_HOST": host}) is local

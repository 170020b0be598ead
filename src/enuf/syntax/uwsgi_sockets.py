"""The socket options of uWSGI and the addresses in them."""

from __future__ import annotations

import posixpath
from typing import Literal

from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.numbers import leading_decimal

Protocol = Literal["uwsgi", "http", "other"]

PROTOCOLS: dict[str, Protocol] = {
    "socket": "uwsgi",
    "suwsgi-socket": "uwsgi",
    "puwsgi-socket": "uwsgi",
    "http-socket": "http",
    "http11-socket": "http",
    "https-socket": "http",
    "http": "http",
    "https": "http",
    "https2": "http",
    "fastcgi-socket": "other",
    "fastcgi-nph-socket": "other",
    "scgi-socket": "other",
    "scgi-nph-socket": "other",
}


def address_of(text: str, directory: str) -> Address | None:
    """Return the address that uWSGI binds for a text, None for a passed descriptor or an invalid address."""
    text = text.strip()
    if not text or text.startswith(("fd://", "=")):
        return None
    host, colon, port = text.partition(",")[0].rpartition(":")
    if not colon or text.startswith(("/", "./", "@")):
        if text.startswith("@"):
            return UnixAddress(text)
        return UnixAddress(posixpath.normpath(posixpath.join(directory, text)))
    port_number = leading_decimal(port)
    if port_number is None or port_number > 65535:
        return None
    return TcpAddress(host.strip("[]") if host not in ("", "*") else "0.0.0.0", port_number)  # noqa: S104

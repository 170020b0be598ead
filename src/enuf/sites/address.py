"""The address at which visitors find an installed site, also where certbot has given HTTPS to it since the install."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from enuf.model.site import Installed
from enuf.system import files
from enuf.system.sites import site_named

_HTTPS = re.compile(r"^\s*listen\s+(?:\S*:)?443\s+[^;#]*\bssl\b", re.MULTILINE)
_PLAIN = "http://"
LONGEST_FILE_BYTES = 2**20


def url_of_visitors(name: str, url: str) -> str:
    """Return the address that a site's supervisor reports, with https:// where the site's file says so.

    `name` is empty for a stack of `enuf up`. A file that cannot be read changes nothing.
    """
    site = site_named(name) if name and url.startswith(_PLAIN) else None
    if site is None or site.record is None:
        return url
    is_https = any(map(speaks_https, nginx_texts(site.record)))
    return f"https://{url.removeprefix(_PLAIN)}" if is_https else url


def nginx_texts(record: Installed) -> Iterator[str]:
    """Yield the texts of a site's files for nginx; empty for a file that cannot be read."""
    return (files.tail(Path(path), LONGEST_FILE_BYTES) for path in record.nginx_files)


def speaks_https(text: str) -> bool:
    """Return True for a site's file that makes nginx speak HTTPS at port 443."""
    return _HTTPS.search(text) is not None

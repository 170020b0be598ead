"""The name of a site.

It is part of the names of files, of a service and of a user: short, lower case, ASCII.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 24
_NAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{LONGEST - 2}}}[a-z0-9])?")


_OWN_ENDINGS = ("alert", "cert", "failed", "processes", "sockets")
"""What follows the name of a site in the names of other services and folders of that site: `enuf-shop-cert`."""


def own_ending(name: str) -> str:
    """Return the end of a site's name that makes of it a service or a folder of another site; empty where there is none.

    systemd gives the folders of a service to the user of that service: a site `shop-cert` would own the keys of `shop`.
    """
    site, dash, ending = name.rpartition("-")
    return f"-{ending}" if site and dash and ending in _OWN_ENDINGS else ""


def is_site_name(text: str) -> bool:
    """Return True for at most LONGEST lower-case letters, digits and dashes, without a dash at either end."""
    return _NAME.fullmatch(text) is not None


def site_name(project: str) -> str:
    """Return the name that a project's folder suggests; `app` where the folder has no usable character."""
    folder = unicodedata.normalize("NFKD", project.rstrip("/").rpartition("/")[2]).lower()
    plain = re.sub(r"[^a-z0-9]+", "-", folder.encode("ascii", "ignore").decode()).strip("-")
    return plain[:LONGEST].strip("-") or "app"

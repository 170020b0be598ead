"""The name of a site.

It is part of the names of files, of a service and of a user: short, lower case, ASCII.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 24
_NAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{LONGEST - 2}}}[a-z0-9])?")


def is_site_name(text: str) -> bool:
    """Return True for at most LONGEST lower-case letters, digits and dashes, without a dash at either end."""
    return _NAME.fullmatch(text) is not None


def site_name(project: str) -> str:
    """Return the name that a project's folder suggests; `app` where the folder has no usable character."""
    folder = unicodedata.normalize("NFKD", project.rstrip("/").rpartition("/")[2]).lower()
    plain = re.sub(r"[^a-z0-9]+", "-", folder.encode("ascii", "ignore").decode()).strip("-")
    return plain[:LONGEST].strip("-") or "app"

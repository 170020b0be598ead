"""The name of a site: in file names, in that of the service and of its user, so it is short and plain."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 24
_NAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{LONGEST - 2}}}[a-z0-9])?")


def is_site_name(text: str) -> bool:
    """True for small letters, digits and dashes, at most 24 of them."""
    return _NAME.fullmatch(text) is not None


def site_name(project: str) -> str:
    """The name that a project's folder suggests; `app` where none of its letters will do."""
    folder = unicodedata.normalize("NFKD", project.rstrip("/").rpartition("/")[2]).lower()
    plain = re.sub(r"[^a-z0-9]+", "-", folder.encode("ascii", "ignore").decode()).strip("-")
    return plain[:LONGEST].strip("-") or "app"

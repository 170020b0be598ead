"""Paths of settings in nginx: each stands for itself and all below it, and the longest one counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from enuf.settings.schema import Settings

WHOLE_SITE = "/"
CHALLENGE = r"/\.well-known/acme-challenge/[A-Za-z0-9_-]+"
r"""The path of a certificate authority's challenge; `\z` ends it, because `$` would match before a line break (%0a) too."""


def pattern(path: str, prefix: str) -> str:
    """Return the regular expression of a path below `serve.prefix`.

    Repeated slashes mean one, as Flask reads them at the beginning of a path.
    """
    parts = "".join(f"/+{re.escape(part)}" for part in path.split("/") if part)
    return f"^{re.escape(prefix)}{parts}(?:/|$)"


def longest_first(paths: Iterable[str]) -> list[str]:
    """Return the paths in the order in which nginx must compare them."""
    return sorted(paths, key=lambda path: (-len(path), path))


def by_path(
    values: Mapping[str, str], settings: Settings, otherwise: str, always: str
) -> tuple[tuple[str, str], ...]:
    """Return the lines of a `map` over $uri: the value of each path.

    `otherwise` is for the paths that are not named, `always` for those that stay open to load balancers and certificate
    authorities, whatever the settings say of the paths around them.
    """
    serve = settings.serve
    health = [(rf"~^{re.escape(serve.prefix + serve.health_path)}\z", always)] if serve.health_path else []
    named = [
        (f"~{pattern(path, serve.prefix)}", values[path])
        for path in longest_first(values)
        if path != WHOLE_SITE
    ]
    return (
        ("default", values.get(WHOLE_SITE, otherwise)),
        *health,
        (rf"~^{CHALLENGE}\z", always),
        *named,
    )

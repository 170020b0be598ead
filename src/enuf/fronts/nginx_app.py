"""The locations whose requests are for the app: passed on, limited, kept."""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_cache import kept_at
from enuf.fronts.nginx_limits import client_limit_lines
from enuf.fronts.nginx_pass import pass_on
from enuf.fronts.nginx_paths import WHOLE_SITE, longest_first, pattern
from enuf.fronts.nginx_websocket import leads_on
from enuf.syntax.nginx import Node, block


def app_lines(request: FrontRequest, path: str = WHOLE_SITE) -> list[Node]:
    """Return the lines of a location whose requests are for the app, with the rules of the whole site or of a path."""
    return [
        *leads_on(request),
        *pass_on(request),
        *client_limit_lines(request),
        *kept_at(request, path),
    ]


def cached_locations(request: FrontRequest) -> list[Node]:
    """Return one location for each listed path but `/`: that is the app's own location."""
    return [
        block(
            "location",
            "~",
            pattern(path, request.settings.serve.prefix),
            children=app_lines(request, path),
            comment=f"cache.paths: {path} and all below it.",
        )
        for path in longest_first(request.settings.cache.paths)
        if path != WHOLE_SITE
    ]

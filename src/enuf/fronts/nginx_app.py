"""The lines of a location that is for the app: passed on, limited, kept."""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_cache import kept_at
from enuf.fronts.nginx_limits import client_limit_lines
from enuf.fronts.nginx_pass import pass_on
from enuf.fronts.nginx_paths import WHOLE_SITE
from enuf.fronts.nginx_websocket import leads_on
from enuf.syntax.nginx import Node


def app_lines(request: FrontRequest) -> list[Node]:
    """Return the lines of a location whose requests are for the app, with the rules of the whole site."""
    return [
        *leads_on(request),
        *pass_on(request),
        *client_limit_lines(request),
        *kept_at(request, WHOLE_SITE),
    ]

"""The page of `enuf up --dev` for a change that cannot be imported, and who may see what is wrong with the app's code.

That is a browser on this machine that has asked for this machine: a page of the internet may send a browser here under a name of
its own, and a tunnel's visitors seem to be here too.
"""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_trust import HOST, client, variable
from enuf.syntax.nginx import Node, block, directive

DEV_PAGE = "dev/error.html"
AFAR = "$enuf_afar"
_BROKEN = "$enuf_broken"
_WHY = "$enuf_why"
WHY_TIMEOUT = "10s"
"""Longer than the dashboard waits for the verdict."""
_LOOPBACK = r"(?:(?:::ffff:)?127\.[0-9.]+|::1)"
_LOCAL = rf"~*^{_LOOPBACK} (?:(?:[a-z0-9_-]+\.)*localhost|127\.[0-9.]+|\[::1\])(?::\d+)? (?:\s*{_LOOPBACK}\s*(?:,|$))*$"


def dev_maps(request: FrontRequest) -> list[Node]:
    """Return the variable that is 1 for a visitor who is not here, or who comes through a proxy that says so."""
    if not request.dev:
        return []
    asked = f"{client(request.settings.serve)} {HOST} $http_x_forwarded_for$http_forwarded"
    why = "--dev: only a browser on this machine sees what is wrong with the code."
    return [variable(asked, AFAR, ("default", "1"), (_LOCAL, ""), comment=why), *why_maps(request)]


def shows_why(request: FrontRequest) -> bool:
    """Return True if a browser on this machine sees why the app did not answer: the dashboard tells it."""
    return request.dev and request.settings.dashboard.listen is not None


def why_maps(request: FrontRequest) -> list[Node]:
    """Return the variable that is 1 for a browser on this machine; the doctor's own request wants no page."""
    if not shows_why(request):
        return []
    return [variable(f"{AFAR} $http_accept", _WHY, ("default", ""), (r"~^ .*text/html", "1"))]


def why_lines(request: FrontRequest, otherwise: str) -> list[Node]:
    """Return the lines that hand a request without an answer to the dashboard, and to another location where it is silent."""
    if not shows_why(request):
        return []
    children = [
        directive("recursive_error_pages", "on"),
        directive("error_page", 502, 504, "=", otherwise),
    ]
    asks = [
        directive("proxy_pass", f"http://unix:{request.paths.why_socket}"),
        directive("break"),
    ]
    headers = [
        directive("proxy_set_header", "Host", "localhost"),
        directive("proxy_set_header", "X-Enuf-Target", "$request_uri"),
        directive("proxy_set_header", "X-Enuf-Status", "$upstream_status"),
        directive("proxy_set_header", "Accept-Language", "$http_accept_language"),
        directive("proxy_pass_request_headers", "off"),
        directive("proxy_pass_request_body", "off"),
        directive("proxy_set_header", "Content-Length", ""),
        directive("proxy_read_timeout", WHY_TIMEOUT),
    ]
    why = "--dev: a browser on this machine sees the live doctor's verdict."
    return [*children, *headers, block("if", f"({_WHY})", children=asks, comment=why)]


def dev_page(request: FrontRequest) -> list[Node]:
    """Return the lines of the page in place of the site; other visitors get the version that still runs."""
    if not request.dev:
        return []
    folder, _, page = DEV_PAGE.rpartition("/")
    folder = f"{request.paths.runtime}/{folder}"
    return [
        directive("error_page", 500, "@enuf_dev_error"),
        directive(
            "set",
            _BROKEN,
            "",
            comment="--dev: while this file exists, the last change is broken, and it says why.",
        ),
        block("if", "(-f", f"{folder}/{page}", ")", children=[directive("set", _BROKEN, 1)]),
        block("if", f"({AFAR})", children=[directive("set", _BROKEN, "")]),
        block("if", f"({_BROKEN})", children=[directive("return", 500)]),
        block(
            "location",
            "@enuf_dev_error",
            children=[
                directive("root", folder),
                directive("default_type", "text/html"),
                directive("rewrite", "^", f"/{page}", "break"),
            ],
        ),
    ]

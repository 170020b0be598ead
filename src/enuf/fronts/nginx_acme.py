"""The challenges of an authority in nginx, and plain HTTP until there is a certificate (HTTP-01, F174)."""

from __future__ import annotations

from enuf.fronts.base import FrontRequest
from enuf.settings.sections.serve import Serve
from enuf.syntax.nginx import Block, Node, block, directive

PATH = "/.well-known/acme-challenge/"
_BEGINS_WITH_PATH = r"^/\.well-known/acme-challenge/"
_LEAVES = "$enuf_leaves"


def challenge_location(webroot: str) -> Block:
    """Return the location that answers challenges from the webroot, before everything else of its server."""
    return block(
        "location",
        "^~",
        PATH,
        children=[
            directive("root", webroot),
            directive(
                "disable_symlinks",
                "on",
                f"from={webroot}",
                comment="Another user may write here: no link of theirs leads elsewhere.",
            ),
            directive("default_type", "text/plain"),
            directive("try_files", "$uri", "=404"),
        ],
        comment="The authority that issues the certificate asks here.",
    )


def challenge_locations(request: FrontRequest) -> list[Node]:
    """Return the location for challenges, where an authority verifies the site's names."""
    return [challenge_location(request.challenges.webroot)] if request.challenges else []


def serves_plainly(request: FrontRequest) -> bool:
    """Return True if plain HTTP serves the site until the first certificate has come."""
    return request.challenges is not None and bool(request.challenges.plain_http)


def leave_plain_http(request: FrontRequest, https: str) -> list[Node]:
    """Return the lines that send visitors to HTTPS as soon as there is a certificate, without a new configuration."""
    assert request.challenges
    return [
        directive("set", _LEAVES, "yes"),
        block(
            "if",
            "(-f",
            request.challenges.plain_http,
            ")",
            children=[directive("set", _LEAVES, "")],
            comment='tls.mode = "acme": while this file exists there is no certificate yet.',
        ),
        block(
            "if",
            "($uri",
            "~",
            _BEGINS_WITH_PATH,
            ")",
            children=[directive("set", _LEAVES, "")],
        ),
        *_answered_plainly(request.settings.serve),
        block("if", f"({_LEAVES})", children=[directive("return", 308, https)]),
    ]


def _answered_plainly(serve: Serve) -> list[Node]:
    """Return the exception for health checks: load balancers follow no redirect."""
    if not serve.health_path:
        return []
    path = serve.prefix + serve.health_path
    return [block("if", "($uri", "=", path, ")", children=[directive("set", _LEAVES, "")])]

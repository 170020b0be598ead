"""The redirect from `www.example.com` to `example.com`, or the other way round, after `serve.www`."""

from __future__ import annotations

from collections.abc import Sequence

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_acme import challenge_locations
from enuf.fronts.nginx_answer import answer_headers
from enuf.fronts.nginx_trust import HOST, SCHEME, variable
from enuf.syntax.nginx import Node, block, directive

_PORT = "$enuf_www_port"


def www_variables(request: FrontRequest) -> list[Node]:
    """Return the variable with the port that the visitor asked; empty for the usual one."""
    if not request.settings.serve.www_pairs:
        return []
    why = "serve.www: the port that a visitor has asked stays."
    return [variable(HOST, _PORT, ("default", ""), (r"~(:\d+)$", "$1"), comment=why)]


def www_servers(request: FrontRequest, listens: Sequence[Node], own: Sequence[Node]) -> list[Node]:
    """Return a server for each name that only leads to another; path, query and method are kept.

    `own` are the lines for HTTPS, and for logs where the level above belongs to other sites too.
    """
    return [
        block(
            "server",
            children=[
                *listens,
                directive("server_name", other),
                *own,
                *answer_headers(request.settings),
                *_leads(request, f"{SCHEME}://{name}{_PORT}$request_uri"),
            ],
            comment=f"serve.www: {other} leads to {name}.",
        )
        for other, name in request.settings.serve.www_pairs
    ]


def _leads(request: FrontRequest, target: str) -> list[Node]:
    """Return the redirect, save for the challenge of an authority that verifies this name too."""
    leads: list[Node] = [directive("return", 308, target)]
    challenges = challenge_locations(request)
    return [*challenges, block("location", "/", children=leads)] if challenges else leads

"""Headers that nginx adds to every answer: the request's id, and those that protect a browser."""

from __future__ import annotations

from collections.abc import Collection

from enuf.fronts.nginx_tls import HSTS, HSTS_HEADER
from enuf.fronts.nginx_trust import REQUEST_ID
from enuf.settings.schema import Settings
from enuf.settings.sections.http import Http
from enuf.syntax.nginx import Block, Heading, Node, block, directive

_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff", "$enuf_sniff"),
    ("X-Frame-Options", "SAMEORIGIN", "$enuf_frames"),
    ("Referrer-Policy", "strict-origin-when-cross-origin", "$enuf_referrer"),
)
"""Headers, each with its variable, that are safe for every site: no guessing of types, no frames of other sites, no full URLs for
other sites."""


def answer_headers(settings: Settings, comment: str = "", besides: Collection[str] = ()) -> list[Node]:
    """Return the `add_header` lines.

    A block that has one of its own inherits none, so it must repeat them all.

    Those in `besides`, names in small letters, are left out.
    """
    http, tls = settings.http, settings.tls
    headers = [("X-Request-ID", REQUEST_ID)] if http.request_id else []
    if http.security_headers == "basic":
        headers += [(name, variable) for name, _, variable in _SECURITY_HEADERS]
    if tls.on and tls.hsts is not None:
        headers.append((HSTS_HEADER, HSTS))
    headers = [header for header in headers if header[0].lower() not in besides]
    comments = [comment, *[""] * len(headers)]
    return [
        directive("add_header", *header, "always", comment=comment)
        for header, comment in zip(headers, comments, strict=False)
    ]


def answer_header_maps(http: Http) -> list[Node]:
    """Return the variables of those lines; an empty variable adds no header."""
    if http.security_headers != "basic":
        return []
    title = Heading("Headers of the answer: ours only where the app has not sent its own")
    return [title, *(_unless_sent(*header) for header in _SECURITY_HEADERS)]


def app_header(name: str) -> str:
    """Return the variable with a header of the app's answer."""
    return "$upstream_http_" + name.lower().replace("-", "_")


def default_page(title: str, heading: str, more: str = "") -> str:
    """Return the page that visitors get where the site has none of its own; `more` is HTML."""
    return (
        f"<!doctype html><title>{title}</title><body style='font:16px system-ui;margin:3em'>"
        f"<h1>{heading}</h1><p>Please try again in a moment.</p>{more}"
    )


def _unless_sent(name: str, value: str, variable: str) -> Block:
    return block("map", app_header(name), variable, children=[directive("default", ""), directive("", value)])

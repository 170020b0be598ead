"""Pages in place of nginx's own: for errors, and while the site is closed for maintenance."""

from __future__ import annotations

import re

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_access import PAGES, for_everybody
from enuf.fronts.nginx_answer import answer_headers
from enuf.fronts.nginx_facts import BUSY
from enuf.fronts.nginx_limits import AFTER, TOO_MANY
from enuf.fronts.nginx_paths import CHALLENGE
from enuf.fronts.nginx_trust import client
from enuf.model.app import WRAPPER_ANSWERS
from enuf.syntax.nginx import Node, block, directive

_OURS = "/.enuf/"
_CLOSED = "/.enuf/closed"
_ANSWERS = "/.enuf/answers/"
"""Where the wrapper around the app sends nginx for the page of an answer of its own."""
_SHUT = "$enuf_shut"
_EXEMPT = "$enuf_exempt"
RETRY_AFTER_S = 120
"""After so many seconds a visitor of a closed site may try again."""
_OF_THE_APP = ("502", "503", "504")
"""Statuses of an app that gave no answer: the location that tells them apart has the pages."""


def pages_maps(request: FrontRequest) -> list[Node]:
    """Return the variable that is 1 for visitors who see a closed site all the same."""
    allowed = request.settings.http.maintenance_allow
    if not request.pages.maintenance or not allowed:
        return []
    lines = [directive("default", 0), *(directive(each, 1) for each in allowed)]
    source = client(request.settings.serve)
    return [block("geo", source, _EXEMPT, children=lines, comment="http.maintenance_allow")]


def pages_lines(request: FrontRequest) -> list[Node]:
    """Return the lines and locations of a site's own pages."""
    return [*_switch(request), *_error_lines(request), *_locations(request)]


def no_answer_page(request: FrontRequest, status: str, text: str, comment: str = "") -> Node:
    """Return the answer for an app that did not answer: the page of the settings, or this text."""
    words = () if status in request.pages.errors else (text,)
    return directive("return", status, *words, comment=comment)


def no_answer_lines(request: FrontRequest) -> list[Node]:
    """Return the lines with which the location for an app that did not answer begins."""
    pages = request.pages
    stopped = block(
        "if",
        "(!-d",
        request.paths.runtime,
        ")",
        children=[directive("rewrite", "^", _CLOSED, "last")],
        comment="A service that is stopped has no runtime folder: the app did not die, that is maintenance.",
    )
    return [
        *([stopped] if pages.maintenance else []),
        *(
            directive("error_page", status, PAGES + status)
            for status in _OF_THE_APP
            if status in pages.errors
        ),
    ]


def gateway_timeout(request: FrontRequest, otherwise: str) -> Node:
    """Return the line for an app whose answer took too long."""
    return directive("error_page", 504, PAGES + "504" if "504" in request.pages.errors else otherwise)


def _switch(request: FrontRequest) -> list[Node]:
    """Return the lines that close the site while a file exists: no reload, so no request is lost."""
    if not request.pages.maintenance:
        return []
    serve = request.settings.serve
    open_paths = [rf"{re.escape(_OURS)}.*", CHALLENGE]
    open_paths += [re.escape(serve.prefix + path) for path in _health_paths(request)]
    closed = directive("set", _SHUT, 1)
    opened = directive("set", _SHUT, "")
    return [
        directive("set", _SHUT, "", comment="http.maintenance: `enuf maintenance on` makes this file."),
        block("if", "(-f", request.paths.closed, ")", children=[closed]),
        *(
            [block("if", f"({_EXEMPT})", children=[opened])]
            if request.settings.http.maintenance_allow
            else []
        ),
        block(
            "if",
            "($uri",
            "~",
            rf"^(?:{'|'.join(open_paths)})\z",
            ")",
            children=[opened],
            comment="Certificate authorities, load balancers; and where nginx itself goes on, with the page or with a request in flight.",
        ),
        block("if", f"({_SHUT})", children=[directive("rewrite", "^", _CLOSED, "last")]),
        block("location", "^~", _OURS, children=[directive("return", 404)]),
        block(
            "location",
            "=",
            _CLOSED,
            children=[
                directive("internal"),
                directive("error_page", 503, PAGES + "maintenance"),
                directive("return", 503),
            ],
        ),
    ]


def _health_paths(request: FrontRequest) -> list[str]:
    """Return the paths that load balancers ask for."""
    named = (request.settings.serve.health_path, request.settings.reload.health)
    return [path.partition("?")[0] for path in named if path.startswith("/")]


def _error_lines(request: FrontRequest) -> list[Node]:
    errors = request.pages.errors
    if not request.pages.files:
        return []
    why = "A page for an error may stand behind another one."
    lines: list[Node] = [directive("recursive_error_pages", "on", comment=why)]
    return lines + [
        directive("error_page", status, PAGES + status)
        for status in sorted(errors)
        if status not in ("502", "504")
    ]


def _locations(request: FrontRequest) -> list[Node]:
    pages = dict(sorted(request.pages.errors.items()))
    locations = [
        _location(request, status, file, _retry_after(request, status)) for status, file in pages.items()
    ]
    locations += [
        block(
            "location",
            "=",
            _ANSWERS + status,
            children=[directive("internal"), directive("return", status)],
            comment="For the wrapper around the app, which ends what takes too long.",
        )
        for status in WRAPPER_ANSWERS
        if status in pages
    ]
    if request.pages.maintenance:
        locations.append(_location(request, "maintenance", request.pages.maintenance, str(RETRY_AFTER_S)))
    return locations


def _retry_after(request: FrontRequest, status: str) -> str:
    """Return the variable with the seconds after which a visitor may try again; empty for a status without that."""
    if status == TOO_MANY and request.settings.limits.of_clients:
        return AFTER
    return BUSY if status in ("502", "503") else ""


def _location(request: FrontRequest, name: str, file: str, retry_after: str) -> Node:
    waits = (retry_after, "$upstream_http_retry_after") if name == "503" else (retry_after,)
    retry = [directive("add_header", "Retry-After", each, "always") for each in waits if each]
    return block(
        "location",
        "=",
        PAGES + name,
        children=[
            directive("internal"),
            *for_everybody(request),
            directive("alias", file),
            block("types", children=[]),
            directive("default_type", "text/html"),
            directive("charset", "utf-8"),
            directive(
                "recursive_error_pages", "off", comment="Without the file nginx says it in its own words."
            ),
            *answer_headers(request.settings),
            directive("add_header", "Cache-Control", "no-store", "always"),
            *retry,
        ],
        comment="http.maintenance" if name == "maintenance" else f"http.error_pages: {name}",
    )

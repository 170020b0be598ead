"""What the section [static] adds to static files on request: cache times, CORS, the index of a folder, packed files."""

from __future__ import annotations

import re

from enuf.fronts.base import FrontRequest
from enuf.fronts.nginx_trust import variable
from enuf.model.app import StaticFolder
from enuf.settings.schema import Settings
from enuf.syntax.nginx import Node, directive

_CORS = "$enuf_cors"
_ALLOW_ORIGIN = "Access-Control-Allow-Origin"


def cache_rules(request: FrontRequest) -> list[tuple[str, str, str]]:
    """Return the rules of static.cache as expression, Cache-Control and comment, the deepest folder first.

    The app's own Cache-Control of a folder comes after them: the deepest URL that fits counts.
    """
    settings = request.settings
    if not settings.static.cache:
        return []
    prefix = settings.serve.prefix
    named = {prefix + url: _kept(int(time.seconds)) for url, time in settings.static.cache.items()}
    own = {
        folder.url: folder.cache
        for folder in request.static_folders
        if folder.cache and folder.url not in named
    }
    both = sorted({**own, **named}.items(), key=lambda pair: -len(pair[0]))
    return [
        (f"~^{re.escape(url)}", value, "static.cache" if url in named else "As the app sends it.")
        for url, value in both
    ]


def _kept(seconds: int) -> str:
    return f"public, max-age={seconds}" if seconds else "no-cache"


def cors_map(request: FrontRequest) -> list[Node]:
    """Return the `map` of the origin that may read static files."""
    origins = request.settings.static.cors
    if not request.static_folders or not origins or "*" in origins:
        return []
    pairs = (("default", ""), *((each, each) for each in origins))
    return [
        variable(
            "$http_origin", _CORS, *pairs, comment="static.cors: sites whose scripts may read static files."
        )
    ]


def cors_headers(settings: Settings) -> list[Node]:
    """Return the headers that let scripts of other sites read a file."""
    origins = settings.static.cors
    if not origins:
        return []
    if "*" in origins:
        return [directive("add_header", _ALLOW_ORIGIN, "*", comment="static.cors")]
    return [
        directive("add_header", _ALLOW_ORIGIN, _CORS, comment="static.cors"),
        directive("add_header", "Vary", "Origin"),
    ]


def own_headers(folder: StaticFolder, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the app's headers of a folder, without those that a setting makes."""
    if not settings.static.cors:
        return folder.headers
    return tuple(pair for pair in folder.headers if pair[0].lower() != _ALLOW_ORIGIN.lower())


def index_of(folder: StaticFolder, settings: Settings) -> str:
    """Return how a folder answers for its own URL: `index.html`, `list`, or nothing."""
    return settings.static.index.get(folder.url.removeprefix(settings.serve.prefix), "")


def index_lines(index: str) -> list[Node]:
    """Return the lines that let a folder answer for its own URL."""
    lines: list[Node] = [directive("index", "index.html", comment="static.index")]
    return [*lines, directive("autoindex", "on")] if index == "list" else lines


def packed(request: FrontRequest) -> list[Node]:
    """Return the lines for files that are compressed already."""
    if not sends_packed(request):
        return []
    vary = [] if request.settings.http.gzip else [directive("gzip_vary", "on")]
    why = "static.precompressed: site.css.gz in place of site.css, for clients that accept gzip."
    return [directive("gzip_static", "on", comment=why), *vary]


def sends_packed(request: FrontRequest) -> bool:
    """Return True where files with the ending .gz are sent in place of others."""
    return (
        request.settings.static.precompressed and "gzip_static" in request.toolchain.tools["nginx"].features
    )
